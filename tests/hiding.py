"""What editors do after which a page or a file may not be seen, and how they undo it.

Each is a generator: its first step hides it, its second shows it again.
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
from tests.search.indexing.files.offering import Document

SAID = ("title", "slug", "summary", "search_words", "body")


def fresh(page):
    return Page.objects.get(pk=page.pk).specific


def not_offered(page, plan):
    page = fresh(page)
    before, page.body = page.body, []
    page.save_revision().publish()
    yield
    page.body = before
    page.save_revision().publish()


def unpublished(page, plan):
    fresh(page).unpublish()
    yield
    fresh(page).save_revision().publish()


def newer_draft(page, plan):
    """Publish the page without what it said, which is only in a draft from then on."""
    page = fresh(page)
    said = {name: getattr(page, name) for name in SAID}
    plain = {**dict.fromkeys(SAID, ""), "title": "Plain", "body": []}
    for values in ({**plain, "slug": f"plain-{page.pk}"}, said):
        for name, value in values.items():
            setattr(page, name, value)
        revision = page.save_revision()
        if values is not said:
            revision.publish()
    yield


def scheduled(page, plan):
    fresh(page).unpublish()
    page = fresh(page)
    page.go_live_at = datetime.now(UTC) + timedelta(days=1)
    page.save_revision().publish()
    yield
    page.go_live_at = None
    page.save_revision().publish()


def restricted(page, kind, **values):
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, **values
    )
    if kind == "groups":
        restriction.groups.add(Group.objects.get_or_create(name="Members")[0])
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
    page = fresh(page)
    before, page.expire_at = page.expire_at, datetime.now(UTC) - timedelta(seconds=1)
    page.save()
    yield
    page.expire_at = before
    page.save()


def deleted(page, plan):
    fresh(page).delete()
    yield


def deleted_section(page, plan):
    page.get_parent().specific.delete()
    yield


def moved_below_a_private_page(page, plan):
    above = page.get_parent()
    home = page.get_ancestors().get(depth=2).specific
    private = CommunityIndexPageFactory(parent=home, title="Members")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    fresh(page).move(private, pos="last-child")
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


WAYS_TO_HIDE_PAGES = [
    unpublished,
    newer_draft,
    scheduled,
    expired,
    private_by_login,
    private_by_password,
    private_by_group,
    below_a_private_page,
    moved_below_a_private_page,
    deleted,
    deleted_section,
]
WITHOUT_A_WAY_BACK = {newer_draft, deleted, deleted_section}
WAYS_TO_HIDE_FILES = [
    not_offered,
    collection_private_by_login,
    collection_private_by_password,
    collection_private_by_group,
    collection_above_private,
    moved_into_a_private_collection,
    moved_below_a_private_collection,
]
