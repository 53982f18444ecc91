"""Builds the example site: pages, pictures, documents, alerts and staff accounts.

What it says is in the files of `content/`, which officers can read. A site is
built once, whole or not at all. What staff do with it afterwards stays.
"""

import secrets
from contextlib import ExitStack
from typing import TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page, Site

from community.models import AlertSnippet
from home.models import HomePage, SiteSettings
from home.page_tree.lock import tree_lock
from stockton_cms.accounts.roles import ROLES, role_groups
from stockton_cms.operations.demo.loader import (
    FOLDER,
    Filler,
    content_file,
    publish_page,
    publish_updates,
)

HOME_SLUG = "stockton-on-tees"
ADMINISTRATOR = "administrator"
# 15 bytes make 20 characters, five more than the password rules ask for.
PASSWORD_BYTES = 15


def build_example_site(stdout: TextIO) -> None:
    """Build the example site where there is no home page yet.

    Writes to `stdout` one line on what happened and, for new staff accounts, a table
    with their passwords, stored nowhere else.
    """
    with tree_lock(), ExitStack() as undo:
        existing = HomePage.objects.first()
        if existing is not None:
            stdout.write(
                f"There is a home page already ('{existing.title}'), so the example "
                "site was not built and nothing was overwritten.\n"
            )
            return
        filler = Filler(timezone.now())
        _make_files(filler, undo)
        _publish_all_pages(filler)
        publish_updates(filler)
        _fill_in_settings(filler)
        _publish_alerts(filler)
        passwords = create_accounts(role_groups())
        # Everything is in place, so the files stay.
        undo.pop_all()
    stdout.write("The example site is built.\n")
    if passwords:
        stdout.write("Write these passwords down now: they are not shown again.\n\n")
        for row in [("Role", "User name", "Password"), *passwords]:
            stdout.write("  {:20} {:20} {}\n".format(*row))
        stdout.write("\n")


def _make_files(filler: Filler, undo: ExitStack) -> None:
    """Store the pictures and documents; `undo` will delete their files."""
    for kind, ending, model, made in (
        ("picture", "webp", Image, filler.pictures),
        ("document", "pdf", Document, filler.documents),
    ):
        with content_file(f"{kind}s.toml") as content:
            for entry in content[kind]:
                name = f"{entry.pop('name')}.{ending}"
                data = (FOLDER / f"{kind}s" / name).read_bytes()
                thing = model(**entry, file=ContentFile(data, name=name))
                thing.save()
                undo.callback(thing.file.storage.delete, thing.file.name)
                made[name.removesuffix(f".{ending}")] = thing


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


def _fill_in_settings(filler: Filler) -> None:
    site = Site.objects.get(is_default_site=True)
    site_settings, _ = SiteSettings.objects.get_or_create(site=site)
    with content_file("settings.toml") as entry:
        filler.fill(site_settings, entry).full_clean()
    site_settings.save()


def _publish_alerts(filler: Filler) -> None:
    with content_file("alerts.toml") as content:
        for entry in content["alert"]:
            alert = filler.fill(AlertSnippet(live=False), entry)
            alert.full_clean()
            alert.save()
            alert.save_revision().publish()


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
        user = users.create_user(
            username,
            email=f"{username}@example.gov.uk",
            password=password,
            first_name="Example",
            last_name=role,
            is_superuser=role == ADMINISTRATOR,
            is_staff=role == ADMINISTRATOR,
        )
        if role in groups:
            user.groups.add(groups[role])
        made.append((role, username, password))
    return made
