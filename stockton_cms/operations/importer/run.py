"""Runs an import: reads, plans, makes pages in batches, and then fills them."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from django.core.exceptions import ValidationError
from tqdm import tqdm
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from community.models import CommunityIndexPage
from home.models import ImportedPage
from home.notifications.outbox import suppress_notifications
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from stockton_cms.operations.importer.body import Body
from stockton_cms.operations.importer.links import LinkResolver
from stockton_cms.operations.importer.plan import (
    DRAFT,
    Plan,
    Record,
    SourceError,
    page_at,
)
from stockton_cms.operations.importer.sources import read_csv, read_folder

# Pages in one transaction, in which others wait for the page tree.
BATCH_SIZE = 100
# What a page gets as the source says it.
PLAIN_FIELDS = (
    *("title", "summary", "search_words", "owner_name", "owner_email", "review_on"),
)


class ImportOutcome(StrEnum):
    """What becomes of one page of the source."""

    CREATED = "create"
    CHANGED = "change"
    SAME = "as it is"
    EDITED = "left, edited since"
    DELETED = "left, deleted since"
    REFUSED = "refused"


@dataclass
class Import:
    """One import, with the options of the command by its own names.

    It writes a line for each page and each oddity, and counts them.
    """

    source: Path
    section: Page
    stdout: TextIO
    type: str
    dry_run: bool
    draft: bool
    overwrite: bool
    old_address: str

    def run(self) -> Counter:
        """Import the pages of the source below the section; return what became of them.

        All pages that are not there are made first, so that others can link to them,
        and then filled; a dry run says the same, and leaves both. What was saved until
        an interruption stays; the next run goes on from there. Raises `SourceError`.
        """
        self.counts = Counter()
        records = self._read()
        plan = Plan(self.section, records, self.type, self.overwrite)
        # Pictures and documents are looked for beside a CSV file.
        root = self.source if self.source.is_dir() else self.source.parent
        self.links = LinkResolver(plan, root)
        self._parents: dict[int, Page] = {}
        self._redirected: set[str] = set()
        for record in records:
            if record.problem:
                self._count(ImportOutcome.REFUSED, record.place, record.problem)
            elif record.is_deleted:
                self._count(ImportOutcome.DELETED, record.place, record.path)
        records = [each for each in plan.accepted() if not each.is_deleted]
        if not self.dry_run:
            new = [record for record in records if not record.page_id]
            for batch in _batches(new, "New pages"):
                with self._saved_whole():
                    for record in batch:
                        self._create(record)
        for batch in _batches(records, "Pages"):
            with self._saved_whole():
                self._fill(batch)
        pages = ", ".join(f"{each}: {self.counts[each]:,}" for each in ImportOutcome)
        self._write(f"Pages: {pages}. Notes: {self.counts['Notes']:,}.")
        if self.dry_run:
            self._write("This was a dry run: nothing has been written.")
        return self.counts

    def _read(self) -> list[Record]:
        path = self.source
        if path.is_dir():
            return [*read_folder(path.resolve(), self.old_address, self._note)]
        if not path.is_file() or path.suffix.lower() != ".csv":
            raise SourceError(f"'{path}' is neither a .csv file nor a folder.")
        records = [*read_csv(path, self._note)]
        if not records:
            raise SourceError("There is no page in the source: only headings.")
        return records

    def _count(self, outcome: ImportOutcome, place: str, text: str) -> None:
        self.counts[outcome] += 1
        if outcome != ImportOutcome.SAME:
            self._write(f"{outcome}: {text} ({place})")

    def _note(self, place: str, text: str) -> None:
        self.counts["Notes"] += 1
        self._write(f"  note: {place}: {text}")

    def _write(self, text: str) -> None:
        # A text that cannot move the cursor or pass for another line.
        self.stdout.write("".join(c if c.isprintable() else " " for c in text))

    @contextmanager
    def _saved_whole(self) -> Iterator[None]:
        """Save a batch whole or not at all; no one gets email about it."""
        if self.dry_run:
            yield
            return
        with self.links.undo:
            with tree_lock(), suppress_notifications():
                yield
            self.links.undo.pop_all()

    def _create(self, record: Record) -> None:
        above = record.parent
        parent_id = above.page_id if above else record.parent_page.pk
        if parent_id not in self._parents:
            self._parents[parent_id] = Page.objects.get(pk=parent_id).specific
        page = record.model(title=record.said["title"], slug=record.slug, live=False)
        self._parents[parent_id].add_child(instance=page)
        record.page_id = page.pk
        # Without a revision and a hash until it is filled.
        ImportedPage.objects.update_or_create(
            source_key=record.key,
            defaults={"page": page, "revision_id": 0, "content_hash": ""},
        )

    def _fill(self, batch: list[Record]) -> None:
        page_ids = [record.page_id for record in batch if record.page_id]
        pages = Page.objects.specific().in_bulk(page_ids)
        keys = [record.key for record in batch]
        rows = ImportedPage.objects.in_bulk(keys, field_name="source_key")
        for record in batch:
            row, page = rows.get(record.key), pages.get(record.page_id)
            body = Body(record.said["body"], record.base, self.links)
            digest = _digest(record, body)
            outcome = self._outcome(row, page, digest)
            if outcome in {ImportOutcome.CREATED, ImportOutcome.CHANGED}:
                for note in (*record.notes, *body.notes):
                    self._note(record.place, note)
                if not self.dry_run:
                    if body.digests:
                        html, base = record.said["body"], record.base
                        body = Body(html, base, self.links, stores=True)
                    self._save(record, row, page, body, digest)
                self._redirect(record)
            self._count(outcome, record.place, record.path)

    def _outcome(
        self, row: ImportedPage | None, page: BasePage | None, digest: str
    ) -> ImportOutcome:
        if page is None:
            # Where this is no dry run, an officer has deleted it this second.
            return ImportOutcome.CREATED if self.dry_run else ImportOutcome.DELETED
        is_edited = (page.latest_revision_id or 0) != row.revision_id
        if is_edited and self.overwrite:
            return ImportOutcome.CHANGED
        if row.content_hash == digest:
            return ImportOutcome.SAME
        if is_edited:
            return ImportOutcome.EDITED
        return ImportOutcome.CHANGED if row.content_hash else ImportOutcome.CREATED

    def _save(
        self, record: Record, row: ImportedPage, page: BasePage, body: Body, digest: str
    ) -> None:
        """Save what the source says, with a revision and a log entry.

        A page stays where it is; one that officers have taken down stays a draft.
        """
        is_new = not row.content_hash
        for name in PLAIN_FIELDS:
            setattr(page, name, record.said[name])
        blocks = body.blocks
        if isinstance(page, CommunityIndexPage):
            has_words = bool(blocks) and blocks[0]["type"] == "text"
            page.introduction = blocks[0]["value"] if has_words else ""
            blocks = blocks[has_words:]
        page.body = json.dumps(blocks)
        page.change_note, page.minor_edit = "", True
        is_draft = self.draft or record.said["state"] == DRAFT
        try:
            revision = page.save_revision(log_action=True)
            if not is_draft and (page.live or is_new):
                revision.publish(log_action=True)
        except ValidationError as error:
            raise SourceError(
                f"{record.place}: {' '.join(error.messages)} The pages before it are "
                "saved; run the import again."
            ) from error
        row.revision_id, row.content_hash = revision.pk, digest
        row.save()

    def _redirect(self, record: Record) -> None:
        old_path, path = record.old_path, Redirect.normalise_path(record.path)
        if not old_path or old_path == path:
            return
        redirects = Redirect.get_for_site(self.links.site)
        known = redirects.filter(old_path=old_path).first()
        here = page_at(old_path)
        if here and here.live:
            problem = f"a page of the site answers at {old_path}."
        elif known and record.page_id and known.redirect_page_id == record.page_id:
            return
        elif known or old_path in self._redirected:
            problem = f"{old_path} has one already."
        elif redirects.filter(old_path=path).exists():
            problem = f"one leads away from {path}, so it could be a circle."
        else:
            self._redirected.add(old_path)
            if not self.dry_run:
                redirects.create(
                    site=self.links.site,
                    old_path=old_path,
                    redirect_page_id=record.page_id,
                )
            return
        self._note(record.place, f"No redirect: {problem}")


def _digest(record: Record, body: Body) -> str:
    """Return what differs when the page has changed since the last import."""
    said = {key: str(value) for key, value in record.said.items()}
    said |= {"parent": "", "state": "", "base": record.base}
    content = json.dumps([said, body.digests], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _batches(records: list[Record], what: str) -> Iterator[list[Record]]:
    starts = range(0, len(records), BATCH_SIZE)
    for start in tqdm(starts, what, disable=None, leave=False):
        yield records[start : start + BATCH_SIZE]
