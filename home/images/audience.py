"""Which image files are public: one folder for everyone and one for staff.

nginx serves the first by itself, so the folder decides. It holds the sizes that pages
show, of images outside private collections.
"""

from collections.abc import Callable, Iterable
from functools import wraps

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from wagtail import hooks
from wagtail.images import get_image_model

from home.content_version import bump_content_version
from home.images.pictures import FOR_ALL, PUBLIC_SPECS
from home.images.private_collections import (
    collection_privacy_changed,
    restricted_collections,
)

Image = get_image_model()
Rendition = Image.get_rendition_model()
FOR_STAFF = "staff_images/"


def in_folder_of_audience(get_upload_to: Callable) -> Callable:
    """Wrap Wagtail's choice of a path for a rendition."""

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
    """Delete the renditions of these images that are in the wrong folder.

    They are made again, in the right one, when they are next needed.
    """
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


@hooks.register("after_bulk_action")
def sync_images_added_to_collection(request, action_type, objects, action):
    """Handle images that were moved together, for which no signal is sent."""
    delete_misplaced([each.pk for each in objects if isinstance(each, Image)])


@receiver(collection_privacy_changed)
def sync_collection_privacy(sender, path: str, **kwargs) -> None:
    images = Image.objects.filter(collection__path__startswith=path)
    delete_misplaced(images.values("pk"))
