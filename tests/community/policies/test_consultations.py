"""Residents see what a consultation asks, how to respond, and what came of it (R9)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from community.models.policies import PolicyStatus
from tests.factories import PolicyUpdatePageFactory

OPENS = datetime(2027, 3, 1, 9, tzinfo=UTC)
# In London an hour later: summer time began on 28 March.
CLOSES = datetime(2027, 5, 31, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DATES = {"consultation_opens_at": OPENS, "consultation_closes_at": CLOSES}
ASKED = {
    "consultation_purpose": "Where should the new food bank be?",
    "respond_url": "https://surveys.example.org/food",
    "respond_email": "food@example.gov.uk",
    "respond_address": "Food team\nChurch Road",
}
OUTCOME = {
    "we_asked": "<p>Where it should be.</p>",
    "you_said": "<p>200 people said: near the station.</p>",
    "we_did": "<p>It opens in Bridge Road.</p>",
}


@pytest.fixture
def at(monkeypatch):
    def set_clock(time):
        monkeypatch.setattr(timezone, "now", lambda: time)

    return set_clock


@pytest.fixture
def policy(section):
    return PolicyUpdatePageFactory(
        parent=section, title="Food plan", slug="food", **DATES, **ASKED
    )


def test_page_listing_and_search_follow_the_consultation_to_the_second(
    policy, read, at
):
    # People can respond to the end, though the day of the outcome is set already.
    policy.outcome_published_on = date(2027, 7, 1)
    policy.save()
    for time, can_respond, heading, status in (
        (OPENS - SECOND, False, "Upcoming consultation", PolicyStatus.PROPOSED),
        (OPENS, True, "Have your say", PolicyStatus.CONSULTATION_OPEN),
        (CLOSES - SECOND, True, "Have your say", PolicyStatus.CONSULTATION_OPEN),
        (CLOSES, False, "What happens next", PolicyStatus.AWAITING_OUTCOME),
    ):
        at(time)
        main = read(policy.url).main
        if time == OPENS:
            at_opening = main.select_one(".consultation")
        assert main.select_one(".consultation h2").get_text() == heading
        assert ("surveys.example.org" in str(main)) is can_respond
        card = read(policy.get_parent().url).select_one(".card .label")
        result = read("/search/?query=food+plan").select_one(".result .label")
        assert card.get_text() == result.get_text() == status.label
    assert "by 23 August 2027" in main.get_text(" ", strip=True)
    links = [link["href"] for link in at_opening.select("a")]
    assert links == [
        "https://surveys.example.org/food",
        "mailto:food@example.gov.uk",
        f"{policy.url}consultation.ics",
    ]
    text = at_opening.get_text(" ", strip=True)
    assert "Where should the new food bank be?" in text
    assert "Food team Church Road" in text
    assert "5pm on Monday 31 May 2027" in text


def test_outcome_is_shown_and_found_from_its_day_and_not_before(policy, read, at):
    for name, value in OUTCOME.items():
        setattr(policy, name, value)
    policy.outcome_published_on = date(2027, 7, 1)
    at(datetime(2027, 6, 30, 22, 59, 59, tzinfo=UTC))
    policy.save_revision().publish()
    assert "Bridge Road" not in str(read(policy.url).main)
    search = "/search/?query=bridge+road"
    assert "Food plan" not in read(search).get_text()
    at(datetime(2027, 6, 30, 23, 0, tzinfo=UTC))
    html = read(policy.url)
    headings = [each.get_text() for each in html.select(".outcome h3")]
    assert headings == ["We asked", "You said", "We did"]
    assert "It opens in Bridge Road." in html.main.get_text(" ", strip=True)
    assert html.select_one(".consultation") is None
    policy.save_revision().publish()
    assert "Food plan" in read(search).get_text()


@pytest.fixture
def publish(section, send_form):
    def send(**fields):
        policy = PolicyUpdatePageFactory(parent=section, live=False)
        address = reverse("wagtailadmin_pages:edit", args=[policy.pk])
        response = send_form(address, **fields)
        policy.refresh_from_db()
        html = BeautifulSoup(response.content, "html.parser")
        return policy.live, html.get_text(" ", strip=True)

    return send


FORM_DATES = {
    "consultation_opens_at": "01/03/2027 09:00",
    "consultation_closes_at": "31/05/2027 17:00",
    "review_on": "01/03/2028",
}


def test_what_is_missing_is_not_published_and_one_way_to_respond_is_enough(publish):
    is_live, said = publish(**FORM_DATES, respond_address=ASKED["respond_address"])
    assert is_live, said
    is_live, said = publish(**FORM_DATES, outcome_published_on="01/07/2027")
    assert not is_live
    assert "Enter at least one way to respond" in said
    assert said.count("Fill this in before you publish the outcome") == 3


def read_calendar(client, policy):
    response = client.get(f"{policy.url}consultation.ics")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    # RFC 5545, 3.1: no control characters, which some calendars refuse.
    forbidden = rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)"
    assert not re.search(forbidden, response.content)
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_calendar_has_both_dates_and_the_same_ids_when_they_move(policy, client):
    before = read_calendar(client, policy)
    opens, closes = before
    assert opens["summary"] == "Consultation opens: Food plan"
    assert closes["summary"] == "Last chance to respond: Food plan"
    assert [each.decoded("dtstart") for each in before] == [OPENS, CLOSES]
    assert closes["url"] == f"http://localhost{policy.url}"
    policy.consultation_closes_at += timedelta(days=7)
    policy.save_revision().publish()
    after = read_calendar(client, policy)
    assert [each["uid"] for each in after] == [each["uid"] for each in before]
    assert after[1].decoded("dtstart") == CLOSES + timedelta(days=7)


def test_hostile_texts_add_no_link_and_no_lines_to_the_calendar(policy, client):
    policy.respond_url = "javascript:alert(1)"
    with pytest.raises(ValidationError):
        policy.full_clean()
    policy.respond_url = ""
    policy.title = "Food\x0b\x1b\r\nATTENDEE:mailto:x@example.org"
    policy.consultation_purpose = "One, two; three\nEND:VCALENDAR"
    policy.save()
    _, closes = read_calendar(client, policy)
    assert "attendee" not in closes
    assert closes["description"].startswith("One, two; three\nEND:VCALENDAR")


def test_no_calendar_without_a_public_consultation(section, policy, client):
    other = PolicyUpdatePageFactory(parent=section)
    policy.unpublish()
    for path in (other.url, policy.url, "/nowhere/"):
        assert client.get(f"{path}consultation.ics").status_code == 404
