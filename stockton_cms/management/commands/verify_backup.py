"""`manage.py verify_backup`: whether an archive is whole and can be restored."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from stockton_cms.operations.backup.create import opened, record_verified
from stockton_cms.operations.backup.restore import refuse_newer


class Command(BaseCommand):
    help = "Check every checksum of an archive, and that this version can restore it."

    def add_arguments(self, parser):
        parser.add_argument("archive", help="its path, or s3://bucket/key")

    def handle(self, *args, archive: str, **options):
        with opened(archive) as reader:
            refuse_newer(reader)
            reader.verify()
            manifest, address = reader.manifest, str(reader.path)
            record_verified(address, timezone.now())
        self.stdout.write(f"{address} is whole: {manifest} of {manifest.made_at}.")
