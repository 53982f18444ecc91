"""Staff read and close what residents sent; nobody adds to it or changes it."""

from datetime import UTC, datetime

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from search.enquiries.admin import EnquiryAdmin
from search.models import Enquiry
from tests.factories import EnquiryFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
urls = EnquiryAdmin().url_helper
CLOSE = "close_enquiry"


@pytest.fixture
def sign_in(client, django_user_model):
    """Return a function that signs somebody in who may do these things and no more."""

    def sign(*permissions):
        user = django_user_model.objects.create_user("officer", password="x")
        group = Group.objects.create(name="Some role")
        for codename in ("access_admin", *permissions):
            group.permissions.add(Permission.objects.get(codename=codename))
        user.groups.add(group)
        client.force_login(user)
        return user

    return sign


@pytest.fixture
def listed(admin_client):
    """Return a function that gives the references in the list, in its order."""

    def references(status=200, **parameters):
        response = admin_client.get(urls.index_url, parameters, follow=True)
        assert response.status_code == status
        html = BeautifulSoup(response.content, "html.parser")
        cells = html.select("tbody td:first-child")
        text = [cell.get_text(" ", strip=True).split()[0] for cell in cells]
        return [item for item in text if Enquiry.objects.filter(reference=item)]

    return references


def test_list_is_empty_before_the_first_enquiry(listed):
    assert listed() == []


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


@pytest.mark.parametrize("typed", ["\0", '5" pipe', "a" * 10_000, "%", "(", "\\"])
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


@pytest.mark.parametrize(
    "parameters",
    [
        {"foo": "bar"},
        {"foo__bar": "1", "utm_source": "mail"},
        {"closed_by__password__startswith": "a"},
        {"": ""},
        {"p": "-1"},
        {"p": "x"},
        {"p": "999999"},
        {"o": "99.-x"},
        {"e": "1"},
        {"status__foo": "x"},
        {"status__exact__exact": "x"},
        {"created_at__gte": "yesterday"},
        {"created_at__gte": "\0"},
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


def test_number_of_queries_does_not_grow_with_the_list(listed, admin_client):
    EnquiryFactory()
    listed()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(urls.index_url)
        return len(captured)

    with_one = queries()
    EnquiryFactory.create_batch(20)
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
        "purple lids",
        "/waste/",
        "resident@example.org",
    ):
        assert text in html


def test_closing_asks_first_and_records_who_and_when(admin_client, admin_user):
    enquiry = EnquiryFactory()
    address = reverse(CLOSE, args=[enquiry.pk])
    assert address in admin_client.get(urls.index_url).content.decode()
    assert enquiry.message in admin_client.get(address).content.decode()
    assert Enquiry.objects.get().is_open
    with time_machine.travel(NOON, tick=False):
        # Signing in anew, as the clock of the session stands elsewhere.
        admin_client.force_login(admin_user)
        response = admin_client.post(address)
    assert response["Location"] == urls.index_url
    closed = Enquiry.objects.get()
    assert (closed.is_open, closed.closed_at, closed.closed_by) == (
        False,
        NOON,
        admin_user,
    )


def test_closing_twice_keeps_the_first_name_and_time(
    admin_client, admin_user, django_user_model
):
    other = django_user_model.objects.create_superuser("other", password="x")
    enquiry = EnquiryFactory(status="closed", closed_at=NOON, closed_by=other)
    address = reverse(CLOSE, args=[enquiry.pk])
    assert admin_client.post(address).status_code == 302
    assert admin_client.post(address).status_code == 302
    enquiry.refresh_from_db()
    assert (enquiry.closed_by, enquiry.closed_at) == (other, NOON)


def test_closed_enquiry_offers_no_button_to_close_it(admin_client):
    enquiry = EnquiryFactory(status="closed")
    address = reverse(CLOSE, args=[enquiry.pk])
    assert address not in admin_client.get(urls.index_url).content.decode()


def test_looking_never_closes(admin_client):
    enquiry = EnquiryFactory()
    address = reverse(CLOSE, args=[enquiry.pk])
    for method in (admin_client.get, admin_client.head, admin_client.options):
        method(address)
    assert Enquiry.objects.get().is_open


def test_enquiry_that_does_not_exist_is_not_found(admin_client):
    for pk in (0, 999_999, 10**30):
        assert admin_client.post(reverse(CLOSE, args=[pk])).status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client, db):
    enquiry = EnquiryFactory(message="A secret bin")
    for address in (urls.index_url, reverse(CLOSE, args=[enquiry.pk])):
        for method in (client.get, client.post):
            response = method(address)
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("account_login"))
    assert Enquiry.objects.get().is_open


def is_refused(response):
    """Say if the admin sends somebody away, as it does: back to its home page."""
    return response.status_code == 403 or (
        response.status_code == 302
        and response["Location"] == reverse("wagtailadmin_home")
    )


def test_editor_without_the_permission_neither_sees_nor_closes(sign_in, client):
    sign_in()
    enquiry = EnquiryFactory()
    for address in (
        urls.index_url,
        urls.get_action_url("inspect", enquiry.pk),
        reverse(CLOSE, args=[enquiry.pk]),
    ):
        assert is_refused(client.get(address)), address
        assert is_refused(client.post(address)), address
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert urls.index_url not in home
    assert Enquiry.objects.get().is_open


def test_who_may_only_look_cannot_close(sign_in, client):
    sign_in("view_enquiry")
    enquiry = EnquiryFactory()
    close = reverse(CLOSE, args=[enquiry.pk])
    html = client.get(urls.index_url)
    assert enquiry.reference in html.content.decode()
    assert close not in html.content.decode()
    inspect = client.get(urls.get_action_url("inspect", enquiry.pk))
    assert enquiry.message in inspect.content.decode()
    assert is_refused(client.get(close))
    assert is_refused(client.post(close))
    assert Enquiry.objects.get().is_open


def test_who_may_change_enquiries_closes_them(sign_in, client):
    user = sign_in("view_enquiry", "change_enquiry")
    enquiry = EnquiryFactory()
    assert client.post(reverse(CLOSE, args=[enquiry.pk])).status_code == 302
    enquiry.refresh_from_db()
    assert (enquiry.is_open, enquiry.closed_by) == (False, user)


def test_nobody_adds_or_edits_an_enquiry(admin_client):
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


def test_closing_needs_the_token(django_user_model, db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("a", password="x"))
    enquiry = EnquiryFactory()
    response = client.post(
        reverse(CLOSE, args=[enquiry.pk]), headers={"Origin": "http://testserver"}
    )
    assert response.status_code == 403
    assert Enquiry.objects.get().is_open
