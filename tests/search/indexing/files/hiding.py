"""What editors do after which a file may not be found, and how they undo it.

Each is a generator: its first step hides the file, its second shows it again.
"""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group
from wagtail.models import (
    Collection,
    CollectionViewRestriction,
    Page,
    PageViewRestriction,
)

from tests.factories import CommunityIndexPageFactory
from tests.search.indexing.files.offering import Document, block, offer


def fresh(page):
    return Page.objects.get(pk=page.pk).specific


def not_offered(page, plan):
    page.body = []
    page.save_revision().publish()
    yield
    page.body = block(plan)
    page.save_revision().publish()


def unpublished(page, plan):
    page.unpublish()
    yield
    fresh(page).save_revision().publish()


def restricted(page, kind, **values):
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, **values
    )
    if kind == "groups":
        restriction.groups.add(Group.objects.create(name="Members"))
    yield
    restriction.delete()


def private_by_login(page, plan):
    yield from restricted(page, "login")


def private_by_password(page, plan):
    yield from restricted(page, "password", password="open sesame")


def private_by_group(page, plan):
    yield from restricted(page, "groups")


def below_a_private_page(page, plan):
    yield from restricted(page.get_parent(), "login")


def expired(page, plan):
    page.expire_at = datetime.now(UTC) - timedelta(seconds=1)
    page.save()
    yield
    page.expire_at = None
    page.save()


def deleted_page(page, plan):
    parent = page.get_parent()
    page.delete()
    yield
    offer(plan, parent)


def deleted_section(page, plan):
    home = page.get_parent().get_parent()
    page.get_parent().specific.delete()
    yield
    offer(plan, Page.objects.get(pk=home.pk).specific)


def moved_below_a_private_page(page, plan):
    above = page.get_parent()
    home = above.get_parent().specific
    private = CommunityIndexPageFactory(parent=home, title="Members")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    page.move(private, pos="last-child")
    yield
    fresh(page).move(above, pos="last-child")


def restricted_collection(plan, kind, above=False):
    collection = plan.collection
    if not above:
        collection = new_collection()
        collect(plan, collection)
    values = {"password": "open sesame"} if kind == "password" else {}
    restriction = CollectionViewRestriction.objects.create(
        collection=collection, restriction_type=kind, **values
    )
    yield
    restriction.delete()


def new_collection(above=None, private=False):
    above = Collection.objects.get(pk=above.pk) if above else None
    collection = (above or Collection.get_first_root_node()).add_child(name="Papers")
    if private:
        CollectionViewRestriction.objects.create(
            collection=collection, restriction_type="login"
        )
    return collection


def collect(plan, collection):
    plan = Document.objects.get(pk=plan.pk)
    plan.collection = collection
    plan.save()


def collection_private_by_login(page, plan):
    yield from restricted_collection(plan, "login")


def collection_private_by_password(page, plan):
    yield from restricted_collection(plan, "password")


def collection_private_by_group(page, plan):
    yield from restricted_collection(plan, "groups")


def collection_above_private(page, plan):
    below = new_collection(new_collection())
    collect(plan, below)
    above = Collection.objects.get(pk=below.get_parent().pk)
    restriction = CollectionViewRestriction.objects.create(
        collection=above, restriction_type="login"
    )
    yield
    restriction.delete()


def moved_into_a_private_collection(page, plan):
    before = plan.collection
    collect(plan, new_collection(private=True))
    yield
    collect(plan, before)


def moved_below_a_private_collection(page, plan):
    before = plan.collection
    collect(plan, new_collection(new_collection(private=True)))
    yield
    collect(plan, before)


WAYS_TO_HIDE = [
    not_offered,
    unpublished,
    private_by_login,
    private_by_password,
    private_by_group,
    below_a_private_page,
    expired,
    deleted_page,
    deleted_section,
    moved_below_a_private_page,
    collection_private_by_login,
    collection_private_by_password,
    collection_private_by_group,
    collection_above_private,
    moved_into_a_private_collection,
    moved_below_a_private_collection,
]
