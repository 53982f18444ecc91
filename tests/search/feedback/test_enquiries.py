"""Staff list, read and export enquiries, and cannot add or change them."""

import csv
from io import BytesIO, StringIO

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from search.feedback.admin import EnquiryAdmin, enquiry_tasks
from search.models import Enquiry
from tests.factories import EnquiryFactory
from tests.search.feedback.conftest import NOON, page_of, parse

urls = EnquiryAdmin().url_helper
LIST = urls.index_url


@pytest.fixture
def listed(admin_client):

    def references(**parameters):
        response = admin_client.get(LIST, parameters, follow=True)
        assert response.status_code == 200
        html = parse(response)
        cells = html.select("tbody td:first-child")
        text = [cell.get_text(" ", strip=True).split()[0] for cell in cells]
        return [item for item in text if Enquiry.objects.filter(reference=item)]

    return references


def is_refused(response):
    """Whether the admin redirected to its home page, as it does without permission."""
    return response.status_code == 403 or (
        response.status_code == 302
        and response["Location"] == reverse("wagtailadmin_home")
    )


def test_list_has_the_newest_first_in_pages_of_fifty(listed, admin_client):
    made = [EnquiryFactory().reference for _ in range(50)]
    long = EnquiryFactory(message="<script>alert(1)</script>" + "x" * 4_000)
    assert listed() == [long.reference, *made[:0:-1]]
    assert listed(p=2) == made[:1]
    html = admin_client.get(LIST).content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "x" * 100 not in html


def test_search_box_finds_by_reference_message_and_query(listed):
    """Not by addresses of residents, which would end up in URLs and logs."""
    other = EnquiryFactory(message="Something else", email="resident@example.org")
    bins = EnquiryFactory(message="Where are bins?", query="purple lids")
    assert listed(q="bins") == listed(q="purple") == [bins.reference]
    for typed in (other.reference.lower(), other.reference.replace("-", "")):
        assert listed(q=typed) == [other.reference]
    assert listed(q="resident") == []
    for typed in ("\0", '5" pipe', "a" * 10_000, "a " * 5_000):
        listed(q=typed)


def test_filters_find_what_they_name(listed, admin_user, django_user_model):
    gone = django_user_model.objects.create_user("gone", is_active=False)
    answered = {"answered_at": NOON, "email": "", "answer_sent_at": NOON}
    sent = EnquiryFactory(status="closed", outcome="found", **answered)
    unsent = EnquiryFactory(
        answered_at=NOON, email="resident@example.org", assigned_to=admin_user
    )
    no_address = EnquiryFactory(answered_at=NOON, assigned_to=gone)
    none = EnquiryFactory(email="resident@example.org")
    assert listed(status__exact="closed") == [sent.reference]
    assert len(listed(status__exact="open")) == 3
    assert listed(assigned_to__id__exact=admin_user.pk) == [unsent.reference]
    assert listed(assigned_to__id__exact=gone.pk) == [no_address.reference]
    assert listed(assigned_to__isnull="True") == [none.reference, sent.reference]
    assert listed(answer="none") == [none.reference]
    assert len(listed(answer="given")) == 3
    assert listed(answer="unsent") == [unsent.reference]
    assert listed(outcome__exact="found") == [sent.reference]
    assert listed(created_at__gte="2999-01-01 00:00:00+00:00") == []
    assert len(listed(created_at__gte="2020-01-01 00:00:00+00:00")) == 4


def test_list_is_deaf_to_what_it_does_not_know(listed):
    reference = EnquiryFactory().reference
    for parameters in (
        {"foo__bar": "1", "utm_source": "mail", "": "", "export": "pdf"},
        {"assigned_to__password__startswith": "a"},
        {"assigned_to__id__exact": "x"},
        {"email__startswith": "a"},
        {"answer": "x"},
        {"o": "-.²"},
        {"p": "9" * 5_000},
        {"status__exact__exact": "x"},
        {"created_at__gte": "yesterday"},
        {"status__exact": "\0"},
        {"\0": "\0"},
    ):
        assert listed(**parameters) == [reference], parameters


def test_page_shows_all_that_the_resident_sent_and_staff_did(admin_client, admin_user):
    enquiry = EnquiryFactory(
        message="Where are <b>bins</b>?",
        query="purple lids",
        from_path="/waste/",
        email="resident@example.org",
    )
    enquiry.do("reopened", admin_user, NOON)
    enquiry.actions.create(kind="emailed", at=NOON, note="Email sent")
    html = admin_client.get(page_of(enquiry)).content.decode()
    for text in (
        enquiry.reference,
        "Where are &lt;b&gt;bins",
        '<a href="/search/?query=purple%20lids">purple lids</a>',
        '<a href="/waste/">/waste/</a>',
        "resident@example.org",
        "Not assigned",
    ):
        assert text in html
    rows = BeautifulSoup(html, "html.parser").select("main table tbody tr")
    assert [row.get_text("|", strip=True) for row in rows] == [
        "15 June 2026, 13:00|admin|Reopened",
        "15 June 2026, 13:00|Automatic|Email sent",
    ]
    # Only paths of this site become links.
    for path in ("//a.example/", "/\\a.b", "javascript:alert(1)", "https://a.b/"):
        page = page_of(EnquiryFactory(from_path=path))
        html = admin_client.get(page).content.decode()
        assert f'href="{path}"' not in html
        assert path in html


