"""Collections whose pictures and documents are not for everybody."""

from django.db.models import Q
from wagtail.models import Collection, CollectionViewRestriction


def restricted_collections() -> set[int]:
    """Return the ids of the collections whose files are not for everybody."""
    restrictions = CollectionViewRestriction.objects.select_related("collection")
    conditions = Q(pk=None)
    for restriction in restrictions:
        conditions |= Q(path__startswith=restriction.collection.path)
    return set(Collection.objects.filter(conditions).values_list("pk", flat=True))
