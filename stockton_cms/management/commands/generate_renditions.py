"""`manage.py generate_renditions`: image sizes that an upgrade has brought."""

from django.core.management.base import BaseCommand

from stockton_cms.operations.missing_pictures import make_missing_pictures


class Command(BaseCommand):
    help = (
        "Make the sizes of pictures that are missing, as after an upgrade that shows "
        "pictures in other sizes. Quick when nothing is missing."
    )

    def handle(self, *args, **options):
        made = make_missing_pictures()
        if made:
            self.stdout.write(f"Made {made} sizes of pictures.")
