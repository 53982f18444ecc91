"""Which collections are private, and a signal for all who follow that."""

from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver
from wagtail.models import Collection, CollectionViewRestriction

# Sent with the `path` of a collection that may have become private or public, with all
# below it.
collection_privacy_changed = Signal()


def restricted_collections() -> set[int]:
    """Return the ids of the collections that are private, or inside a private one."""
    restrictions = CollectionViewRestriction.objects.order_by()
    paths = restrictions.values_list("collection__path", flat=True)
    below = [Q(path__startswith=path) for path in paths]
    if not below:
        return set()
    restricted = Collection.objects.filter(Q.create(below, connector=Q.OR))
    return set(restricted.values_list("pk", flat=True))


@receiver([post_save, post_delete], sender=CollectionViewRestriction)
def follow_restriction(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        _send(instance.collection_id)


@receiver(post_save, sender=Collection)
def follow_moved_collection(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        # Wagtail moves a collection after it has saved it.
        transaction.on_commit(lambda: _send(instance.pk), robust=True)


def _send(pk: int) -> None:
    for path in Collection.objects.filter(pk=pk).values_list("path", flat=True):
        collection_privacy_changed.send(Collection, path=path)
