"""`manage.py process_bounces`: addresses that bounce, and people who complained."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from community.subscriptions.bounces import import_reports


class Command(BaseCommand):
    help = (
        "Read bounces and complaints about email updates from .eml or mbox files, or "
        "folders of them, and stop sending to those people. Reading the same files "
        "again changes nothing. What it prints holds no address."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Change nothing, only say what would.",
        )

    def handle(self, *args, paths, dry_run=False, **options):
        if missing := [str(path) for path in paths if not path.exists()]:
            raise CommandError(f"There is no {', '.join(missing)}.")
        found = import_reports(paths, dry_run)
        for outcome, count in sorted(found.items()):
            self.stdout.write(f"{count:,} {outcome}")
        if not found:
            self.stdout.write("There is nothing in it.")
        elif dry_run:
            self.stdout.write("Nothing was changed.")
