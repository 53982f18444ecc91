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


def published_with(page, **values):
    """Publish a page with these values, and then as it was."""
    page = fresh(page)
    before = {name: getattr(page, name) for name in values}
    for each in (values, before):
        for name, value in each.items():
            setattr(page, name, value)
        page.save_revision().publish()
        yield


def not_offered(page, plan):
    yield from published_with(page, body=[])


def unpublished(page, plan):
    fresh(page).unpublish()
    yield
    fresh(page).save_revision().publish()


def newer_draft(page, plan):
    """Publish the page without what it said, which is only in a draft from then on."""
    draft = fresh(page)
    plain = {"title": "Plain", "slug": f"plain-{page.pk}", "body": []}
    next(published_with(page, **dict.fromkeys(SAID, "") | plain))
    draft.save_revision()
    yield


def scheduled(page, plan):
    fresh(page).unpublish()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    yield from published_with(page, go_live_at=tomorrow)


def restricted(target, kind, model=PageViewRestriction, field="page"):
    restriction = model.objects.create(
        **{field: target}, restriction_type=kind, password="open sesame"
    )
    if kind == "groups":
        restriction.groups.add(Group.objects.get_or_create(name="Members")[0])
    yield
    restriction.delete()


def private_by_login(page, plan):
    yield from restricted(page, "login")


def private_by_password(page, plan):
    yield from restricted(page, "password")


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


def restricted_collection(collection, kind):
    yield from restricted(collection, kind, CollectionViewRestriction, "collection")


def new_collection(above=None, private=False):
    above = Collection.objects.get(pk=above.pk) if above else None
    collection = (above or Collection.get_first_root_node()).add_child(name="Papers")
    if private:
        next(restricted_collection(collection, "login"))
    return collection


def collect(plan, collection):
    plan = Document.objects.get(pk=plan.pk)
    plan.collection = collection
    plan.save()
    return collection


def collection_private_by_login(page, plan):
    yield from restricted_collection(collect(plan, new_collection()), "login")


def collection_private_by_password(page, plan):
    yield from restricted_collection(collect(plan, new_collection()), "password")


def collection_private_by_group(page, plan):
    yield from restricted_collection(collect(plan, new_collection()), "groups")


def collection_above_private(page, plan):
    above = new_collection()
    collect(plan, new_collection(above))
    yield from restricted_collection(above, "login")


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
