"""Who may have the files of pictures: one folder for everybody, and one for staff.

A server in front gives out the first by itself, so where a file lies says it all. There
lie the sizes that pages show, of pictures that no private collection holds.
"""

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail import hooks
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction

from home.content_version.counter import bump_content_version, only_internal_fields
from home.images.pictures import FOR_ALL, PUBLIC_SPECS
from home.images.private_collections import restricted_collections

Image = get_image_model()
Rendition = Image.get_rendition_model()
FOR_STAFF = "staff_images/"


def in_folder_of_audience(get_upload_to: Callable) -> Callable:
    """Wrap Wagtail's choice of a place for a size of a picture."""

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


def delete_misplaced(images: QuerySet) -> None:
    """Delete the sizes of these images that lie where they no longer may.

    They are made again, in their place, for the next who asks.
    """
    is_private = Q(image__collection__in=restricted_collections())
    misplaced = Rendition.objects.filter(
        Q(is_private, file__startswith=FOR_ALL)
        | Q(~is_private, file__startswith=FOR_STAFF, filter_spec__in=PUBLIC_SPECS),
        image__in=images,
    )
    if misplaced.exists():
        with transaction.atomic():
            bump_content_version(is_removal=True)
            misplaced.delete()


def _images_below(collection: Collection) -> QuerySet:
    return Image.objects.filter(collection__path__startswith=collection.path)


@receiver(post_save, sender=Image)
def follow_image(sender, instance, raw=False, update_fields=None, **kwargs) -> None:
    """Follow an image that was put into another collection."""
    if not raw and not only_internal_fields(update_fields):
        delete_misplaced(Image.objects.filter(pk=instance.pk))


@hooks.register("after_bulk_action")
def follow_images_put_into_a_collection(request, action_type, objects, action):
    """Follow images that were moved together, of which no signal tells."""
    ids = [each.pk for each in objects if isinstance(each, Image)]
    delete_misplaced(Image.objects.filter(pk__in=ids))


@receiver([post_save, post_delete], sender=CollectionViewRestriction)
def sync_visibility(sender, instance, raw=False, **kwargs) -> None:
    """Follow a collection that became private, or is so no longer."""
    if not raw:
        delete_misplaced(_images_below(instance.collection))


@receiver(post_save, sender=Collection)
def reindex_moved_page(sender, instance, raw=False, **kwargs) -> None:
    """Follow a collection that may have moved below a private one."""
    if not raw:
        # Wagtail moves a collection after it has saved it.
        transaction.on_commit(lambda: _follow_collection(instance.pk), robust=True)


def _follow_collection(pk: int) -> None:
    for collection in Collection.objects.filter(pk=pk):
        delete_misplaced(_images_below(collection))
