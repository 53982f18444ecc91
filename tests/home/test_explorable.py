import pytest
from django.urls import reverse

from home.page_tree import explorable
from tests.factories import StandardPageFactory
from tests.stockton_cms.permissions.world import make_person

pytestmark = pytest.mark.usefixtures("admin_search")

DRAFT, PUBLISHED, OWN = "Leisure centre to close", "Leisure centres", "Draft of ours"
CHILDREN = "wagtailadmin_choose_page_child"


@pytest.fixture
def offered(client, home, section):
    """Return a function that reads all that the page chooser offers to someone."""
    draft = StandardPageFactory(parent=home, title=DRAFT, live=False)
    StandardPageFactory(parent=home, title=PUBLISHED)
    StandardPageFactory(parent=section, title=OWN, live=False)
    search = reverse("wagtailadmin_choose_page_search")
    chosen = reverse("wagtailadmin_choose_page_chosen_multiple")
    addresses = [
        *(reverse(CHILDREN, args=[page.pk]) for page in (home, section, draft)),
        f"{search}?q=leisure",
        f"{search}?q=draft",
        f"{chosen}?id={draft.pk}",
    ]
    assert "/login/" in client.get(addresses[0])["Location"]

    def read(kind):
        client.force_login(make_person(kind))
        return "".join(client.get(each).content.decode() for each in addresses)

    return read


def test_draft_is_offered_to_those_who_see_it(offered):
    for kind, drafts in {
        "author": {OWN},
        "moderator": {OWN},
        "alert publisher": set(),
        "enquiry handler": set(),
        "communications lead": {OWN, DRAFT},
        "administrator": {OWN, DRAFT},
    }.items():
        found = offered(kind)
        assert PUBLISHED in found
        assert {title for title in (OWN, DRAFT) if title in found} == drafts, kind


def test_without_our_view_every_draft_would_be_offered(offered, monkeypatch):
    monkeypatch.setattr(explorable, "CHOSEN_BY_ID", set())
    assert DRAFT in offered("author")


def test_page_that_is_not_there_is_not_found(admin_client, home):
    address = reverse("wagtailadmin_choose_page_chosen_multiple")
    for pk in ("999999", "9" * 30, "x", "²", "", "\0"):
        assert admin_client.get(address, {"id": pk}).status_code == 404


def test_chooser_opens_where_someone_works(client, home, section):
    address = reverse("wagtailadmin_choose_page")
    for kind, start in (("author", section), ("administrator", home.get_parent())):
        client.force_login(make_person(kind))
        for query in ({}, {"page_type": "wagtailcore.page"}):
            answer = client.get(address, query).json()
            assert answer["parent_page_id"] == start.pk
