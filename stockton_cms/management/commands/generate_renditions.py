"""`manage.py generate_renditions`: image sizes that an upgrade has brought."""

from django.core.management.base import BaseCommand
from wagtail.images import get_image_model

from community.models import Partner
from home.images.pictures import LIBRARY_SHAPES, LOGO, specs_of
from home.images.renditions import make_missing


class Command(BaseCommand):
    help = (
        "Make the sizes of pictures that are missing, as after an upgrade that shows "
        "pictures in other sizes. Quick when nothing is missing."
    )

    def handle(self, *args, **options):
        images = get_image_model().objects.all()
        logos = images.filter(pk__in=Partner.objects.exclude(logo=None).values("logo"))
        made = make_missing(images, specs_of(LIBRARY_SHAPES))
        made += make_missing(logos, LOGO.specs)
        if made:
            self.stdout.write(f"Made {made} sizes of pictures.")
