"""Publishes the pages of the example site, and some of them a second time."""

from django.utils.text import capfirst
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.models import HomePage, StandardPage
from home.pages import BasePage
from stockton_cms.operations.example.content_files import content_file, each, need, pick
from stockton_cms.operations.example.filling import Filler

MODELS = (HomePage, StandardPage, CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# By the names under which officers choose them.
TYPES = {capfirst(model._meta.verbose_name): model for model in MODELS}


def publish_page(parent: Page, slug: str, filler: Filler, **values) -> BasePage:
    """Publish the page of the file `pages/SLUG.toml`, and all that it lists below it.

    `values` are what the file does not say. Returns the page as it is published.
    """
    with content_file(f"pages/{slug}.toml") as entry:
        model = pick(TYPES, need(entry, "type"), "type of page")
        fields = {key: entry[key] for key in entry if key not in ("type", "pages")}
        page = model(slug=slug, title=need(entry, "title"), live=False, **values)
        filler.fill(page, fields)
        parent.add_child(instance=page)
    page.save_revision().publish()
    page = filler.pages[slug] = model.objects.get(pk=page.pk)
    for slug_below in entry.get("pages", []):
        publish_page(page, slug_below, filler)
    return page


def publish_updates(filler: Filler) -> None:
    """Publish pages again, each with its change note or as a minor edit."""

    def publish_again(entry: dict) -> None:
        page = filler.find(Page, need(entry, "page"))
        page = type(page).objects.get(pk=page.pk)
        filler.add_blocks(page.body, entry, "body")
        fields = {key: entry[key] for key in entry if key not in ("page", "body")}
        filler.fill(page, {"change_note": "", **fields})
        page.minor_edit = not page.change_note
        page.save_revision().publish()

    with content_file("updates.toml") as content:
        each(content, "update", publish_again)
