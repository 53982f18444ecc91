"""Editors look up and export the alert history in the admin (A8)."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from openpyxl import load_workbook

from community.models import AlertHistoryEntry
from tests.community.alerts.test_history import at, change, clock, publish
from tests.factories import StandardPageFactory


def text_of(response):
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.select_one("main").get_text(" ").split())


@pytest.fixture
def ask(admin_client):
    def get(**query):
        return text_of(admin_client.get(reverse("alert_history_report"), query))

    return get


@pytest.fixture
def floods(section):
    alert = publish("9:30", section, heading="Floods in Yarm")
    change(alert, "15:00", heading="Floods over", ends_at="16:00")
    return alert


def test_history_says_what_a_page_showed_at_a_time(floods, ask):
    worst = {"heading": "Everywhere", "severity": 40, "text": "<p>Stay <b>in</b>.</p>"}
    publish("8:00", starts="8:00", **worst)
    text = ask(at="03/03/2026 14:05", address="/stronger-communities/yarm/")
    assert (
        "Between 14:05:00 and 14:05:59 GMT on 3 March 2026, the page "
        "/stronger-communities/yarm/ showed 2 alerts." in text
    )
    assert text.index("Everywhere") < text.index("Floods in Yarm")
    assert "09:30:00 GMT on 3 March 2026 15:00:00 GMT on 3 March 2026" in text
    assert "Stay in." in text
    assert "Stronger communities (/stronger-communities/) and every page below" in text
    assert "On every page" in text
    assert "The system" in text
    assert "Floods over" not in text
    text = ask(at="03/03/2026 14:05", address="/", words="floods")
    assert "the page / showed no alerts containing 'floods'." in text
    text = ask(at="03/03/2026 15:30")
    assert (
        "Between 15:30:00 and 15:30:59 GMT on 3 March 2026, the site showed 2 alerts."
        in text
    )
    assert "Floods over" in text


def test_answer_follows_the_address_that_people_saw(home, section, ask):
    page = StandardPageFactory(parent=section, slug="before")
    publish("8:00", page, heading="Here")
    with at("12:00"):
        page.move(home, pos="last-child")
        page.refresh_from_db()
        page.slug = "after"
        page.save()
    old, new = "http://localhost/stronger-communities/before?x=1", "/after/"
    for time, addresses in (("11:00", (old, new)), ("13:00", (new, old))):
        shown, other = [ask(at=f"03/03/2026 {time}", address=a) for a in addresses]
        assert "showed 1 alert." in shown
        assert "showed no alerts." in other


def test_time_means_all_that_was_shown_in_what_was_typed(home, ask):
    alert = publish("9:30", heading="Floods in Yarm")
    with time_machine.travel(clock("12:07") + timedelta(seconds=36), tick=False):
        alert.heading = "Floods over"
        alert.save()
    minute = ask(at="03/03/2026 12:07")
    assert "showed 1 alert." in minute
    assert "09:30:00 GMT on 3 March 2026 12:07:36 GMT on 3 March 2026" in minute
    assert "12:07:36 GMT on 3 March 2026 17:00:00 GMT on 3 March 2026" in minute
    assert "Between 12:07:00 and 12:07:59 GMT on 3 March 2026" in minute
    second = ask(at="03/03/2026 12:07:36")
    assert "At 12:07:36 GMT on 3 March 2026, the site showed 1 alert." in second
    assert "Floods in Yarm" not in second
    assert "Floods over" not in ask(at="03/03/2026 12:07:35")


def test_address_alone_looks_up_now_and_nothing_lists_all_newest_first(floods, ask):
    with at("14:05"):
        text = ask(address="/stronger-communities/")
    assert "At 14:05:00 GMT on 3 March 2026, the page" in text
    assert "15:00:00 GMT on 3 March 2026 (planned)" in text
    publish("18:00", heading="Late buses")
    change(floods, "15:30", ends_at="15:30")
    text = ask()
    assert "Ended" in text
    assert text.index("Floods over") < text.index("Floods in Yarm")
    assert "showed" not in text
    text = ask(words="buses")
    assert "Late buses" in text
    assert "Floods" not in text


def test_question_that_cannot_be_read_is_explained(floods, ask):
    errors = [
        ({"at": "yesterday"}, "Enter a date and time, like"),
        ({"at": "31/02/2026 12:00"}, "Enter a date and time, like"),
        ({"at": "0001-01-01T00:00+23:00"}, "Enter a date and time, like"),
        ({"at": "9999-12-31T23:59-12:00"}, "Enter a date and time, like"),
        ({"at": "29/03/2026 01:30"}, "The clocks change that night"),
        ({"at": "25/10/2026 01:30"}, "The clocks change that night"),
        ({"address": "https://example.com/"}, "Enter an address on this website"),
        ({"address": "/" + "x" * 10_000}, "at most 2000 characters"),
    ]
    # Each half of the hour that comes twice can be asked about.
    for offset, zone in (("+01:00", "BST"), ("+00:00", "GMT")):
        asked = f"2026-10-25 01:30{offset}"
        assert f"Between 01:30:00 and 01:30:59 {zone} on 25 October 2026" in ask(
            at=asked
        )
    for query, error in errors:
        text = ask(**query)
        assert error in text
        # Nothing was looked up.
        for words in ("showed", "Floods", "no results"):
            assert words not in text


def test_nothing_in_the_address_breaks_the_history(floods, admin_client):
    for value in ("\0", "x" * 10_000, "//[", "٣"):
        for name in ("at", "address", "words", "p", "export"):
            response = admin_client.get(reverse("alert_history_report"), {name: value})
            assert response.status_code == 200


def download(client, kind, **query):
    address = reverse("alert_history_report")
    response = client.get(address, {**query, "export": kind})
    assert f"alert-history.{kind}" in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def rows_of_csv(client, **query):
    text = download(client, "csv", **query).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


def rows_of_xlsx(client, **query):
    sheet = load_workbook(BytesIO(download(client, "xlsx", **query))).active
    return list(sheet.iter_rows())


def test_whole_history_is_exported_with_exact_times(floods, admin_client):
    after, before = rows_of_csv(admin_client)
    assert before["Alert"] == "Floods in Yarm"
    assert before["Shown from"] == "2026-03-03 09:30:00+00:00"
    assert before["Shown until"] == "2026-03-03 15:00:00+00:00"
    assert after["Shown from"] == "2026-03-03 15:00:00+00:00"
    assert after["Shown until"] == "2026-03-03 16:00:00+00:00"
    assert after["Recorded"] == "2026-03-03 15:00:00+00:00"
    assert after["Alert ID"] == str(floods.pk)
    headings, *rows = rows_of_xlsx(admin_client)
    assert [cell.value for cell in headings] == list(after)
    assert [str(cell.value or "") for cell in rows[0]] == list(after.values())
    (row,) = rows_of_csv(admin_client, at="03/03/2026 14:05")
    assert row["Alert"] == "Floods in Yarm"


# Who may ask


def test_who_may_see_alerts_may_see_the_history(client, django_user_model, floods):
    officer = django_user_model.objects.create_user("officer")
    client.force_login(officer)
    address = reverse("alert_history_report")
    for codename, status in (("access_admin", 302), ("view_alertsnippet", 200)):
        officer.user_permissions.add(Permission.objects.get(codename=codename))
        assert client.get(address).status_code == status
        home = client.get(reverse("wagtailadmin_home")).content
        assert (b"alert-history" in home) == (status == 200)
    assert "Floods" in text_of(client.get(address))


def test_history_cannot_be_changed_by_a_form(floods, admin_client):
    response = admin_client.post(reverse("alert_history_report"), {"heading": "x"})
    assert response.status_code == 405
    assert not Permission.objects.filter(
        content_type__model=AlertHistoryEntry._meta.model_name
    ).exists()
