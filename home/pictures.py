"""The sizes in which pictures are shown, made before visitors ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from wagtail.images import get_image_model

CARD_SPEC = "fill-600x338|format-jpeg|jpegquality-75"
BANNER_SPEC = "width-960|format-jpeg|jpegquality-75"
LOGO_SPEC = "max-240x120|format-png"


@dataclass(frozen=True)
class Picture:
    """An image in one size, as a template shows it."""

    url: str
    width: int
    height: int
    alt: str


def get_pictures(image_ids: Iterable[int | None], spec: str) -> dict[int, Picture]:
    """Return the picture of each image in one size, with one query for all.

    One that is missing is made now; publishing a page makes those of its picture.
    An image whose file is gone is left out.
    """
    image_ids = {pk for pk in image_ids if pk}
    if not image_ids:
        return {}
    image_model = get_image_model()
    renditions = image_model.get_rendition_model().objects.filter(
        image_id__in=image_ids, filter_spec=spec
    )
    pictures = _read(renditions)
    missing = image_ids - pictures.keys()
    if missing:
        images = image_model.objects.filter(pk__in=missing)
        made = [make_rendition(image, spec) for image in images]
        pictures |= _read(renditions.filter(pk__in=[each.pk for each in made if each]))
    return pictures


def _read(renditions: QuerySet) -> dict[int, Picture]:
    """Read renditions by image, as values: whole objects take five times as long."""
    storage = renditions.model._meta.get_field("file").storage
    rows = renditions.values_list(
        "image_id", "file", "width", "height", "image__description", "image__title"
    )
    return {
        pk: Picture(storage.url(name), width, height, alt=description or title)
        for pk, name, width, height, description, title in rows
    }


def make_rendition(image, spec: str):
    """Return a rendition of an image, or None where its file cannot be read."""
    try:
        return image.get_rendition(spec)
    except OSError:
        return None
