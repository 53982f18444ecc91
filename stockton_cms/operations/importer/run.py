"""Runs an import: reads, plans, writes in batches, and closes links at the end."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from django.core.exceptions import ValidationError
from tqdm import tqdm
from wagtail.models import Page

from home.models import ImportedPage
from stockton_cms.operations.importer.body import Body, convert
from stockton_cms.operations.importer.csv_source import CsvSource
from stockton_cms.operations.importer.files import FileStore
from stockton_cms.operations.importer.folder_source import FolderSource
from stockton_cms.operations.importer.links import LinkResolver
from stockton_cms.operations.importer.plan import Plan, PlannedPage, Planner
from stockton_cms.operations.importer.records import SourceError
from stockton_cms.operations.importer.writing import PageWriter


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
        self.pages: Counter[ImportOutcome] = Counter()
        self.notes = 0

    def page(self, outcome: ImportOutcome, place: str, text: str) -> None:
        self.pages[outcome] += 1
        if outcome != ImportOutcome.SAME:
            self.stdout.write(f"{outcome}: {one_line(text)} ({one_line(place)})")

    def note(self, place: str, text: str) -> None:
        """Say what is odd about a page, or about the source."""
        self.notes += 1
        self.stdout.write(f"  note: {one_line(place)}: {one_line(text)}")

    def end(self, is_dry: bool) -> None:
        counts = ", ".join(
            f"{outcome}: {self.pages[outcome]:,}" for outcome in ImportOutcome
        )
        self.stdout.write(f"Pages: {counts}. Notes: {self.notes:,}.")
        if is_dry:
            self.stdout.write("This was a dry run: nothing has been written.")


def one_line(text: str) -> str:
    """Return a text that cannot move the cursor or pass for another line."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


# Pages in one transaction, in which others wait for the page tree.
BATCH_SIZE = 100


@dataclass(frozen=True)
class Options:
    default_type: str = "standard"
    is_dry: bool = False
    as_drafts: bool = False
    overwrites: bool = False
    old_address: str = ""


def open_source(path: Path, options: Options) -> CsvSource | FolderSource:
    """Return the source at a path; raise `SourceError` where there is none."""
    if path.is_dir():
        return FolderSource(path, options.old_address)
    if not path.is_file():
        raise SourceError(f"There is no file or folder '{path}'.")
    if path.suffix.lower() != ".csv":
        raise SourceError("The source must be a .csv file or a folder of HTML pages.")
    return CsvSource(path)


def import_pages(path: Path, section: Page, options: Options, stdout: TextIO) -> Report:
    """Import the pages of a source below a section; return the report.

    Raises `SourceError` where the source as a whole cannot be read. What was saved
    until an interruption stays; the next run goes on from there.
    """
    report = Report(stdout)
    source = open_source(path, options)
    planner = Planner(section, options.default_type, options.as_drafts)
    for record, problem in source.scan():
        node = planner.add(record, problem)
        for note in [] if node.problem else record.notes:
            report.note(record.place, note)
    for note in source.notes:
        report.note(path.name, note)
    plan = planner.finish()
    if not plan.nodes:
        raise SourceError("There is no page in the source: only headings.")
    for node in plan.nodes:
        if node.problem:
            report.page(ImportOutcome.REFUSED, node.place, node.problem)
    ImportRun(source, plan, options, report).run()
    report.end(options.is_dry)
    return report


