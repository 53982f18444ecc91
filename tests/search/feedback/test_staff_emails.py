"""Emails to staff about new enquiries and about cases that they are assigned."""

from datetime import timedelta

import time_machine
from django.core import mail
from django.urls import reverse

from home.notifications.outbox import Notification
from search.models import Enquiry, FeedbackAction
from tests.home.notifications.emails import send_emails
from tests.search.feedback.conftest import NOON, page_of

MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE


def test_those_who_deal_with_enquiries_hear_of_new_ones_once(send, colleague):
    colleague("priya", "change_enquiry")
    colleague("reader", "view_enquiry")
    colleague("gone", "change_enquiry", is_active=False)
    for minutes in (1, 3, 14):
        with time_machine.travel(NOON + minutes * MINUTE, tick=False):
            send(message=f"Where is bin {minutes}?", email="resident@example.org")
    assert send_emails(NOON + QUARTER - MINUTE) == []
    assert send_emails(NOON + QUARTER) == [["priya@example.gov.uk"]]
    [message] = mail.outbox
    assert message.subject == "New enquiries"
    assert "3 new enquiries from the website are not assigned" in message.body
    assert reverse("search_enquiry_modeladmin_index") in message.body
    # Neither what residents wrote nor who they are.
    assert "bin" not in message.body
    assert "resident@" not in message.body
    assert send_emails(NOON + 2 * QUARTER) == []
    with time_machine.travel(NOON + 2 * QUARTER, tick=False):
        send(message="Another")
    assert send_emails(NOON + 3 * QUARTER) == [["priya@example.gov.uk"]]


def test_nobody_hears_of_new_enquiries_at_night_or_when_dealt_with(send, colleague):
    priya = colleague("priya", "change_enquiry")
    midnight = NOON.replace(hour=23)
    with time_machine.travel(midnight + MINUTE, tick=False):
        send(message="One")
        send(message="Two")
    assert send_emails(midnight + 2 * QUARTER) == []
    Enquiry.objects.filter(message="One").update(assigned_to=priya)
    assert send_emails(midnight + timedelta(hours=9)) == [["priya@example.gov.uk"]]
    assert "1 new enquiry from the website is not" in mail.outbox[0].body
    with time_machine.travel(NOON, tick=False):
        send(message="Three")
    Enquiry.objects.update(assigned_to=priya)
    assert send_emails(NOON + QUARTER) == []
    assert not Notification.objects.open().exists()


def test_flood_of_enquiries_is_one_row_for_each_who_deals_with_them(send, colleague):
    for name in ("priya", "tom"):
        colleague(name, "change_enquiry")
    with time_machine.travel(NOON, tick=False):
        for number in range(5):
            send(message=f"Message {number}")
    assert Notification.objects.count() == 2


def test_colleague_hears_of_what_is_assigned_to_them(act, colleague, handler, home):
    priya = colleague("priya", "change_enquiry")
    with time_machine.travel(NOON, tick=False):
        enquiry, other, closed = (
            Enquiry.objects.create(message=f"Message {number}") for number in range(3)
        )
        for each in (enquiry, closed, other):
            act("assign", each, assigned_to=priya.pk)
        act("close", closed, outcome="nothing")
        act("assign", other, assigned_to=handler.pk)
    assert send_emails(NOON) == [["priya@example.gov.uk"]]
    [message] = mail.outbox
    assert message.subject == "Enquiries assigned to you"
    assert message.body.count("https://") + message.body.count("http://") == 1
    assert page_of(enquiry) in message.body
    assert "Message" not in message.body
    # Not for what they took on themselves.
    assert FeedbackAction.objects.filter(assigned_to=handler).exists()


def test_assignment_says_nothing_to_those_who_may_no_longer_act(act, colleague):
    priya = colleague("priya", "change_enquiry")
    enquiry = Enquiry.objects.create(message="A")
    with time_machine.travel(NOON, tick=False):
        act("assign", enquiry, assigned_to=priya.pk)
    priya.user_permissions.clear()
    assert send_emails(NOON) == []
