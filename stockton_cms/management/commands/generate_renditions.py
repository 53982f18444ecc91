"""`manage.py generate_renditions`: image sizes that an upgrade has brought."""

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction
from wagtail.images import get_image_model

from community.models import Partner
from home.images.renditions import LIBRARY_SHAPES, LOGO, make_shapes
from home.images.storage import FILE_FOLDER


class Command(BaseCommand):
    help = (
        "Make the sizes of pictures that are missing, as after an upgrade that shows "
        "pictures in other sizes. Quick when nothing is missing."
    )

    def handle(self, *args, **options):
        images = get_image_model().objects.all()
        for image in images.exclude(file__regex=FILE_FOLDER):
            _store_again(image)
        logos = images.filter(pk__in=Partner.objects.exclude(logo=None).values("logo"))
        made = make_shapes(images, *LIBRARY_SHAPES)
        made += make_shapes(logos, LOGO)
        if made:
            self.stdout.write(f"Made {made} sizes of pictures.")


@transaction.atomic
def _store_again(image) -> None:
    """Store a picture of an earlier release without its metadata, and its sizes.

    Those had names that can be guessed. One whose file is lost stays as it is.
    """
    before, storage = image.file.name, image.file.storage
    try:
        with storage.open(before) as file:
            content = ContentFile(file.read(), name=image.filename)
    except FileNotFoundError:
        return
    image.file.save(content.name, content, save=False)
    image.file_size, image.file_hash = None, ""
    image.save()
    image.renditions.all().delete()
    transaction.on_commit(lambda: storage.delete(before))
