"""Alerts are shown where and when officers say, the worst first (A1 to A4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.utils import timezone

from community.alerts.visibility import get_alerts_from_now
from community.models import AlertScope
from community.models.alerts import Severity
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    StandardPageFactory,
)

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
PLACES = ("/", "/search/?query=bins", "/search/", "/nowhere/", "/cant-find-it/")


@pytest.fixture
def headings(client):
    def get(address):
        html = BeautifulSoup(client.get(address).content, "html.parser")
        texts = [h.get_text(strip=True) for h in html.select(".alert__heading")]
        return [text.partition(":")[2] for text in texts]

    return get


def alert_on(page, include_descendants=True, **values):
    alert = AlertFactory(scope="pages", **values)
    AlertScope.objects.create(
        alert=alert, page=page, include_descendants=include_descendants
    )
    return alert


def test_alert_is_shown_in_full(home, section, read):
    assert not read("/").select(".alerts")
    alert = AlertFactory(
        heading="No bin collections in Yarm",
        text="<p>Leave <b>bins</b> out.</p>",
        link_text="Which roads",
        link_page=section,
    )
    (shown,) = read("/").select(".alert")
    assert shown["data-severity"] == "disruption"
    assert shown.h2.get_text(strip=True) == f"Disruption:{alert.heading}"
    assert shown.p.get_text() == "Leave bins out."
    assert shown.find("a", string="Which roads")["href"] == section.url
    section.delete()
    assert not read("/").select(".alert a")


def test_worst_is_first_then_newest(home, headings):
    now = timezone.now()
    for hours, severity in ((3, 20), (1, 10), (2, 40), (1, 20), (1, 30)):
        starts_at = now - timedelta(hours=hours)
        heading = f"{Severity(severity).label} {hours}"
        AlertFactory(severity=severity, heading=heading, starts_at=starts_at)
    assert headings("/") == [
        "Emergency 2",
        "Notable death 1",
        "Disruption 1",
        "Disruption 3",
        "Information 1",
    ]


def test_alert_for_the_whole_site_is_shown_everywhere(section, headings):
    AlertFactory(heading="Floods")
    alert_on(section, heading="Closed")
    assert headings(section.url) == ["Closed", "Floods"]
    for place in PLACES:
        assert headings(place) == ["Floods"]


def test_alert_for_a_page_is_shown_below_if_chosen(section, headings):
    below = CommunityIndexPageFactory(parent=section)
    deep = StandardPageFactory(parent=below)
    alert = alert_on(section, heading="Closed")
    alert_on(below, include_descendants=False, heading="Here")
    # Where two choices apply, it is shown once.
    AlertScope.objects.create(alert=alert, page=below)
    assert headings(section.url) == ["Closed"]
    assert headings(below.url) == ["Here", "Closed"]
    assert headings(deep.url) == ["Closed"]


def test_alert_follows_the_tree(home, section, headings):
    page = CommunityIndexPageFactory(parent=section)
    below = StandardPageFactory(parent=page)
    other = StandardPageFactory(parent=home)
    alert_on(page, heading="Closed")
    page.move(home, "last-child")
    page.refresh_from_db()
    page.slug = "another-address"
    page.save()
    below.refresh_from_db()
    assert headings("/another-address/") == headings(below.url) == ["Closed"]
    assert headings(section.url) == headings(other.url) == []
    other.move(page, "last-child")
    other.refresh_from_db()
    assert headings(other.url) == ["Closed"]


def test_alert_starts_and_ends_to_the_second_without_a_job(home, headings):
    AlertFactory(heading="Closed", starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    for at, expected in (
        (NOON - SECOND, []),
        (NOON, ["Closed"]),
        (NOON + timedelta(hours=1) - SECOND, ["Closed"]),
        (NOON + timedelta(hours=1), []),
    ):
        with time_machine.travel(at, tick=False):
            assert headings("/") == expected


def test_alerts_take_one_query_whatever_their_number_and_the_depth(
    section, django_assert_num_queries
):
    page = section
    for _ in range(3):
        page = CommunityIndexPageFactory(parent=page)
        alert_on(section, link_page=section, link_text="More")
    with django_assert_num_queries(1):
        assert len(get_alerts_from_now(page, timezone.now())) == 3


def test_alerts_are_a_labelled_region_that_needs_no_script(home, read, client):
    payload = "<script>alert(1)</script>"
    AlertFactory(heading=payload, link_text=payload, link_url="https://example.com/")
    html = client.get("/").content.decode()
    assert payload not in html
    assert html.count("&lt;script&gt;alert(1)") >= 2
    (region,) = read("/").select(".alerts")
    assert region.name == "section"
    assert region["aria-label"] == "Alerts"
    assert region.has_attr("data-nosnippet")
    assert not region.has_attr("hidden")
    assert not region.select("[hidden], [style]")
    for element in (region, *region.find_all(True)):
        assert element.get("role") not in ("alert", "alertdialog", "status")
        assert not element.has_attr("aria-live")
