"""`manage.py generate_renditions`: image sizes that an upgrade has brought."""

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction
from wagtail.images import get_image_model

from community.models import Partner
from home.images.pictures import LOGO, make_shapes, make_shapes_of_library
from home.images.storage import FILE_FOLDER


class Command(BaseCommand):
    help = (
        "Make the sizes of pictures that are missing, as after an upgrade that shows "
        "pictures in other sizes. Quick when nothing is missing."
    )

    def handle(self, *args, **options):
        made = make_missing_pictures()
        if made:
            self.stdout.write(f"Made {made} sizes of pictures.")


def make_missing_pictures() -> int:
    """Make what pages would have to make; return how many files were made.

    Six queries in all when nothing is missing.
    """
    for image in get_image_model().objects.exclude(file__regex=FILE_FOLDER):
        _store_again(image)
    logo_ids = Partner.objects.exclude(logo=None).values_list("logo_id", flat=True)
    return make_shapes_of_library() + make_shapes(set(logo_ids), LOGO)


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
