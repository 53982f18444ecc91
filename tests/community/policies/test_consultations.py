"""Residents see what a consultation asks, how to respond, and what came of it (R9)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from community.models.policy import PolicyStatus
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
    """Return a function that sets the clock."""

    def set_clock(time):
        monkeypatch.setattr(timezone, "now", lambda: time)

    return set_clock


@pytest.fixture
def policy(section):
    return PolicyUpdatePageFactory(
        parent=section, title="Food plan", slug="food", **DATES, **ASKED
    )


def main_text(html):
    return html.main.get_text(" ", strip=True)


def test_open_consultation_shows_what_it_is_about_and_how_to_respond(policy, read, at):
    at(OPENS)
    html = read(policy.url)
    section = html.select_one(".consultation")
    assert section.h2.get_text() == "Have your say"
    links = [link["href"] for link in section.select("a")]
    assert links == [
        "https://surveys.example.org/food",
        "mailto:food@example.gov.uk",
        f"{policy.url}consultation.ics",
    ]
    text = section.get_text(" ", strip=True)
    assert "Where should the new food bank be?" in text
    assert "Food team Church Road" in text
    assert "5pm on Monday 31 May 2027" in text


@pytest.mark.parametrize(
    ("time", "shown", "heading"),
    [
        (OPENS - SECOND, False, "Upcoming consultation"),
        (OPENS, True, "Have your say"),
        (CLOSES - SECOND, True, "Have your say"),
        (CLOSES, False, "What happens next"),
    ],
    ids=["before", "as it opens", "in the last second", "as it closes"],
)
def test_ways_to_respond_are_shown_to_the_second(
    policy, read, at, time, shown, heading
):
    at(time)
    html = read(policy.url)
    assert html.select_one(".consultation h2").get_text() == heading
    assert ("surveys.example.org" in str(html.main)) is shown


def test_closed_consultation_shows_when_the_outcome_is_due(policy, read, at):
    at(CLOSES)
    assert "by 23 August 2027" in main_text(read(policy.url))


def test_people_can_respond_where_the_day_of_the_outcome_is_set_already(
    policy, read, at
):
    policy.outcome_published_on = date(2027, 7, 1)
    policy.save()
    at(CLOSES - SECOND)
    assert "surveys.example.org" in str(read(policy.url).main)
    at(CLOSES)
    assert "What happens next" in main_text(read(policy.url))


def test_outcome_is_shown_from_its_day_and_not_before(policy, read, at):
    for name, value in OUTCOME.items():
        setattr(policy, name, value)
    policy.outcome_published_on = date(2027, 7, 1)
    policy.save_revision().publish()
    at(datetime(2027, 6, 30, 22, 59, 59, tzinfo=UTC))
    assert "Bridge Road" not in str(read(policy.url).main)
    at(datetime(2027, 6, 30, 23, 0, tzinfo=UTC))
    html = read(policy.url)
    headings = [each.get_text() for each in html.select(".outcome h3")]
    assert headings == ["We asked", "You said", "We did"]
    assert "It opens in Bridge Road." in main_text(html)
    assert html.select_one(".consultation") is None


def test_search_does_not_know_an_outcome_before_its_day(policy, client, at):
    for name, value in OUTCOME.items():
        setattr(policy, name, value)
    policy.outcome_published_on = timezone.localdate() + timedelta(days=3)
    policy.save_revision().publish()
    address = "/search/?query=bridge+road"
    assert "Food plan" not in client.get(address).content.decode()
    policy.outcome_published_on = timezone.localdate()
    policy.save_revision().publish()
    assert "Food plan" in client.get(address).content.decode()


def test_status_is_shown_in_listings_and_search(policy, read, at):
    for time, status in (
        (OPENS - SECOND, PolicyStatus.PROPOSED),
        (OPENS, PolicyStatus.CONSULTATION_OPEN),
        (CLOSES, PolicyStatus.AWAITING_OUTCOME),
    ):
        at(time)
        card = read(policy.get_parent().url).select_one(".card .label")
        assert card.get_text() == status.label
        result = read("/search/?query=food+plan").select_one(".result .label")
        assert result.get_text() == status.label


@pytest.fixture
def publish(section, send_form):
    """Return a function that publishes a policy by the editor's form."""

    def send(**fields):
        policy = PolicyUpdatePageFactory(parent=section, live=False)
        address = reverse("wagtailadmin_pages:edit", args=[policy.pk])
        response = send_form(address, **fields)
        policy.refresh_from_db()
        html = BeautifulSoup(response.content, "html.parser")
        return policy, html.get_text(" ", strip=True)

    return send


