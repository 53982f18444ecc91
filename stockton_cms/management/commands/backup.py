"""`manage.py backup`: all rows and files in one archive."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from stockton_cms.operations.backup.delivery import (
    back_up,
    default_folder,
    destination,
)
from stockton_cms.operations.backup.progress import shown
from stockton_cms.operations.cli_errors import report_errors


class Command(BaseCommand):
    help = (
        "Write the database and the media into one archive, while the site runs. Goes "
        "on where it was broken off while sending the archive."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            default=str(default_folder()),
            help="a folder that is there, or s3://bucket/prefix (default: backups in "
            "DATA_DIR)",
        )

    def handle(self, *args, to: str, **options):
        with report_errors(before="The backup could not be made:"):
            done = back_up(destination(to), timezone.now(), shown)
        if done.went_on:
            self.stdout.write(
                f"Went on with the backup of {done.manifest.made_at}: "
                f"{done.bytes_sent:,} of {done.bytes:,} bytes were still to be sent."
            )
        self.stdout.write(
            f"{done.to}: {done.manifest.row_count:,} rows and "
            f"{done.manifest.file_count:,} files."
        )
