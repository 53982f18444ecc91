"""`manage.py import_pages`: bring existing pages in."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from home.jobs import single_process_lock
from stockton_cms.operations.importer.plan import MODELS, page_at
from stockton_cms.operations.importer.run import Import, ImportOutcome

# Any number will do that no other advisory lock of this database uses.
IMPORT_LOCK_ID = 7_301_003


class Command(BaseCommand):
    help = (
        "Import pages from a CSV file or a folder of HTML pages, below a section. "
        "Begin with --dry-run. Safe to repeat and to interrupt; docs/operators.md "
        "describes the columns."
    )

    def add_arguments(self, parser):
        parser.add_argument("source", type=Path, help="a .csv file or a folder")
        parser.add_argument(
            "--under", required=True, help="the address of the section, such as /food/"
        )
        parser.add_argument(
            "--type",
            choices=list(MODELS),
            default="standard",
            help="what a page becomes whose type the source does not say",
        )
        parser.add_argument(
            "--old-address",
            default="",
            help="where a folder's pages were, such as https://old.example.gov.uk/food",
        )
        for name, text in {
            "--dry-run": "write the report and nothing else",
            "--draft": "do not publish what is new",
            "--overwrite": "also overwrite pages that officers have edited, and make "
            "those again that they have deleted",
        }.items():
            parser.add_argument(name, action="store_true", help=text)

    def handle(self, *args, source: Path, under: str, **options):
        names = ("type", "dry_run", "draft", "overwrite", "old_address")
        with single_process_lock("import", IMPORT_LOCK_ID) as is_our_turn:
            if not is_our_turn:
                raise CommandError("Another import is still running: wait for it.")
            section = page_at(f"/{under.strip('/')}/")
            if section is None:
                raise CommandError(f"There is no page at '{under}' to import below.")
            how = {name: options[name] for name in names}
            counts = Import(source, section, self.stdout, **how).run()
        if refused := counts[ImportOutcome.REFUSED]:
            raise CommandError(f"Refused: {refused:,}. The report says which and why.")