class ImportRun:
    """One import under way."""

    def __init__(self, source, plan: Plan, options: Options, report: Report):
        site = plan.section.get_site()
        self.plan = plan
        self.options = options
        self.report = report
        self.library = FileStore(source.root)
        self.links = LinkResolver(plan, self.library, site)
        self.writer = PageWriter(plan.section, site)

    def run(self) -> None:
        """Import all pages, then close the links to pages that came later."""
        nodes = self.plan.accepted()
        for batch in _batches(nodes):
            if self.options.is_dry:
                for node in batch:
                    self._import(node)
            else:
                self._save(batch)
        if not self.options.is_dry:
            self._close_links(nodes)

    def _save(self, batch: list[PlannedPage]) -> None:
        """Save a batch whole or not at all."""
        try:
            with self.writer.batch():
                for node in batch:
                    self._import(node)
        except BaseException:
            self.library.forget_batch()
            raise
        self.library.end_batch()

    def _import(self, node: PlannedPage) -> None:
        record = node.record
        body = convert(record.body, record.base, self.links, stores=False)
        digest = _digest(node, body)
        outcome = self._outcome(node, digest)
        if outcome == ImportOutcome.DELETED:
            # Nothing can be below it, and links to it lead nowhere.
            node.problem = "An officer has deleted it."
        if outcome in {ImportOutcome.CREATED, ImportOutcome.CHANGED}:
            for note in body.notes:
                self.report.note(node.place, note)
            try:
                self._write(node, body, digest, outcome)
            except ValidationError as error:
                raise SourceError(
                    f"{node.place}: {' '.join(error.messages)} The pages before it "
                    "are saved; run the import again."
                ) from error
        self.report.page(outcome, node.place, node.path)

    def _write(
        self, node: PlannedPage, body: Body, digest: str, outcome: ImportOutcome
    ) -> None:
        record = node.record
        if not self.options.is_dry:
            if body.digests:
                body = convert(record.body, record.base, self.links, stores=True)
            is_new = outcome == ImportOutcome.CREATED
            write = self.writer.create if is_new else self.writer.change
            write(node, body, digest)
        if problem := self.writer.redirect(node):
            self.report.note(node.place, problem)

    def _outcome(self, node: PlannedPage, digest: str) -> ImportOutcome:
        """Return what is to be done with a page, from what became of it before."""
        row = node.imported
        if row is None or row.page is None:
            is_gone = row is not None and not self.options.overwrites
            is_below_gone = node.parent is not None and bool(node.parent.problem)
            return (
                ImportOutcome.DELETED
                if is_gone or is_below_gone
                else ImportOutcome.CREATED
            )
        is_edited = row.page.latest_revision_id != row.revision_id
        if is_edited and self.options.overwrites:
            return ImportOutcome.CHANGED
        if row.content_hash == digest:
            return ImportOutcome.SAME
        return ImportOutcome.EDITED if is_edited else ImportOutcome.CHANGED

    def _close_links(self, nodes: list[PlannedPage]) -> None:
        prefix = f"{self.plan.section.pk}:"
        by_key = {prefix + node.key: node for node in nodes}
        rows = ImportedPage.objects.filter(has_open_links=True)
        keys = rows.filter(source_key__startswith=prefix).values_list(
            "source_key", flat=True
        )
        for batch in _batches([key for key in keys if key in by_key], "links"):
            with self.writer.batch():
                for row in rows.filter(source_key__in=batch).select_related("page"):
                    page = row.page
                    if page and page.latest_revision_id == row.revision_id:
                        node = by_key[row.source_key]
                        record = node.record
                        body = convert(
                            record.body, record.base, self.links, stores=True
                        )
                        self.writer.close_links(node, row, body)


def _digest(node: PlannedPage, body: Body) -> str:
    content = [node.type, node.record.as_content(), body.digests]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _batches(things: list, what: str = "pages") -> Iterator[list]:
    """Yield batches; show progress: a bar in a terminal, else a line each."""
    with tqdm(total=len(things), unit=f" {what}", disable=None) as bar:
        for start in range(0, len(things), BATCH_SIZE):
            batch = things[start : start + BATCH_SIZE]
            yield batch
            bar.update(len(batch))
            if bar.disable and len(things) > BATCH_SIZE:
                done = start + len(batch)
                sys.stderr.write(f"{done:,} of {len(things):,} {what}\n")
