"""`manage.py process_bounces`: suppress subscribers who bounce or complain."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from community.subscriptions.bounces import import_reports


class Command(BaseCommand):
    help = (
        "Read bounces and complaints about email updates from .eml or mbox files, or "
        "folders of them, and stop emailing those subscribers. Reading a file again "
        "changes nothing. The output contains no email address."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args, paths, **options):
        if missing := [str(path) for path in paths if not path.exists()]:
            raise CommandError(f"File not found: {', '.join(missing)}")
        for path in paths:
            for outcome, count in sorted(import_reports(path).items()):
                self.stdout.write(f"{count:,} {outcome}")
