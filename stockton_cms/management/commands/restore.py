"""`manage.py restore`: put a backup in the place of what the site holds."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from stockton_cms.operations.backup.create import opened
from stockton_cms.operations.backup.restore import restore


class Command(BaseCommand):
    help = (
        "Replace the site's rows and media by those of an archive. Stop the site "
        "first. What was there stays beside it; a restore that fails changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("archive", help="its path, or s3://bucket/key")
        parser.add_argument(
            "--no-input", action="store_true", help="do not ask before replacing"
        )

    def handle(self, *args, archive: str, no_input: bool, **options):
        with opened(archive) as reader:
            made = reader.manifest
            self.stdout.write(
                f"{settings.DATABASES['default']['NAME']} and {settings.MEDIA_ROOT} "
                f"will be replaced by the {made} of {made.made_at}."
            )
            if not no_input and not self._is_confirmed():
                raise CommandError("Nothing was changed.")
            for line in restore(reader, timezone.now()):
                self.stdout.write(line)
        self.stdout.write(
            "Restored. Anyone who was erased or lost their access since "
            f"{made.made_at} is back: run `manage.py erase_personal_data ADDRESS` "
            "for each, close accounts again, and then start the site."
        )

    def _is_confirmed(self) -> bool:
        try:
            return input("Type yes to replace them: ").strip() == "yes"
        except EOFError:
            raise CommandError(
                "Nothing was changed. Without a terminal to ask on, add --no-input."
            ) from None
