"""The sizes in which pages show images, made before visitors need them.

nginx serves the public folder by itself. It holds the sizes that pages show, of images
outside private collections; all others are in a folder for staff.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import product

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver
from wagtail import hooks
from wagtail.images import get_image_model
from wagtail.images.image_operations import FillOperation, ImageTransform
from wagtail.images.models import AbstractImage, AbstractRendition, Filter
from wagtail.models import Collection as FileCollection
from wagtail.models import CollectionViewRestriction
from willow.plugins.pillow import PillowImage

from home.content_version import bump_content_version, only_internal_fields

logger = logging.getLogger(__name__)

Image = get_image_model()
Rendition = Image.get_rendition_model()
# Wagtail would fall back on the title, which says little of what is to be seen.
AbstractImage.default_alt_text = property(lambda image: image.description)

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
# Any image may become the main image of a page, or be in a body.
LIBRARY_SHAPES = (CARD, BANNER, BODY, SOCIAL)


def specs_of(shapes: Iterable[Shape]) -> list[str]:
    return [spec for shape in shapes for spec in shape.specs]


# Reads each spec once.
get_filter = lru_cache(Filter)
PUBLIC_SPECS = frozenset(specs_of([*LIBRARY_SHAPES, LOGO]))
FOR_ALL, FOR_STAFF = "images/", "staff_images/"
FOCAL_POINT = FillOperation.vary_fields
# The largest rendition. The copy has at least twice as many pixels each way, so that
# no difference from the original is visible.
WIDEST, HIGHEST = 1440, 720
SECONDS_BETWEEN_ATTEMPTS = 60 * 60

# Sent with the `path` of a collection that may have become private or public, with all
# below it.
collection_privacy_changed = Signal()


@dataclass(frozen=True)
class Picture:
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
    image_ids = {pk for pk in image_ids if pk}
    if not image_ids:
        return {shape: {} for shape in shapes}
    pictures = _read(image_ids, shapes)
    missing = {pk for found in pictures.values() for pk in image_ids - found.keys()}
    if missing:
        images = Image.objects.filter(pk__in=missing)
        public = images.exclude(collection__in=restricted_collections())
        names = "-".join(shape.fallback for shape in shapes)
        # Do not try again for every visitor what cannot be made.
        first_attempts = [
            pk
            for pk in public.values_list("pk", flat=True)
            if cache.add(f"picture-tried-{pk}-{names}", True, SECONDS_BETWEEN_ATTEMPTS)
        ]
        if first_attempts:
            make_shapes(first_attempts, *shapes)
            pictures = _read(image_ids, shapes)
    return pictures


def _read(
    image_ids: set[int], shapes: Collection[Shape]
) -> dict[Shape, dict[int, Picture]]:
    renditions = Rendition.objects.filter(
        image__in=image_ids,
        filter_spec__in=specs_of(shapes),
        file__startswith=FOR_ALL,
    )
    files = defaultdict(dict)
    for each in renditions.select_related("image"):
        key = get_filter(each.filter_spec).get_cache_key(each.image)
        # Wagtail keeps the sizes that were made for an earlier focal point.
        if each.focal_point_key == key:
            files[each.image_id][each.filter_spec] = each
    return {
        shape: {
            pk: _in_shape(shape, made)
            for pk, made in files.items()
            if shape.fallback in made
        }
        for shape in shapes
    }


def _in_shape(shape: Shape, files: dict[str, AbstractRendition]) -> Picture:
    webp = (files[spec] for spec in shape.webp if spec in files)
    # An image that is smaller than two sizes is the same in both.
    by_width = {each.width: each.url for each in webp}
    srcset = ", ".join(f"{by_width[width]} {width}w" for width in sorted(by_width))
    shown = files[shape.fallback]
    alt = shown.image.description
    return Picture(shown.url, shown.width, shown.height, alt, srcset, shape.sizes)


def make_shapes_after_commit(image_ids: Iterable[int | None], *shapes: Shape) -> None:
    """Make the missing renditions of these images after the transaction.

    Not before, because it takes seconds in which others would wait for the database.
    Failures are logged, and the first visitor's request tries again.
    """
    image_ids = {pk for pk in image_ids if pk}
    if image_ids:
        transaction.on_commit(lambda: make_shapes(image_ids, *shapes), robust=True)


def make_shapes(image_ids: Iterable[int] | QuerySet, *shapes: Shape) -> int:
    """Make what is missing, except of private images; return how many were made."""
    specs, missing = specs_of(shapes), defaultdict(list)
    renditions = Rendition.objects.filter(image__in=image_ids, filter_spec__in=specs)
    existing = set(renditions.values_list("image_id", "filter_spec", "focal_point_key"))
    for image, spec in product(Image.objects.filter(pk__in=image_ids), specs):
        if (image.pk, spec, get_filter(spec).get_cache_key(image)) not in existing:
            missing[image].append(spec)
    restricted = restricted_collections() if missing else set()
    made = sum(
        _make(image, specs)
        for image, specs in missing.items()
        if image.collection_id not in restricted
    )
    if made:
        # A page may have been cached without them meanwhile.
        bump_content_version()
    return made


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
    """An open image, reduced: Wagtail would read the original again for each size."""

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
    def __init__(self, spec: str, reduced: _ReducedCopy):
        super().__init__(spec)
        self.reduced = reduced

    @contextmanager
    def get_willow_image(self, image, source=None) -> Iterator[PillowImage]:
        yield self.reduced.willow

    def get_transform(self, image, size=None) -> ImageTransform:
        return super().get_transform(self.reduced.image, size)


def restricted_collections() -> set[int]:
    restrictions = CollectionViewRestriction.objects.order_by()
    paths = restrictions.values_list("collection__path", flat=True)
    below = [Q(path__startswith=path) for path in paths]
    if not below:
        return set()
    restricted = FileCollection.objects.filter(Q.create(below, connector=Q.OR))
    return set(restricted.values_list("pk", flat=True))


def in_folder_of_audience(get_upload_to: Callable) -> Callable:
    @wraps(get_upload_to)
    def wrapped(rendition, filename: str) -> str:
        path = get_upload_to(rendition, filename)
        is_public = (
            rendition.filter_spec in PUBLIC_SPECS
            and rendition.image.collection_id not in restricted_collections()
        )
        return path if is_public else path.replace(FOR_ALL, FOR_STAFF, 1)

    return wrapped


Rendition.get_upload_to = in_folder_of_audience(Rendition.get_upload_to)


def delete_misplaced(image_ids: Iterable[int] | QuerySet) -> None:
    """Delete renditions in the wrong folder; they are made again when needed."""
    is_private = Q(image__collection__in=restricted_collections())
    misplaced = Rendition.objects.filter(
        Q(is_private, file__startswith=FOR_ALL)
        | Q(~is_private, file__startswith=FOR_STAFF, filter_spec__in=PUBLIC_SPECS),
        image__in=image_ids,
    )
    if misplaced.exists():
        with transaction.atomic():
            bump_content_version(is_removal=True)
            misplaced.delete()


@receiver(post_save, sender=Image)
def sync_renditions(sender, instance, raw=False, update_fields=None, **kwargs):
    if not raw and not only_internal_fields(update_fields):
        delete_misplaced([instance.pk])
        make_shapes_after_commit([instance.pk], *LIBRARY_SHAPES)


@hooks.register("after_bulk_action")
def sync_images_added_to_collection(request, action_type, objects, action):
    """Handle images that were moved together, for which no signal is sent."""
    delete_misplaced([each.pk for each in objects if isinstance(each, Image)])


@receiver([post_save, post_delete], sender=CollectionViewRestriction)
def follow_restriction(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        _follow_privacy(instance.collection_id)


@receiver(post_save, sender=FileCollection)
def follow_moved_collection(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        # Wagtail moves a collection after it has saved it.
        transaction.on_commit(lambda: _follow_privacy(instance.pk), robust=True)


def _follow_privacy(pk: int) -> None:
    for path in FileCollection.objects.filter(pk=pk).values_list("path", flat=True):
        images = Image.objects.filter(collection__path__startswith=path)
        delete_misplaced(images.values("pk"))
        collection_privacy_changed.send(FileCollection, path=path)
