"""`manage.py backup`: all rows and files in one archive."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from stockton_cms.operations.backup.create import back_up, default_folder


class Command(BaseCommand):
    help = "Write the database and the media into one archive, while the site runs."

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            default=str(default_folder()),
            help="a folder that is there, or s3://bucket/prefix (default: backups in "
            "DATA_DIR)",
        )

    def handle(self, *args, to: str, **options):
        manifest, address = back_up(to, timezone.now())
        self.stdout.write(f"{address}: {manifest}.")
