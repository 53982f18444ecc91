"""The sizes in which pictures are shown, made before visitors ask for them."""

from collections.abc import Iterable

from wagtail.images import get_image_model

CARD_SPEC = "fill-600x338|format-jpeg|jpegquality-75"
BANNER_SPEC = "width-960|format-jpeg|jpegquality-75"
LOGO_SPEC = "max-240x120|format-png"


def get_renditions(
    image_ids: Iterable[int | None], spec: str, with_alt: bool = False
) -> dict[int, object]:
    """Return the rendition of each image in one size, with one query for all.

    One that is missing is made now; publishing a page makes those of its picture.
    An image whose file is gone is left out. `with_alt` reads what a rendition's `alt`
    needs along with it.
    """
    image_ids = {pk for pk in image_ids if pk}
    if not image_ids:
        return {}
    image_model = get_image_model()
    made = image_model.get_rendition_model().objects.filter(
        image_id__in=image_ids, filter_spec=spec
    )
    if with_alt:
        made = made.select_related("image")
    renditions = {rendition.image_id: rendition for rendition in made}
    missing = image_ids - renditions.keys()
    for image in image_model.objects.filter(pk__in=missing) if missing else ():
        rendition = make_rendition(image, spec)
        if rendition:
            renditions[image.pk] = rendition
    return renditions


def make_rendition(image, spec: str):
    """Return a rendition of an image, or None where its file cannot be read."""
    try:
        return image.get_rendition(spec)
    except OSError:
        return None
