"""Enquiries as a spreadsheet: what the list shows, as text, without addresses."""

import csv
from io import BytesIO, StringIO

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from tests.factories import EnquiryFactory

LIST = reverse("search_enquiry_modeladmin_index")


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


def test_all_of_an_enquiry_is_exported(admin_client, admin_user):
    received = EnquiryFactory(
        message="Two\nlines",
        query="bins",
        from_path="/waste/",
        assigned_to=admin_user,
        answer="<p>Go to the <b>tip</b>.</p>",
        answered_at=timezone.now(),
        outcome="not_ours",
        belongs_to="NHS",
        status="closed",
    ).created_at
    (row,) = rows_of_csv(admin_client)
    assert row["Received"] == f"{timezone.localtime(received):%Y-%m-%d %H:%M}"
    assert (row["Looking for"], row["Answer"]) == ("Two\nlines", "Go to the tip.")
    assert (row["Status"], row["Times sent"]) == ("Closed", "1")
    assert (row["Assigned to"], row["Responsible organisation"]) == ("admin", "NHS")
    assert row["Email sent"] == ""
    headings, cells = rows_of_xlsx(admin_client)
    assert [cell.value for cell in headings] == list(row)
    assert [str(cell.value or "") for cell in cells] == list(row.values())


def test_export_has_what_the_list_shows(admin_client):
    EnquiryFactory.create_batch(51, message="A bin")
    lid = EnquiryFactory(message="A lid", status="closed").reference
    assert len(rows_of_csv(admin_client)) == 52
    for query in ({"q": "lid"}, {"status__exact": "closed"}):
        assert [row["Reference"] for row in rows_of_csv(admin_client, **query)] == [lid]
        assert rows_of_xlsx(admin_client, **query)[1][0].value == lid
    assert rows_of_csv(admin_client, q="nothing") == []


def test_addresses_of_residents_stay_here(admin_client):
    EnquiryFactory(email="resident@example.org")
    assert b"resident" not in download(admin_client, "csv")
    values = [cell.value for row in rows_of_xlsx(admin_client) for cell in row]
    assert "resident@example.org" not in values


def test_export_asks_as_often_for_many_as_for_one(admin_client, django_user_model):
    EnquiryFactory()
    download(admin_client, "csv")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            download(admin_client, "csv")
        return len(captured)

    with_one = queries()
    for name in ("ann", "bob", "cat"):
        user = django_user_model.objects.create_user(name)
        EnquiryFactory.create_batch(10, assigned_to=user, closed_by=user)
    assert queries() == with_one


def test_only_those_who_may_read_them_export_them(client, django_user_model):
    EnquiryFactory()
    user = django_user_model.objects.create_user("staff_user")
    group = Group.objects.create(name="Some")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    client.force_login(user)
    for kind in ("csv", "xlsx"):
        response = client.get(LIST, {"export": kind})
        assert response["Location"] == reverse("wagtailadmin_home")
    group.permissions.add(Permission.objects.get(codename="view_enquiry"))
    # The user remembers what it may.
    client.force_login(django_user_model.objects.get(pk=user.pk))
    assert len(rows_of_csv(client)) == 1
