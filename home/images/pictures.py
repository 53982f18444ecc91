"""The sizes in which pages show images, made before visitors need them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from home.images.private_collections import restricted_collections
from home.images.renditions import FOCAL_POINT, focal_point_key, make_missing

WEBP = "format-webp|webpquality-75"
JPEG = "format-jpeg|jpegquality-75"
WIDE = (480, 960, 1440)
# The main column: beside the navigation on a large screen, else the whole width.
COLUMN = "(min-width: 78rem) 52rem, (min-width: 60rem) calc(100vw - 26rem), 100vw"


@dataclass(frozen=True)
class Shape:
    """A way to show images: the Wagtail filter specs of its formats and sizes.

    `sizes` is the width at which browsers show it, as in the style sheets.
    """

    fallback: str
    webp: tuple[str, ...] = ()
    sizes: str = ""

    @property
    def specs(self) -> tuple[str, ...]:
        """All specs. The fallback is made last: if it exists, so do the others."""
        return (*self.webp, self.fallback)


CARD = Shape(
    webp=(f"fill-320x180|{WEBP}", f"fill-640x360|{WEBP}"),
    fallback=f"fill-640x360|{JPEG}",
    sizes="(min-width: 34rem) 24rem, 14rem",
)
BANNER = Shape(
    webp=tuple(f"fill-{width}x{width // 2}|{WEBP}" for width in WIDE),
    fallback=f"fill-960x480|{JPEG}",
    sizes=COLUMN,
)
BODY = Shape(
    webp=tuple(f"width-{width}|{WEBP}" for width in WIDE),
    fallback=f"width-960|{JPEG}",
    sizes=COLUMN,
)
SOCIAL = Shape(fallback=f"fill-1200x630|{JPEG}")
LOGO = Shape(fallback="max-240x120|format-png")

SECONDS_BETWEEN_ATTEMPTS = 60 * 60

# Wagtail would fall back on the title, which says little of what is to be seen.
AbstractImage.default_alt_text = property(lambda image: image.description)

# Any image may become the main image of a page, or be in a body.
LIBRARY_SHAPES = (CARD, BANNER, BODY, SOCIAL)
# The public folder; see `home.images.audience`.
FOR_ALL = "images/"
PUBLIC_SPECS = frozenset(
    spec for shape in (*LIBRARY_SHAPES, LOGO) for spec in shape.specs
)


@dataclass(frozen=True)
class Picture:
    """An image in one shape, ready for a template."""

    url: str
    width: int
    height: int
    alt: str
    webp_srcset: str = ""
    sizes: str = ""


def get_pictures(image_ids: Iterable[int | None], shape: Shape) -> dict[int, Picture]:
    """Return the picture of each image in a shape, with one query for all.

    Missing renditions are made now, as a last resort. Images whose file is lost or that
    are in a private collection are left out.
    """
    return get_pictures_in_shapes(image_ids, shape)[shape]


def get_pictures_in_shapes(
    image_ids: Iterable[int | None], *shapes: Shape
) -> dict[Shape, dict[int, Picture]]:
    """Return what `get_pictures` does for each of several shapes."""
    image_ids = {pk for pk in image_ids if pk}
    if not image_ids:
        return {shape: {} for shape in shapes}
    pictures = _read(image_ids, shapes)
    missing = {pk for found in pictures.values() for pk in image_ids - found.keys()}
    if missing:
        images = get_image_model().objects.filter(pk__in=missing)
        images = images.exclude(collection__in=restricted_collections())
        missing = set(images.values_list("pk", flat=True))
    # Do not try again for every visitor what cannot be made.
    missing = {pk for pk in missing if _is_first_attempt(pk, shapes)}
    if missing:
        make_shapes(missing, *shapes)
        pictures = _read(image_ids, shapes)
    return pictures


def _is_first_attempt(image_id: int, shapes: Collection[Shape]) -> bool:
    names = "-".join(str(hash(shape)) for shape in shapes)
    return cache.add(
        f"picture-tried-{image_id}-{names}", True, SECONDS_BETWEEN_ATTEMPTS
    )


def make_shapes(image_ids: Collection[int], *shapes: Shape) -> int:
    """Make the missing renditions of these images; return how many were made."""
    images = get_image_model().objects.filter(pk__in=image_ids)
    return make_missing(images, specs_of(shapes))


def make_shapes_after_commit(image_ids: Iterable[int | None], *shapes: Shape) -> None:
    """Make the missing renditions of these images after the transaction.

    Not before, because it takes seconds in which others would wait for the database.
    Failures are logged, and the first visitor's request tries again.
    """
    image_ids = {pk for pk in image_ids if pk}
    if image_ids:
        transaction.on_commit(lambda: make_shapes(image_ids, *shapes), robust=True)


def specs_of(shapes: Iterable[Shape]) -> list[str]:
    return [spec for shape in shapes for spec in shape.specs]


def _read(
    image_ids: set[int], shapes: Collection[Shape]
) -> dict[Shape, dict[int, Picture]]:
    """Read pictures as values: model instances take five times as long."""
    renditions = get_image_model().get_rendition_model().objects
    storage = renditions.model._meta.get_field("file").storage
    rows = renditions.filter(
        image_id__in=image_ids,
        filter_spec__in=specs_of(shapes),
        file__startswith=FOR_ALL,
    ).values_list(
        "image_id",
        "filter_spec",
        "focal_point_key",
        "file",
        "width",
        "height",
        "image__description",
        *(f"image__{field}" for field in FOCAL_POINT),
    )
    files = {}
    for pk, spec, key, name, width, height, alt, *focal_point in rows:
        # Wagtail keeps the sizes that were made for an earlier focal point.
        if key == focal_point_key(spec, *focal_point):
            files.setdefault(pk, {})[spec] = (storage.url(name), width, height, alt)
    return {
        shape: {
            pk: _in_shape(shape, made)
            for pk, made in files.items()
            if shape.fallback in made
        }
        for shape in shapes
    }


def _in_shape(shape: Shape, files: dict[str, tuple]) -> Picture:
    """Combine an image's files by spec: (address, width, height, alt text)."""
    # An image that is smaller than two sizes is the same in both.
    by_width = {files[spec][1]: files[spec][0] for spec in shape.webp if spec in files}
    srcset = ", ".join(f"{by_width[width]} {width}w" for width in sorted(by_width))
    return Picture(*files[shape.fallback], srcset, shape.sizes)
