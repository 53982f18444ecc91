"""`manage.py process_bounces`: suppress subscribers who bounce or complain."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from community.subscriptions.bounces import import_reports


class Command(BaseCommand):
    help = (
        "Read bounces and complaints about email updates from .eml or mbox files, or "
        "folders of them, and stop emailing those subscribers. Reading the same files "
        "again changes nothing. The output contains no email address."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Show what would change, without changing anything.",
        )

    def handle(self, *args, paths, dry_run=False, **options):
        if missing := [str(path) for path in paths if not path.exists()]:
            raise CommandError(f"File not found: {', '.join(missing)}")
        found = import_reports(paths, dry_run)
        for outcome, count in sorted(found.items()):
            self.stdout.write(f"{count:,} {outcome}")
        if not found:
            self.stdout.write("No messages found.")
        elif dry_run:
            self.stdout.write("Dry run: nothing was changed.")
