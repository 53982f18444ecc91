"""Makes all renditions of an image from one reading of the original.

Wagtail reads the original again for each size, which takes several seconds for a large
photograph. Here all are made from one reduced copy.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import copy
from functools import lru_cache
from types import SimpleNamespace

from django.db import IntegrityError
from django.db.models import QuerySet
from wagtail.images.image_operations import FillOperation, ImageTransform
from wagtail.images.models import AbstractImage, Filter
from willow.plugins.pillow import PillowImage

from home.content_version import bump_content_version
from home.images.private_collections import restricted_collections

logger = logging.getLogger(__name__)

FOCAL_POINT = FillOperation.vary_fields
# The largest rendition. The copy has at least twice as many pixels each way, so that
# no difference from the original is visible.
WIDEST, HIGHEST = 1440, 720


def make_missing(images: QuerySet, specs: Collection[str]) -> int:
    """Make the missing renditions of the images; return how many were made.

    Two queries if none is missing. Images in private collections and unreadable files
    are left out.
    """
    renditions = images.model.get_rendition_model().objects.filter(
        image__in=images, filter_spec__in=specs
    )
    existing = set(renditions.values_list("image_id", "filter_spec", "focal_point_key"))
    restricted, made = None, 0
    for image in images:
        focal_point = [getattr(image, field) for field in FOCAL_POINT]
        missing = [
            spec
            for spec in specs
            if (image.pk, spec, focal_point_key(spec, *focal_point)) not in existing
        ]
        if missing and restricted is None:
            restricted = restricted_collections()
        if missing and image.collection_id not in restricted:
            made += _make(image, missing)
    if made:
        # A page may have been cached without them meanwhile.
        bump_content_version()
    return made


@lru_cache(maxsize=4096)
def focal_point_key(spec: str, *focal_point: int | None) -> str:
    """Return the key of renditions made for this focal point."""
    image = SimpleNamespace(**dict(zip(FOCAL_POINT, focal_point, strict=True)))
    return Filter(spec).get_cache_key(image)


def _make(image: AbstractImage, specs: Collection[str]) -> int:
    try:
        reduced = _ReducedCopy(image)
    except Exception as error:  # for a broken file each format has errors of its own
        logger.warning("The file of image %s cannot be read: %s", image.pk, error)
        return 0
    made = 0
    for spec in specs:
        try:
            image.create_rendition(_ReducedFilter(spec, reduced))
            made += 1
        except (OSError, ValueError, IntegrityError) as error:
            # It is too long for the format, say, or the image was deleted meanwhile.
            logger.warning("Image %s has no %s: %s", image.pk, spec, error)
    return made


class _ReducedCopy:
    """An open image, not much larger than its largest rendition."""

    def __init__(self, image: AbstractImage):
        with image.get_willow_image() as original:
            drawing = original.get_pillow_image()
            if drawing.mode == "CMYK":
                drawing = original.transform_colorspace_to_srgb().get_pillow_image()
        if drawing.mode.startswith("I"):
            # 16 bits of grey; converting would cut them off and not scale them.
            drawing = drawing.point(lambda value: value * (1 / 256)).convert("L")
        if drawing.has_transparency_data:
            drawing = drawing.convert("RGBA")
        elif drawing.mode not in {"L", "RGB"}:
            drawing = drawing.convert("RGB")
        width, height = drawing.size
        factor = max(1, min(width // (2 * WIDEST), height // (2 * HIGHEST)))
        if factor > 1:
            drawing = drawing.reduce(factor)
        self.willow = PillowImage(drawing)
        # Wagtail asks for it, but each of our specs names a format of its own.
        self.willow.format_name = "png"
        self.image = copy(image)
        for field in FOCAL_POINT:
            value = getattr(image, field)
            setattr(self.image, field, None if value is None else value / factor)


class _ReducedFilter(Filter):
    """A Wagtail filter that starts from a reduced copy of the image."""

    def __init__(self, spec: str, reduced: _ReducedCopy):
        super().__init__(spec)
        self.reduced = reduced

    @contextmanager
    def get_willow_image(self, image, source=None) -> Iterator[PillowImage]:
        yield self.reduced.willow

    def get_transform(self, image, size=None) -> ImageTransform:
        return super().get_transform(self.reduced.image, size)
