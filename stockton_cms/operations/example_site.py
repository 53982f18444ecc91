"""Builds the example site: pages, pictures, documents, alerts and staff accounts.

A site is built once, whole or not at all. What staff do with it afterwards stays.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TextIO
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page, Site

from home.models import HomePage
from home.pages import BasePage
from home.tree import tree_lock
from stockton_cms.operations.example.accounts import create_accounts, print_accounts
from stockton_cms.operations.example.alerts import publish_alerts
from stockton_cms.operations.example.documents import PAPERS, make_pdf
from stockton_cms.operations.example.pictures import (
    LOGOS,
    SCENES,
    draw_logo,
    draw_scene,
)
from stockton_cms.operations.example.sections import home_page, stronger_communities
from stockton_cms.operations.example.site_settings import fill_in_settings
from stockton_cms.operations.example.statements import statement_pages
from stockton_cms.operations.example.updates import publish_again, updates
from stockton_cms.operations.example.writing import Branch, Materials
from stockton_cms.operations.roles import retire_default_groups, set_up_roles

# Tells the example's home page from any other, even after staff have renamed it.
EXAMPLE_KEY = UUID("5c0c7a4e-57ee-4000-8000-000000000001")


def build_example_site(stdout: TextIO) -> bool:
    """Build the example site where there is no home page yet; say whether it was.

    Writes to `stdout` one line on what happened and, for new staff accounts, a table
    with their passwords, which are kept nowhere.
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
    made = _make_materials(undo)
    home = _put_home_page(home_page(made))
    pages: dict[str, BasePage] = {}
    _publish(home, stronger_communities(made), pages)
    for page in statement_pages(made):
        _publish(home, Branch(page), pages)
    for update in updates(pages):
        publish_again(update, pages)
    fill_in_settings(Site.objects.get(is_default_site=True))
    publish_alerts(pages, timezone.now())
    groups = set_up_roles(home, pages["stronger-communities"])
    retire_default_groups(groups)
    return create_accounts(groups)


def _make_materials(undo: ExitStack) -> Materials:
    """Draw the pictures and write the documents; `undo` will delete their files."""

    def store(make: Callable[[ContentFile], Image | Document], name: str, data: bytes):
        stored = make(ContentFile(data, name=name))
        stored.save()
        undo.callback(stored.file.storage.delete, stored.file.name)
        return stored

    def image(title: str, description: str, name: str, data: bytes) -> Image:
        return store(
            lambda file: Image(title=title, description=description, file=file),
            f"{name}.png",
            data,
        )

    def document(title: str, name: str, data: bytes) -> Document:
        return store(lambda file: Document(title=title, file=file), f"{name}.pdf", data)

    return Materials(
        pictures={
            scene.name: image(
                scene.name.replace("-", " ").capitalize(),
                scene.description,
                scene.name,
                draw_scene(scene),
            )
            for scene in SCENES
        },
        logos={
            logo.name: image(
                f"Example logo: {logo.name}",
                logo.description,
                f"logo-{logo.name}",
                draw_logo(logo),
            )
            for logo in LOGOS
        },
        documents={
            paper.name: document(paper.title, paper.name, make_pdf(paper))
            for paper in PAPERS
        },
        today=timezone.localdate(),
    )


def _put_home_page(home: HomePage) -> HomePage:
    """Publish the home page, make it the default site's, and remove Wagtail's."""
    home.translation_key = EXAMPLE_KEY
    root = Page.get_first_root_node()
    welcome = list(root.get_children().exact_type(Page))
    home = _add(root, home)
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
    return home


def _publish(parent: Page, branch: Branch, pages: dict[str, BasePage]) -> None:
    """Publish a page and all below it; note each in `pages` by its slug."""
    page = _add(parent, branch.page)
    pages[page.slug] = page
    for child in branch.children:
        _publish(page, child, pages)


def _add(parent: Page, page: BasePage) -> BasePage:
    """Add a page as a draft, publish it, and return it as it is published."""
    page.live = False
    parent.add_child(instance=page)
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)
