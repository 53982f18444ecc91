"""Staff list and read enquiries, and cannot add or change them."""

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from search.feedback.enquiries.admin import EnquiryAdmin
from search.models import Enquiry
from tests.factories import EnquiryFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
urls = EnquiryAdmin().url_helper
CLOSE = "close_enquiry"


@pytest.fixture
def sign_in(client, django_user_model):

    def sign(*permissions):
        user = django_user_model.objects.create_user("staff_user", password="x")
        group = Group.objects.create(name="Some role")
        for codename in ("access_admin", *permissions):
            group.permissions.add(Permission.objects.get(codename=codename))
        user.groups.add(group)
        client.force_login(user)
        return user

    return sign


@pytest.fixture
def listed(admin_client):

    def references(status=200, **parameters):
        response = admin_client.get(urls.index_url, parameters, follow=True)
        assert response.status_code == status
        html = BeautifulSoup(response.content, "html.parser")
        cells = html.select("tbody td:first-child")
        text = [cell.get_text(" ", strip=True).split()[0] for cell in cells]
        return [item for item in text if Enquiry.objects.filter(reference=item)]

    return references


def test_newest_enquiry_comes_first(listed):
    made = [EnquiryFactory().reference for _ in range(3)]
    assert listed() == made[::-1]


def test_list_shows_the_beginning_of_a_message_escaped(admin_client):
    EnquiryFactory(message="<script>alert(1)</script>" + "x" * 4_000)
    html = admin_client.get(urls.index_url).content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "x" * 100 not in html


def test_search_box_finds_by_reference_message_and_query(listed):
    other = EnquiryFactory(message="Something else")
    bins = EnquiryFactory(message="Where are bins?", query="purple lids")
    assert listed(q="bins") == [bins.reference]
    assert listed(q="purple") == [bins.reference]
    assert listed(q=other.reference) == [other.reference]
    assert listed(q="nobody wrote this") == []


def test_search_box_does_not_look_at_addresses_of_residents(listed):
    """They would end up in URLs and logs."""
    EnquiryFactory(email="resident@example.org")
    assert listed(q="resident") == []


@pytest.mark.parametrize("typed", ["\0", '5" pipe', "a" * 10_000, "a " * 5_000])
def test_search_box_bears_whatever_is_typed(listed, typed):
    EnquiryFactory()
    listed(q=typed)


def test_filters_keep_what_they_name(listed):
    still_open = EnquiryFactory()
    closed = EnquiryFactory(status="closed")
    assert listed(status__exact="open") == [still_open.reference]
    assert listed(status__exact="closed") == [closed.reference]
    day = Enquiry.objects.get(pk=closed.pk).created_at.replace(hour=0, minute=0)
    assert len(listed(created_at__gte=day.strftime("%Y-%m-%d 00:00:00+00:00"))) == 2
    assert listed(created_at__gte="2999-01-01 00:00:00+00:00") == []


def test_filter_by_who_deals_with_it(listed, admin_user, django_user_model):
    other = django_user_model.objects.create_user("gone", is_active=False)
    mine = EnquiryFactory(assigned_to=admin_user)
    unassigned = EnquiryFactory()
    others = EnquiryFactory(assigned_to=other)
    assert listed(assigned="me") == [mine.reference]
    assert listed(assigned="none") == [unassigned.reference]
    assert listed(assigned=other.pk) == [others.reference]
    for unknown in ("x", "-1", "99999", "", "None"):
        assert len(listed(assigned=unknown)) == 3


def test_filter_by_answer_and_outcome(listed):
    answered = {"answered_at": NOON, "email": "", "answer_sent_at": NOON}
    sent = EnquiryFactory(status="closed", outcome="found", **answered)
    unsent = EnquiryFactory(answered_at=NOON, email="resident@example.org")
    no_address = EnquiryFactory(answered_at=NOON)
    none = EnquiryFactory(email="resident@example.org")
    given = {sent.reference, unsent.reference, no_address.reference}
    assert listed(answer="none") == [none.reference]
    assert set(listed(answer="given")) == given
    assert listed(answer="unsent") == [unsent.reference]
    assert listed(outcome__exact="found") == [sent.reference]


@pytest.mark.parametrize(
    "parameters",
    [
        {"foo__bar": "1", "utm_source": "mail", "": "", "export": "pdf"},
        {"assigned_to__password__startswith": "a"},
        {"assigned__password__startswith": "a"},
        {"email__startswith": "a"},
        {"answer": "x"},
        {"o": "-.²"},
        {"p": "9" * 5_000},
        {"status__exact__exact": "x"},
        {"created_at__gte": "yesterday"},
        {"status__exact": "\0"},
        {"\0": "\0"},
    ],
)
def test_list_is_deaf_to_what_it_does_not_know(listed, parameters):
    reference = EnquiryFactory().reference
    assert listed(**parameters) == [reference]


def test_next_pages_of_the_list_hold_the_rest(listed):
    EnquiryFactory.create_batch(51)
    assert len(listed()) == 50
    assert len(listed(p=2)) == 1


