"""`manage.py erase_personal_data EMAIL`: for someone who asks for erasure."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from stockton_cms.operations.erasure.service import erase


class Command(BaseCommand):
    help = (
        "Erase an email address from every table: enquiries that left it go, other "
        "texts lose the address. Begin with --dry-run."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument(
            "--everywhere",
            action="store_true",
            help="also remove it from pages and other public content",
        )

    def handle(self, *args, email, dry_run, everywhere, **options):
        try:
            report = erase(email, everywhere=everywhere, dry_run=dry_run)
        except ValidationError as error:
            raise CommandError("This is not an email address.") from error
        for line in report.lines:
            self.stdout.write(
                f"{line.table} ({line.fields}): {line.rows}. {line.done}."
            )
            for name, address in line.places:
                self.stdout.write(f"  {name} {address}".rstrip())
        self.stdout.write(report.advice)
        if report.has_account or report.left:
            raise CommandError(report.summary)
        self.stdout.write(report.summary)
