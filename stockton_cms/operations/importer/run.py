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
from home.notifications import suppress_notifications
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from stockton_cms.operations.importer.body import Body
from stockton_cms.operations.importer.csv_source import read_csv
from stockton_cms.operations.importer.files import FileStore
from stockton_cms.operations.importer.folder_source import read_folder
from stockton_cms.operations.importer.links import LinkResolver
from stockton_cms.operations.importer.plan import Plan, page_at
from stockton_cms.operations.importer.records import (
    DRAFT,
    PLAIN_FIELDS,
    Record,
    SourceError,
)

# Pages in one transaction, in which others wait for the page tree.
BATCH_SIZE = 100


class ImportOutcome(StrEnum):
    """What becomes of one page of the source."""

    CREATED = "create"
    CHANGED = "change"
    SAME = "as it is"
    EDITED = "left, edited since"
    DELETED = "left, deleted since"
    REFUSED = "refused"


class Report:
    """Writes a line for each page and each oddity, and counts them."""

    def __init__(self, stdout: TextIO):
        self.stdout = stdout
        self.counts = Counter()

    def page(self, outcome: ImportOutcome, place: str, text: str) -> None:
        self.counts[outcome] += 1
        if outcome != ImportOutcome.SAME:
            self._write(f"{outcome}: {text} ({place})")

    def note(self, place: str, text: str) -> None:
        """Say what is odd about a page, or about the source."""
        self.counts["Notes"] += 1
        self._write(f"  note: {place}: {text}")

    def end(self, is_dry: bool) -> None:
        pages = ", ".join(f"{each}: {self.counts[each]:,}" for each in ImportOutcome)
        self._write(f"Pages: {pages}. Notes: {self.counts['Notes']:,}.")
        if is_dry:
            self._write("This was a dry run: nothing has been written.")

    def _write(self, text: str) -> None:
        # A text that cannot move the cursor or pass for another line.
        self.stdout.write("".join(c if c.isprintable() else " " for c in text))


@dataclass(frozen=True)
class Options:
    """Those of the command, by its own names."""

    type: str
    dry_run: bool
    draft: bool
    overwrite: bool
    old_address: str


def import_pages(path: Path, section: Page, options: Options, stdout: TextIO) -> Report:
    """Import the pages of a source below a section; return the report.

    Raises `SourceError` where the source as a whole cannot be read. What was saved
    until an interruption stays; the next run goes on from there.
    """
    report = Report(stdout)
    if path.is_dir():
        root = path
        records = list(read_folder(path.resolve(), options.old_address, report.note))
    elif path.is_file() and path.suffix.lower() == ".csv":
        # Pictures and documents are looked for beside it.
        root = path.parent
        records = list(read_csv(path, report.note))
    else:
        raise SourceError(f"'{path}' is neither a .csv file nor a folder.")
    if not records:
        raise SourceError("There is no page in the source: only headings.")
    plan = Plan(section, records, options.type, options.overwrite)
    for record in records:
        if record.problem:
            report.page(ImportOutcome.REFUSED, record.place, record.problem)
        elif record.is_deleted:
            report.page(ImportOutcome.DELETED, record.place, record.path)
    ImportRun(root, plan, options, report).run()
    report.end(options.dry_run)
    return report


