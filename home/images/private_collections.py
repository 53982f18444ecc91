from django.db.models import Q
from wagtail.models import Collection, CollectionViewRestriction


def restricted_collections() -> set[int]:
    """Return the ids of the collections that are private, or inside a private one."""
    restrictions = CollectionViewRestriction.objects.order_by()
    paths = restrictions.values_list("collection__path", flat=True)
    below = [Q(path__startswith=path) for path in paths]
    if not below:
        return set()
    restricted = Collection.objects.filter(Q.create(below, connector=Q.OR))
    return set(restricted.values_list("pk", flat=True))
