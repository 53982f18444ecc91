"""Writes imported pages: each with a revision, a log entry and all that follows it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from community.models import CommunityIndexPage
from home.models import ImportedPage
from home.notifications import suppress_notifications
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from stockton_cms.operations.importer.body import Body
from stockton_cms.operations.importer.links import live_page_at
from stockton_cms.operations.importer.plan import PlannedPage
from stockton_cms.operations.importer.records import PLAIN_FIELDS, Record, read_day


class PageWriter:
    """Writes pages of one section; call its methods within `batch`."""

    def __init__(self, section: Page, site: Site):
        self.section = section
        self.site = site
        self._parents: dict[int, Page] = {}
        self._redirected: set[str] = set()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Save a batch of pages whole or not at all.

        No one who follows the section gets email about it.
        """
        with tree_lock(), suppress_notifications():
            yield

    def create(self, node: PlannedPage, body: Body, digest: str) -> None:
        """Add a page below its parent, which is there already."""
        page = node.model(slug=node.slug, live=False)
        fill(page, node.record, body)
        self._parent(node).add_child(instance=page)
        node.page_id = page.pk
        self._save(node, page, body, digest, publishes=not node.is_draft)

    def change(self, node: PlannedPage, body: Body, digest: str) -> None:
        """Give a page that an earlier import has made what the source says now.

        It stays where it is; one that officers have taken down stays a draft.
        """
        page = node.imported.page.specific
        fill(page, node.record, body)
        publishes = page.live and not node.is_draft
        self._save(node, page, body, digest, publishes)

    def close_links(self, node: PlannedPage, row: ImportedPage, body: Body) -> None:
        """Put links to pages into a page that was written before those were there."""
        page = row.page.specific
        set_body(page, body)
        self._save(node, page, body, row.content_hash, publishes=page.live)

    def _save(
        self,
        node: PlannedPage,
        page: BasePage,
        body: Body,
        digest: str,
        publishes: bool,
    ) -> None:
        page.change_note, page.minor_edit = "", True
        revision = page.save_revision(log_action=node.imported is not None)
        if publishes:
            revision.publish(log_action=True)
        ImportedPage.objects.update_or_create(
            source_key=f"{self.section.pk}:{node.key}",
            defaults={
                "page_id": page.pk,
                "revision_id": revision.pk,
                "content_hash": digest,
                "has_open_links": body.has_open_links,
            },
        )

    def redirect(self, node: PlannedPage) -> str:
        """Lead the old address to the page; return why that was not done, if so."""
        old_path, own = node.old_address, Redirect.normalise_path(node.path)
        if not old_path or old_path == own:
            return ""
        if live_page_at(self.site, old_path):
            return f"No redirect: a page of the site answers at {old_path}."
        known = dict(
            Redirect.get_for_site(self.site)
            .filter(old_path__in=[old_path, own])
            .values_list("old_path", "redirect_page_id")
        )
        if old_path in self._redirected:
            return f"No redirect: {old_path} has one already."
        if old_path in known:
            is_ours = known[old_path] == node.page_id
            return "" if is_ours else f"No redirect: {old_path} has one already."
        if own in known:
            return f"No redirect: one leads away from {own}, so it could be a circle."
        if node.page_id:
            Redirect.objects.create(
                site=self.site, old_path=old_path, redirect_page_id=node.page_id
            )
        self._redirected.add(old_path)
        return ""

    def _parent(self, node: PlannedPage) -> Page:
        pk = node.parent.page_id if node.parent else node.parent_id
        if pk not in self._parents:
            self._parents[pk] = Page.objects.get(pk=pk).specific
        return self._parents[pk]


def fill(page: BasePage, record: Record, body: Body) -> None:
    """Give a page what the source says of it."""
    page.title = record.title
    for name in PLAIN_FIELDS:
        setattr(page, name, getattr(record, name))
    page.review_on = read_day(record.review_on)
    set_body(page, body)


def set_body(page: BasePage, body: Body) -> None:
    """Give a page its blocks; a section's first words are its introduction."""
    blocks = body.blocks
    if isinstance(page, CommunityIndexPage):
        has_words = bool(blocks) and blocks[0]["type"] == "text"
        page.introduction = blocks[0]["value"] if has_words else ""
        blocks = blocks[has_words:]
    page.body = json.dumps(blocks)