FORM_DATES = {
    "consultation_opens_at": "01/03/2027 09:00",
    "consultation_closes_at": "31/05/2027 17:00",
    "review_on": "01/03/2028",
}


@pytest.mark.parametrize("name", ["respond_url", "respond_email", "respond_address"])
def test_one_way_to_respond_is_enough(publish, name):
    policy, said = publish(**FORM_DATES, **{name: ASKED[name]})
    assert policy.live, said


def test_consultation_without_a_way_to_respond_is_not_published(publish):
    policy, said = publish(**FORM_DATES)
    assert not policy.live
    assert "Enter at least one way to respond" in said


def test_outcome_is_not_published_with_a_part_missing(publish):
    dates = FORM_DATES | {"outcome_published_on": "01/07/2027"}
    policy, said = publish(**dates, respond_url=ASKED["respond_url"])
    assert not policy.live
    assert said.count("Fill this in before you publish the outcome") == 3


def test_older_page_without_a_way_to_respond_goes_on(section, read, at):
    policy = PolicyUpdatePageFactory(parent=section, **DATES)
    at(OPENS)
    assert "Respond by" in main_text(read(policy.url))
    policy.unpublish()


def test_script_link_is_rejected(policy):
    policy.respond_url = "javascript:alert(1)"
    with pytest.raises(ValidationError):
        policy.full_clean()


def read_calendar(client, policy):
    response = client.get(f"{policy.url}consultation.ics")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_calendar_has_both_dates(policy, client):
    opens, closes = read_calendar(client, policy)
    assert (opens["summary"], opens.decoded("dtstart")) == (
        "Consultation opens: Food plan",
        OPENS,
    )
    assert (closes["summary"], closes.decoded("dtstart")) == (
        "Last chance to respond: Food plan",
        CLOSES,
    )
    assert closes["url"] == f"http://localhost{policy.url}"


def test_title_cannot_add_lines_to_the_calendar(policy, client):
    policy.title = "Food\r\nATTENDEE:mailto:x@example.org"
    policy.consultation_purpose = "One, two; three\nEND:VCALENDAR"
    policy.save_revision().publish()
    _, closes = read_calendar(client, policy)
    assert "attendee" not in closes
    assert closes["description"].startswith("One, two; three\nEND:VCALENDAR")


def test_calendar_holds_text_alone(policy, client):
    """RFC 5545, 3.1: no control characters, which some calendars refuse."""
    policy.title = "Food\x0bplan\x1b"
    policy.consultation_purpose = "One\x0btwo\rthree\x0c"
    policy.save()
    content = client.get(f"{policy.url}consultation.ics").content
    assert b"Food plan" in content
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)", content)


def test_calendar_entry_keeps_its_id_when_the_date_moves(policy, client):
    before = [event["uid"] for event in read_calendar(client, policy)]
    policy.consultation_closes_at += timedelta(days=7)
    policy.save_revision().publish()
    after = read_calendar(client, policy)
    assert [event["uid"] for event in after] == before
    assert after[1].decoded("dtstart") == CLOSES + timedelta(days=7)


def test_no_calendar_without_a_consultation(section, client):
    policy = PolicyUpdatePageFactory(parent=section)
    assert client.get(f"{policy.url}consultation.ics").status_code == 404
    assert client.get("/nowhere/consultation.ics").status_code == 404


def test_no_calendar_of_a_draft(policy, client):
    policy.unpublish()
    assert client.get(f"{policy.url}consultation.ics").status_code == 404
