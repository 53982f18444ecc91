"""Builds the example site from the files in `content/`, which officers can read."""

import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.management import CommandError
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from markdown_it import MarkdownIt
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.models import Document
from wagtail.fields import RichTextField, StreamField
from wagtail.images.models import Image
from wagtail.models import Page, Site

from community.models import (
    AlertSnippet,
    CommunityIndexPage,
    PartnershipPage,
    PolicyUpdatePage,
)
from home.models import HomePage, SiteSettings, StandardPage
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from search.models import PromotionSnippet
from stockton_cms.accounts.roles import ROLES, role_groups

FOLDER = Path(__file__).parent / "content"
HOME_SLUG = "stockton-on-tees"
ADMINISTRATOR = "administrator"
# 15 bytes make 20 characters, five more than the password rules ask for.
PASSWORD_BYTES = 15
MODELS = (HomePage, StandardPage, CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# By the names under which officers choose them.
TYPES = {capfirst(model._meta.verbose_name): model for model in MODELS}
# Paragraphs and lists, and nothing else that people write.
MARKDOWN = MarkdownIt("zero").enable("list")


def build_example_site(stdout: TextIO) -> None:
    """Build the example site, whole or not at all, where there is no home page yet.

    Writes to `stdout` one line on what happened and, for new staff accounts, a table
    with their passwords, stored nowhere else.
    """
    with tree_lock():
        existing = HomePage.objects.first()
        if existing is not None:
            stdout.write(
                f"There is a home page already ('{existing.title}'), so the example "
                "site was not built and nothing was overwritten.\n"
            )
            return
        filler = Filler(timezone.now())
        _store_files(filler)
        _publish_all_pages(filler)
        publish_updates(filler)
        _fill_in_settings(filler)
        _publish_alerts(filler)
        _promote_pages(filler)
        passwords = create_accounts(role_groups())
    stdout.write("The example site is built.\n")
    if passwords:
        stdout.write("Write these passwords down now: they are not shown again.\n\n")
        for row in [("Role", "User name", "Password"), *passwords]:
            stdout.write("  {:20} {:20} {}\n".format(*row))
        stdout.write("\n")


@contextmanager
def content_file(name: str) -> Iterator[dict]:
    """Read a file such as `pages/cookies.toml`; errors inside the `with` name it."""
    try:
        yield tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    except Exception as error:
        said = getattr(error, "block_errors", error)
        raise CommandError(
            f"{FOLDER.name}/{name}: {type(error).__name__}: {said}"
        ) from error


@dataclass(frozen=True)
class Filler:
    """Fills models from entries, which name pictures, documents and pages made before.

    Raises what Python, Django and Wagtail raise where an entry says what cannot be.
    """

    now: datetime
    made: dict[str, models.Model] = field(default_factory=dict)

    def fill(self, thing: models.Model, entry: dict) -> models.Model:
        for key, said in entry.items():
            match model_field := thing._meta.get_field(key):
                case StreamField():
                    setattr(thing, key, [])
                    self.add_blocks(getattr(thing, key), said)
                case models.ManyToOneRel():
                    # What a page owns, such as its partners.
                    for one in said:
                        child = self.fill(model_field.related_model(), one)
                        child.clean_fields(exclude=[model_field.field.name])
                        getattr(thing, key).add(child)
                case _:
                    setattr(thing, key, self._value(model_field, said))
        return thing

    def _value(self, model_field: models.Field, said: Any) -> Any:
        match model_field:
            case RichTextField():
                return MARKDOWN.render(said)
            case models.ForeignKey():
                return self.made[said]
            case models.DateField() if isinstance(said, dict):
                return self._date(model_field, said)
        if model_field.choices:
            return {label: value for value, label in model_field.flatchoices}[said]
        return said

    def _date(self, model_field: models.DateField, said: dict) -> date | datetime:
        days = timedelta(days=said["in_days"])
        day = timezone.localdate(self.now) + days
        if not isinstance(model_field, models.DateTimeField):
            return day
        if "at" not in said:
            return self.now + days
        return timezone.make_aware(datetime.combine(day, said["at"]))

    def add_blocks(self, stream: blocks.StreamValue, entries: list[dict]) -> None:
        for entry in entries:
            name = entry["block"]
            block = stream.stream_block.child_blocks[name]
            said = {key: value for key, value in entry.items() if key != "block"}
            if isinstance(block, blocks.RichTextBlock):
                said = said[name]
            stream.append((name, block.clean(block.to_python(self._raw(block, said)))))

    def _raw(self, block: blocks.Block, said: Any) -> Any:
        match block:
            case blocks.RichTextBlock():
                return MARKDOWN.render(said)
            case blocks.ChooserBlock():
                return self.made[said].pk
            case blocks.ListBlock():
                return [self._raw(block.child_block, one) for one in said]
            case TypedTableBlock():
                return {**said, "rows": [{"values": row} for row in said["rows"]]}
            case blocks.StructBlock():
                return {
                    key: self._raw(block.child_blocks[key], value)
                    for key, value in said.items()
                }
        return said


def _store_files(filler: Filler) -> None:
    for kind, ending, model in (
        ("picture", "webp", Image),
        ("document", "pdf", Document),
    ):
        with content_file(f"{kind}s.toml") as content:
            for entry in content[kind]:
                name = entry.pop("name")
                data = (FOLDER / f"{kind}s" / f"{name}.{ending}").read_bytes()
                file = ContentFile(data, name=f"{name}.{ending}")
                filler.made[name] = model.objects.create(**entry, file=file)


def _publish_all_pages(filler: Filler) -> None:
    """Publish the pages as the default site's, in place of Wagtail's own page."""
    root = Page.get_first_root_node()
    welcome = list(root.get_children().exact_type(Page))
    home = publish_page(root, HOME_SLUG, filler)
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


def publish_page(parent: Page, slug: str, filler: Filler) -> BasePage:
    """Publish the page of the file `pages/SLUG.toml`, and all that it lists below it.

    Returns the page as it is published.
    """
    with content_file(f"pages/{slug}.toml") as entry:
        model, below = TYPES[entry.pop("type")], entry.pop("pages", [])
        page = model(slug=slug, live=False)
        parent.add_child(instance=filler.fill(page, entry))
    page.save_revision(log_action=True).publish()
    page = filler.made[slug] = model.objects.get(pk=page.pk)
    for slug_below in below:
        publish_page(page, slug_below, filler)
    return page


def publish_updates(filler: Filler) -> None:
    """Publish pages again, each with its change note or as a minor edit."""
    with content_file("updates.toml") as content:
        for entry in content["update"]:
            page = filler.made[entry.pop("page")]
            page = type(page).objects.get(pk=page.pk)
            filler.add_blocks(page.body, entry.pop("body", []))
            filler.fill(page, {"change_note": "", **entry})
            page.minor_edit = not page.change_note
            page.save_revision(log_action=True).publish()


def _fill_in_settings(filler: Filler) -> None:
    site_settings = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    with content_file("settings.toml") as entry:
        filler.fill(site_settings, entry).full_clean()
    site_settings.save()


def _publish_alerts(filler: Filler) -> None:
    with content_file("alerts.toml") as content:
        for entry in content["alert"]:
            alert = filler.fill(AlertSnippet(live=False), entry)
            alert.full_clean()
            alert.save()
            alert.save_revision(log_action=True).publish()


def _promote_pages(filler: Filler) -> None:
    with content_file("promotions.toml") as content:
        for entry in content["promotion"]:
            entry["searched"] = " ".join(entry["searched"].split())
            promotion = filler.fill(PromotionSnippet(), entry)
            promotion.full_clean()
            promotion.save()


def create_accounts(groups: dict[str, Group]) -> list[tuple[str, str, str]]:
    """Make an account for each role and the administrator; return role, name, password.

    An account whose name is taken is someone's own, and keeps its password and rights.
    """
    users, made = get_user_model().objects, []
    for role in [ADMINISTRATOR, *(role.name for role in ROLES)]:
        username = role.replace(" ", "-")
        if users.filter(username=username).exists():
            continue
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        is_administrator = role == ADMINISTRATOR
        user = users.create_user(
            username,
            email=f"{username}@example.gov.uk",
            password=password,
            first_name="Example",
            last_name=role,
            is_superuser=is_administrator,
            is_staff=is_administrator,
        )
        if role in groups:
            user.groups.add(groups[role])
        made.append((role, username, password))
    return made
