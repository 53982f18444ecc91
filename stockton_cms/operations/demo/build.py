"""Builds the example site: pages, pictures, documents, alerts and staff accounts.

What it says is in the files of `content/`, which officers can read. A site is
built once, whole or not at all. What staff do with it afterwards stays.
"""

from contextlib import ExitStack
from io import BytesIO
from typing import TextIO
from urllib.parse import urlsplit
from uuid import UUID
from xml.sax.saxutils import escape

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page, Site

from community.models import AlertSnippet
from home.models import HomePage, SiteSettings
from home.page_tree.lock import tree_lock
from stockton_cms.accounts.role_groups import role_groups
from stockton_cms.operations.demo.accounts import create_accounts, print_accounts
from stockton_cms.operations.demo.content_files import content_file, each, need
from stockton_cms.operations.demo.illustrations import LOGOS, SCENES, draw_scene
from stockton_cms.operations.demo.loader import Filler, publish_page, publish_updates
from stockton_cms.operations.demo.rich_text import one_line, paragraphs

# Identifies the example's home page, even after staff have renamed it.
EXAMPLE_KEY = UUID("5c0c7a4e-57ee-4000-8000-000000000001")
HOME_SLUG = "stockton-on-tees"


def build_example_site(stdout: TextIO) -> bool:
    """Build the example site where there is no home page yet; say whether it was.

    Writes to `stdout` one line on what happened and, for new staff accounts, a table
    with their passwords, stored nowhere else. Raises `ContentError` where a content
    file has a mistake.
    """
    with tree_lock(), ExitStack() as undo:
        existing = HomePage.objects.first()
        if existing is not None:
            stdout.write(_why_not(existing) + "\n")
            return False
        accounts = _build(undo)
        # Everything is in place, so the files stay.
        undo.pop_all()
    stdout.write("The example site is built.\n")
    print_accounts(accounts, stdout)
    return True


def _why_not(existing: HomePage) -> str:
    if existing.translation_key == EXAMPLE_KEY:
        return "The example site is already here."
    return (
        f"There is a home page already ('{existing.title}'), so the example site was "
        "not built and nothing was overwritten."
    )


def _build(undo: ExitStack) -> list:
    filler = Filler(timezone.now())
    _make_files(filler, undo)
    _publish_all_pages(filler)
    publish_updates(filler)
    _fill_in_settings(filler)
    _publish_alerts(filler)
    return create_accounts(role_groups())


def _make_files(filler: Filler, undo: ExitStack) -> None:
    """Draw the pictures and write the documents; `undo` will delete their files."""

    def store(thing: Image | Document, name: str, data: bytes) -> Image | Document:
        thing.file = ContentFile(data, name=name)
        thing.save()
        undo.callback(thing.file.storage.delete, thing.file.name)
        return thing

    def store_document(entry: dict) -> None:
        name, document = need(entry, "name"), Document(title=need(entry, "title"))
        filler.documents[name] = store(document, f"{name}.pdf", make_pdf(entry))

    for scene in (*SCENES, *LOGOS):
        image = Image(title=scene.title, description=scene.description)
        data = draw_scene(scene)
        filler.pictures[scene.name] = store(image, f"{scene.name}.png", data)
    with content_file("documents.toml") as content:
        each(content, "document", store_document)


def make_pdf(entry: dict) -> bytes:
    """Return a PDF whose title and language readers' software can see.

    `entry` is one of `content/documents.toml`.
    """
    styles = getSampleStyleSheet()
    story = [Paragraph(escape(need(entry, "title")), styles["Title"])]

    def add(part: dict) -> None:
        story.append(Paragraph(escape(need(part, "heading")), styles["Heading2"]))
        for text in paragraphs(need(part, "text")):
            story.append(Paragraph(escape(one_line(text)), styles["BodyText"]))

    each(entry, "part", add)
    buffer = BytesIO()
    SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=entry["title"],
        author="Stockton-on-Tees Borough Council (example content)",
        lang="en-GB",
        displayDocTitle=True,
        # The same words give the same bytes, whatever the day.
        invariant=1,
    ).build(story)
    return buffer.getvalue()


def _publish_all_pages(filler: Filler) -> None:
    """Publish the pages as the default site's, in place of Wagtail's own page."""
    root = Page.get_first_root_node()
    welcome = list(root.get_children().exact_type(Page))
    home = publish_page(root, HOME_SLUG, filler, translation_key=EXAMPLE_KEY)
    address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname,
            "port": address.port or (443 if address.scheme == "https" else 80),
            "site_name": home.title,
            "root_page": home,
        },
    )
    for page in welcome:
        page.delete()


def _fill_in_settings(filler: Filler) -> None:
    site = Site.objects.get(is_default_site=True)
    site_settings, _ = SiteSettings.objects.get_or_create(site=site)
    with content_file("settings.toml") as entry:
        filler.fill(site_settings, entry).full_clean()
    site_settings.save()


def _publish_alerts(filler: Filler) -> None:
    def publish(entry: dict) -> None:
        alert = filler.fill(AlertSnippet(live=False), entry)
        alert.full_clean()
        alert.save()
        alert.save_revision().publish()

    with content_file("alerts.toml") as content:
        each(content, "alert", publish)