class ImportRun:
    """One import under way."""

    def __init__(self, root: Path, plan: Plan, options: Options, report: Report):
        self.plan = plan
        self.options = options
        self.report = report
        self.site = plan.section.get_site()
        self.files = FileStore(root, stores=True)
        self.links = LinkResolver(plan, self.files, self.site)
        # What it would be, where nothing is stored.
        self.preview_links = LinkResolver(plan, FileStore(root, False), self.site)
        self._parents: dict[int, Page] = {}
        self._redirected: set[str] = set()

    def run(self) -> None:
        """Make all pages that are not there, so that others can link to them; fill all.

        A dry run says the same, and leaves both.
        """
        records = [each for each in self.plan.accepted() if not each.is_deleted]
        if self.options.dry_run:
            for batch in _batches(records, "Pages"):
                self._fill(batch)
            return
        new = [record for record in records if not record.page_id]
        for batch in _batches(new, "New pages"):
            with self._saved_whole():
                for record in batch:
                    self._create(record)
        for batch in _batches(records, "Pages"):
            with self._saved_whole():
                self._fill(batch)

    @contextmanager
    def _saved_whole(self) -> Iterator[None]:
        """Save a batch whole or not at all; no one gets email about it."""
        with self.files.undo:
            with tree_lock(), suppress_notifications():
                yield
            self.files.undo.pop_all()

    def _create(self, record: Record) -> None:
        """Add a page below its parent, which is there already."""
        parent_id = record.parent.page_id if record.parent else record.parent_id
        if parent_id not in self._parents:
            self._parents[parent_id] = Page.objects.get(pk=parent_id).specific
        page = record.model(title=record.said["title"], slug=record.slug, live=False)
        self._parents[parent_id].add_child(instance=page)
        record.page_id = page.pk
        # Without a revision and a hash until it is filled.
        ImportedPage.objects.update_or_create(
            source_key=self.plan.source_key(record),
            defaults={"page": page, "revision_id": 0, "content_hash": ""},
        )

    def _fill(self, batch: list[Record]) -> None:
        """Give pages what the source says, unless officers have edited them."""
        page_ids = [record.page_id for record in batch if record.page_id]
        pages = Page.objects.specific().in_bulk(page_ids)
        rows = ImportedPage.objects.in_bulk(
            map(self.plan.source_key, batch), field_name="source_key"
        )
        for record in batch:
            page = pages.get(record.page_id)
            body = Body(record.said["body"], record.base, self.preview_links)
            row, digest = rows.get(self.plan.source_key(record)), _digest(record, body)
            outcome = self._outcome(row, page, digest)
            if outcome in {ImportOutcome.CREATED, ImportOutcome.CHANGED}:
                for note in (*record.notes, *body.notes):
                    self.report.note(record.place, note)
                if not self.options.dry_run:
                    if body.digests:
                        body = Body(record.said["body"], record.base, self.links)
                    self._save(record, row, page, body, digest)
                self._redirect(record)
            self.report.page(outcome, record.place, record.path)

    def _outcome(
        self, row: ImportedPage | None, page: BasePage | None, digest: str
    ) -> ImportOutcome:
        """Return what is to be done with a page, from what became of it before."""
        if page is None:
            # Where this is no dry run, an officer has deleted it this second.
            is_new = self.options.dry_run
            return ImportOutcome.CREATED if is_new else ImportOutcome.DELETED
        is_edited = (page.latest_revision_id or 0) != row.revision_id
        if is_edited and self.options.overwrite:
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
        is_draft = self.options.draft or record.said["state"] == DRAFT
        try:
            revision = page.save_revision(log_action=not is_new)
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
        """Lead the old address to the page, or note why not."""
        old_path, path = record.old_path, Redirect.normalise_path(record.path)
        if not old_path or old_path == path:
            return
        redirects = Redirect.get_for_site(self.site)
        known = redirects.filter(old_path=old_path).first()
        here = page_at(old_path)
        if here and here.live:
            problem = f"a page of the site answers at {old_path}."
        elif known or old_path in self._redirected:
            if known and record.page_id and known.redirect_page_id == record.page_id:
                return
            problem = f"{old_path} has one already."
        elif redirects.filter(old_path=path).exists():
            problem = f"one leads away from {path}, so it could be a circle."
        else:
            self._redirected.add(old_path)
            if not self.options.dry_run:
                Redirect.objects.create(
                    site=self.site, old_path=old_path, redirect_page_id=record.page_id
                )
            return
        self.report.note(record.place, f"No redirect: {problem}")


def _digest(record: Record, body: Body) -> str:
    """Return what differs when the page has changed since the last import."""
    said = {key: str(value) for key, value in record.said.items()}
    said |= {"parent": "", "state": "", "base": record.base}
    content = json.dumps([said, body.digests], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _batches(records: list[Record], what: str) -> Iterator[list[Record]]:
    """Yield batches, with a progress bar on a terminal."""
    starts = range(0, len(records), BATCH_SIZE)
    for start in tqdm(starts, what, disable=None, leave=False):
        yield records[start : start + BATCH_SIZE]
