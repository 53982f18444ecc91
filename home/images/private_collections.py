from django.db.models import Q
from wagtail.models import Collection, CollectionViewRestriction


def restricted_collections() -> set[int]:
    """Return the ids of the collections that are private, or inside a private one."""
    restrictions = CollectionViewRestriction.objects.select_related("collection")
    conditions = Q(pk=None)
    for restriction in restrictions:
        conditions |= Q(path__startswith=restriction.collection.path)
    return set(Collection.objects.filter(conditions).values_list("pk", flat=True))