def test_enquiries_cannot_be_added_or_edited(admin_client):
    enquiry = EnquiryFactory(message="As it was")
    index = admin_client.get(LIST).content.decode()
    for address in (
        urls.get_action_url("create"),
        urls.get_action_url("edit", enquiry.pk),
    ):
        assert address not in index
        assert is_refused(admin_client.get(address))
        assert is_refused(admin_client.post(address, {"message": "Changed"}))
    assert list(Enquiry.objects.values_list("message", flat=True)) == ["As it was"]
    for action in ("inspect", "delete"):
        for pk in ("x", "1_5F", "9" * 400, 10**17):
            assert admin_client.get(f"{LIST}{action}/{pk}/").status_code == 404
    assert admin_client.post(f"{LIST}inspect/{10**17}/").status_code == 404


def download(client, kind, **query):
    response = client.get(LIST, {**query, "export": kind})
    assert f"enquiries.{kind}" in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def rows_of_csv(client, **query):
    text = download(client, "csv", **query).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


def rows_of_xlsx(client, **query):
    sheet = load_workbook(BytesIO(download(client, "xlsx", **query))).active
    return list(sheet.iter_rows())


def test_all_of_an_enquiry_but_the_address_is_exported(admin_client, admin_user):
    enquiry = EnquiryFactory(
        message="Two\nlines",
        email="resident@example.org",
        query="bins",
        from_path="/waste/",
        assigned_to=admin_user,
        answer="<p>Go to the <b>tip</b>.</p>",
        answered_at=timezone.now(),
        outcome="not_ours",
        belongs_to="NHS",
        status="closed",
    )
    received, reference = enquiry.created_at, enquiry.reference
    (row,) = rows_of_csv(admin_client)
    assert row["Received"] == f"{timezone.localtime(received):%Y-%m-%d %H:%M}"
    assert (row["Looking for"], row["Answer"]) == ("Two\nlines", "Go to the tip.")
    assert (row["Status"], row["Email sent"]) == ("Closed", "")
    assert (row["Assigned to"], row["Responsible organisation"]) == ("admin", "NHS")
    assert "resident" not in str(row)
    headings, cells = rows_of_xlsx(admin_client)
    assert [cell.value for cell in headings] == list(row)
    assert [str(cell.value or "") for cell in cells] == list(row.values())

    EnquiryFactory.create_batch(51, message="A bin")
    lid = EnquiryFactory(message="A lid").reference
    assert len(rows_of_csv(admin_client)) == 53
    for query, found in (({"q": "lid"}, lid), ({"status__exact": "closed"}, reference)):
        [row] = rows_of_csv(admin_client, **query)
        assert row["Reference"] == found
        assert rows_of_xlsx(admin_client, **query)[1][0].value == found
    assert rows_of_csv(admin_client, q="nothing") == []


@pytest.mark.parametrize("query", [{}, {"export": "csv"}])
def test_number_of_queries_does_not_grow(admin_client, django_user_model, query):

    def queries():
        with CaptureQueriesContext(connection) as captured:
            response = admin_client.get(LIST, query)
            list(response)
        return len(captured)

    def make(*names):
        for name in names:
            user = django_user_model.objects.create_user(name)
            EnquiryFactory.create_batch(10, assigned_to=user, closed_by=user)

    make("zoe")
    queries()
    with_few = queries()
    make("ann", "bob", "cat")
    assert queries() == with_few


def test_other_permissions_let_no_one_read(colleague, client):
    client.force_login(colleague("other", "add_enquiry", "delete_enquiry"))
    for address in (LIST, page_of(EnquiryFactory())):
        assert is_refused(client.get(address))
        assert is_refused(client.get(address, {"export": "csv"}))
    client.force_login(colleague("reader", "view_enquiry"))
    assert len(rows_of_csv(client)) == 1


def test_each_task_leads_to_its_enquiries(handler, client):
    EnquiryFactory(message="No one has it")
    EnquiryFactory(message="I have it", assigned_to=handler)
    EnquiryFactory(message="Done", assigned_to=handler, status="closed")
    found = {}
    for task in enquiry_tasks(handler, timezone.now()):
        rows = parse(client.get(task.href)).select("td.field-short_message")
        found[task.text] = [row.get_text(strip=True) for row in rows]
    assert found == {
        "1 enquiry is assigned to you": ["I have it"],
        "1 unassigned enquiry": ["No one has it"],
    }
