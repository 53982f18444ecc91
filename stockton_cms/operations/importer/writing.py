"""Writes imported pages: each with a revision, a log entry and all that follows it.

`add_child` and then `save_revision().publish()` save a page three times, each time
with its search entry and its references (measured: 44 ms a page). A new page is
therefore added as it will be published, and its revision is written once for all.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db.models import Model
from django.db.models.signals import post_save
from django.utils import timezone
from modelsearch.backends import get_search_backends
from modelsearch.signal_handlers import post_save_signal_handler
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageLogEntry, ReferenceIndex, Revision, Site
from wagtail.signal_handlers import disable_reference_index_auto_update
from wagtail.signals import page_published

from community.models import CommunityIndexPage
from home.content_version.counter import bump_content_version
from home.models import ImportedPage
from home.notifications import suppress_notifications
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from stockton_cms.operations.importer.body import Body
from stockton_cms.operations.importer.links import live_page_at
from stockton_cms.operations.importer.plan import PlannedPage
from stockton_cms.operations.importer.records import (
    MODELS,
    PLAIN_FIELDS,
    Record,
    read_day,
)


class PageWriter:
    """Writes pages of one section; call its methods within `batch`."""

    def __init__(self, section: Page, site: Site):
        self.section = section
        self.site = site
        self._parents: dict[int, Page] = {}
        self._saved: list[Page] = []
        self._redirected: set[str] = set()
        # What is written past the signals, at the end of the batch.
        self._rows: dict[type[Model], list[Model]] = defaultdict(list)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Save a batch of pages whole or not at all, as one change for visitors.

        The admin's own search takes the batch in one go, which is quicker. No one who
        follows the section gets email about it.
        """
        for model in MODELS.values():
            post_save.disconnect(post_save_signal_handler, sender=model)
        try:
            with tree_lock(), suppress_notifications():
                yield
                self._finish_batch()
                bump_content_version()
        finally:
            self._saved.clear()
            self._rows.clear()
            for model in MODELS.values():
                post_save.connect(post_save_signal_handler, sender=model)

    def _finish_batch(self) -> None:
        PageLogEntry.objects.bulk_create(self._rows[PageLogEntry])
        Redirect.objects.bulk_create(self._rows[Redirect])
        ImportedPage.objects.bulk_create(
            self._rows[ImportedPage],
            update_conflicts=True,
            unique_fields=["source_key"],
            update_fields=["page", "revision_id", "content_hash", "has_open_links"],
        )
        for model in MODELS.values():
            pages = [page for page in self._saved if isinstance(page, model)]
            for backend in get_search_backends(with_auto_update=True) if pages else ():
                backend.add_bulk(model, pages)

    def create(
        self, node: PlannedPage, record: Record, body: Body, digest: str
    ) -> None:
        """Add a page below its parent, which is there already."""
        now = timezone.now()
        page = node.model(slug=node.slug, live=not node.is_draft)
        fill(page, record, body)
        page.latest_revision_created_at = now
        if page.live:
            page.first_published_at = page.last_published_at = now
        else:
            page.has_unpublished_changes = True
        # What search reads for a live page brings its references up to date.
        with disable_reference_index_auto_update():
            self._parent(node).add_child(instance=page)
        if not page.live:
            ReferenceIndex.create_or_update_for_object(page)
        revision = Revision.objects.create(
            content_object=page,
            base_content_type=page.get_base_content_type(),
            created_at=now,
            content=page.serializable_data(),
            object_str=str(page),
        )
        page.latest_revision = revision
        page.live_revision = revision if page.live else None
        # Past the signals: nothing that visitors or search see has changed.
        Page.objects.filter(pk=page.pk).update(
            latest_revision=revision, live_revision=page.live_revision
        )
        if page.live:
            entry = PageLogEntry(
                page=page,
                content_type=revision.content_type,
                label=page.title,
                action="wagtail.publish",
                timestamp=now,
                revision=revision,
                uuid=uuid4(),
            )
            self._rows[PageLogEntry].append(entry)
            page_published.send(sender=type(page), instance=page, revision=revision)
        node.page_id = page.pk
        self._remember(node, page, body, digest)

    def change(
        self, node: PlannedPage, record: Record, body: Body, digest: str
    ) -> None:
        """Give a page that an earlier import has made what the source says now.

        It stays where it is; one that officers have taken down stays a draft.
        """
        page = node.imported.page.specific
        fill(page, record, body)
        page.change_note, page.minor_edit = "", True
        revision = page.save_revision(log_action=True)
        if page.live and not node.is_draft:
            revision.publish(log_action=True)
        page.latest_revision = revision
        self._remember(node, page, body, digest)

    def close_links(self, row: ImportedPage, body: Body) -> None:
        """Put links to pages into a page that was written before those were there.

        Its words stay, and its own revision is fixed: no one has edited it.
        """
        page = row.page.specific
        set_body(page, body)
        names = [name for name in ("introduction", "body") if hasattr(page, name)]
        values = page.serializable_data()
        type(page).objects.filter(pk=page.pk).update(
            **{name: getattr(page, name) for name in names}
        )
        revision = page.latest_revision
        revision.content |= {name: values[name] for name in names}
        revision.save(update_fields=["content"])
        ReferenceIndex.create_or_update_for_object(page)
        row.has_open_links = body.has_open_links
        row.save(update_fields=["has_open_links"])

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
            redirect = Redirect(
                site=self.site, old_path=old_path, redirect_page_id=node.page_id
            )
            self._rows[Redirect].append(redirect)
        self._redirected.add(old_path)
        return ""

    def _parent(self, node: PlannedPage) -> Page:
        pk = node.parent.page_id if node.parent else node.parent_id
        if pk not in self._parents:
            self._parents[pk] = Page.objects.get(pk=pk).specific
        return self._parents[pk]

    def _remember(self, node: PlannedPage, page: Page, body: Body, digest: str) -> None:
        self._saved.append(page)
        row = ImportedPage(
            source_key=f"{self.section.pk}:{node.key}",
            page_id=page.pk,
            revision_id=page.latest_revision.pk,
            content_hash=digest,
            has_open_links=body.has_open_links,
        )
        self._rows[ImportedPage].append(row)


def fill(page: BasePage, record: Record, body: Body) -> None:
    """Give a page what the source says of it."""
    page.title = page.draft_title = record.title
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
