import pytest
from django.urls import reverse

from home.page_tree import explorable
from tests.factories import StandardPageFactory
from tests.stockton_cms.permissions.world import make_person

pytestmark = pytest.mark.usefixtures("admin_search")

DRAFT, PUBLISHED, OWN = "Leisure centre to close", "Leisure centres", "Draft of ours"


@pytest.fixture
def pages(home, section):
    draft = StandardPageFactory(parent=home, title=DRAFT, live=False)
    StandardPageFactory(parent=home, title=PUBLISHED)
    StandardPageFactory(parent=section, title=OWN, live=False)
    return draft


def offered(client, home, section, draft):
    found = ""
    for address in (
        reverse("wagtailadmin_choose_page_child", args=[home.pk]),
        reverse("wagtailadmin_choose_page_child", args=[section.pk]),
        reverse("wagtailadmin_choose_page_child", args=[draft.pk]),
        reverse("wagtailadmin_choose_page_search") + "?q=leisure",
        reverse("wagtailadmin_choose_page_search") + "?q=draft",
        reverse("wagtailadmin_choose_page_chosen_multiple") + f"?id={draft.pk}",
    ):
        found += client.get(address).content.decode()
    return found


@pytest.mark.parametrize(
    ("kind", "sees_own", "sees_draft"),
    [
        ("author", True, False),
        ("moderator", True, False),
        ("alert publisher", False, False),
        ("enquiry handler", False, False),
        ("communications lead", True, True),
        ("administrator", True, True),
    ],
)
def test_draft_is_offered_to_those_who_see_it(
    client, home, section, pages, kind, sees_own, sees_draft
):
    client.force_login(make_person(kind))
    found = offered(client, home, section, pages)
    assert PUBLISHED in found
    assert (OWN in found) == sees_own
    assert (DRAFT in found) == sees_draft


def test_without_our_view_every_draft_would_be_offered(
    client, home, section, pages, monkeypatch
):
    monkeypatch.setattr(explorable, "CHOSEN_BY_ID", set())
    client.force_login(make_person("author"))
    assert DRAFT in offered(client, home, section, pages)


def test_nobody_signed_in_is_sent_to_sign_in(client, home, pages):
    address = reverse("wagtailadmin_choose_page_child", args=[pages.pk])
    assert "/login/" in client.get(address)["Location"]


@pytest.mark.parametrize("pk", ["999999", "9" * 30, "x", "²", "", "\0"])
def test_page_that_is_not_there_is_not_found(admin_client, home, pk):
    address = reverse("wagtailadmin_choose_page_chosen_multiple")
    assert admin_client.get(address, {"id": pk}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "place"), [("author", "section"), ("administrator", "root")]
)
def test_chooser_opens_where_someone_works(client, home, section, kind, place):
    client.force_login(make_person(kind))
    start = {"section": section, "root": home.get_parent()}[place]
    address = reverse("wagtailadmin_choose_page")
    for query in ({}, {"page_type": "wagtailcore.page"}):
        answer = client.get(address, query).json()
        assert answer["parent_page_id"] == start.pk