def test_number_of_queries_does_not_grow_with_the_list(
    listed, admin_client, django_user_model
):
    EnquiryFactory()
    listed()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(urls.index_url)
        return len(captured)

    with_one = queries()
    for name in ("ann", "bob", "cat"):
        user = django_user_model.objects.create_user(name)
        EnquiryFactory.create_batch(10, assigned_to=user, closed_by=user)
    assert queries() == with_one


def test_inspecting_shows_all_that_the_resident_sent(admin_client):
    enquiry = EnquiryFactory(
        message="Where are <b>bins</b>?",
        query="purple lids",
        from_path="/waste/",
        email="resident@example.org",
    )
    address = urls.get_action_url("inspect", enquiry.pk)
    html = admin_client.get(address).content.decode()
    for text in (
        enquiry.reference,
        "Where are &lt;b&gt;bins",
        '<a href="/search/?query=purple+lids">purple lids</a>',
        '<a href="/waste/">/waste/</a>',
        "resident@example.org",
        "Not assigned",
    ):
        assert text in html


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "/\\evil.example", "javascript:alert(1)", "https://a.b/"],
)
def test_only_paths_of_this_site_become_links(path, admin_client):
    enquiry = EnquiryFactory(from_path=path)
    html = admin_client.get(urls.get_action_url("inspect", enquiry.pk)).content.decode()
    assert f'href="{path}"' not in html
    assert path in html


def test_inspecting_says_that_the_address_was_deleted(admin_client):
    enquiry = EnquiryFactory(answered_at=NOON, answer_sent_at=NOON)
    html = admin_client.get(urls.get_action_url("inspect", enquiry.pk)).content.decode()
    assert "Deleted after the answer was emailed on 1 June 2026, 13:00" in html


def test_history_is_shown_with_names_and_times(admin_client, admin_user):
    enquiry = EnquiryFactory()
    enquiry.do("reopened", admin_user, NOON)
    enquiry.actions.create(kind="emailed", at=NOON, note="Email sent")
    html = admin_client.get(urls.get_action_url("inspect", enquiry.pk)).content
    rows = BeautifulSoup(html, "html.parser").select("main table tbody tr")
    assert [row.get_text("|", strip=True) for row in rows] == [
        "1 June 2026, 13:00|admin|Reopened",
        "1 June 2026, 13:00|Automatic|Email sent",
    ]


def test_enquiry_that_is_gone_is_explained(admin_client, sign_in, client):
    address = urls.get_action_url("inspect", 10**17)
    response = admin_client.get(address)
    assert response.status_code == 404
    assert "This enquiry no longer exists" in response.content.decode()
    sign_in()
    assert is_refused(client.get(address))


@pytest.mark.parametrize("pk", ["x", "1_5F", "9" * 400])
@pytest.mark.parametrize("action", ["inspect", "delete"])
def test_address_without_a_number_is_not_found(pk, action, admin_client):
    address = f"{urls.index_url}{action}/{pk}/"
    assert admin_client.get(address).status_code == 404


def test_only_what_can_be_done_has_a_button(admin_client):
    enquiry = EnquiryFactory()
    page = urls.get_action_url("inspect", enquiry.pk)
    steps = [
        reverse(f"{name}_enquiry", args=[enquiry.pk])
        for name in ("answer", "assign", "close", "reopen")
    ]
    html = admin_client.get(page).content.decode()
    assert [step in html for step in steps] == [True, True, True, False]
    Enquiry.objects.update(status="closed")
    html = admin_client.get(page).content.decode()
    assert [step in html for step in steps] == [True, False, False, True]


def test_anonymous_users_are_redirected_to_sign_in(client, db):
    enquiry = EnquiryFactory(message="A secret bin")
    for address in (urls.index_url, reverse(CLOSE, args=[enquiry.pk])):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
        # What was typed is given back, with the way to sign in.
        assert client.post(address).status_code == 401
    assert Enquiry.objects.get().is_open


def is_refused(response):
    """Whether the admin redirected to its home page, as it does without permission."""
    return response.status_code == 403 or (
        response.status_code == 302
        and response["Location"] == reverse("wagtailadmin_home")
    )


def test_permission_to_delete_is_none_to_read(sign_in, client):
    sign_in("add_enquiry", "delete_enquiry")
    enquiry = EnquiryFactory()
    assert is_refused(client.get(urls.index_url))
    assert is_refused(client.get(urls.get_action_url("inspect", enquiry.pk)))


def test_enquiries_cannot_be_added_or_edited(admin_client):
    enquiry = EnquiryFactory(message="As it was")
    index = admin_client.get(urls.index_url).content.decode()
    for address in (
        urls.get_action_url("create"),
        urls.get_action_url("edit", enquiry.pk),
    ):
        assert address not in index
        assert is_refused(admin_client.get(address))
        assert is_refused(admin_client.post(address, {"message": "Changed"}))
    assert list(Enquiry.objects.values_list("message", flat=True)) == ["As it was"]
