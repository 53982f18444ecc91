"""The last publisher of an alert is reminded before its expected end (A9)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail

from community.models import AlertScope, AlertSnippet
from community.reminders import queue_expiry_reminders
from home.notifications.sending import send_notifications
from tests.community.alerts import address_of
from tests.factories import AlertFactory, StandardPageFactory

START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
END = datetime(2026, 3, 3, 17, 30, tzinfo=UTC)
SOON = END - timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


def make_member(name, email=None, may_publish=True):
    email = f"{name}@example.gov.uk" if email is None else email
    user = get_user_model().objects.create_user(name, email=email)
    if may_publish:
        user.user_permissions.add(
            Permission.objects.get(codename="publish_alertsnippet")
        )
    return user


def publish(user=None, **values):
    alert = AlertFactory(live=False, **{"starts_at": START, "ends_at": END, **values})
    alert.save_revision(user=user).publish(user=user)
    return AlertSnippet.objects.get(pk=alert.pk)


def extend(alert, user, **values):
    alert = AlertSnippet.objects.get(pk=alert.pk)
    for name, value in values.items():
        setattr(alert, name, value)
    alert.save_revision(user=user).publish(user=user)


def remind_publishers(at):
    queue_expiry_reminders(at)
    send_notifications(at)


def recipients():
    return [message.to for message in mail.outbox]


@pytest.fixture
def ann(db):
    return make_member("ann")


@pytest.fixture
def ben(db):
    return make_member("ben")


def test_publisher_is_emailed_what_where_and_until_when(ann, ben, home):
    publish(ann, heading="Floods in Yarm", text="<p>Go &amp; see.</p>")
    remind_publishers(SOON)
    (message,) = mail.outbox
    assert message.to == ["ann@example.gov.uk"]
    assert message.subject == "An alert on the website ends soon"
    for words in (
        "Floods in Yarm\nGo & see.\n",
        "- On every page of the site\n",
        "It ends on Tuesday 3 March at 5:30pm (GMT).",
        "it will come down automatically",
        f"\nhttp://localhost{address_of('list')}",
    ):
        assert words in message.body
    assert message.content_subtype == "plain"


def test_chosen_pages_are_named_as_long_as_they_exist(ann, section):
    page = StandardPageFactory(parent=section, title="Fish & chips")
    alert = AlertFactory(live=False, scope="pages", starts_at=START, ends_at=END)
    alert.scopes = [
        AlertScope(page=section),
        AlertScope(page=page, include_descendants=False),
    ]
    alert.save()
    alert.save_revision(user=ann).publish(user=ann)
    remind_publishers(SOON)
    body = mail.outbox[0].body
    assert "- Stronger communities and every page below it\n- Fish & chips\n" in body
    assert "every page of the site" not in body
    section.delete()
    AlertSnippet.objects.update(ends_at=END + MINUTE)
    remind_publishers(SOON + MINUTE)
    assert "Nowhere: its pages have been deleted" in mail.outbox[1].body


def test_reminder_comes_an_hour_before_or_in_the_last_quarter(ann, home):
    publish(ann, starts_at=END - timedelta(days=3))
    publish(ann, starts_at=END - timedelta(hours=1))
    sent = []
    for minutes in (61, 60, 16, 15):
        remind_publishers(END - minutes * MINUTE)
        sent.append(len(mail.outbox))
    assert sent == [0, 1, 1, 2]


def test_reminder_comes_again_before_the_new_end(ann, ben, home):
    alert = publish(ann)
    for minutes in (60, 50, 30):
        remind_publishers(END - minutes * MINUTE)
        extend(alert, ann, heading="A spelling mistake fixed")
    later = END + timedelta(hours=5)
    extend(alert, ben, ends_at=later)
    remind_publishers(SOON + MINUTE)
    assert len(mail.outbox) == 1
    remind_publishers(later - MINUTE)
    assert recipients() == [["ann@example.gov.uk"], ["ben@example.gov.uk"]]
    assert "10:30pm" in mail.outbox[1].body


@pytest.mark.parametrize("reason", ["deleted", "inactive", "no longer"])
def test_others_are_reminded_where_the_publisher_cannot_act(ann, ben, home, reason):
    make_member("silent", email="")
    make_member("reader", may_publish=False)
    get_user_model().objects.filter(pk=make_member("left").pk).update(is_active=False)
    cat = make_member("cat")
    publish(ann)
    if reason == "deleted":
        ann.delete()
    elif reason == "no longer":
        ann.user_permissions.clear()
    else:
        ann.is_active = False
        ann.save()
    remind_publishers(SOON)
    assert recipients() == [[ben.email, cat.email]]


def test_no_reminder_of_an_alert_that_is_not_shown_or_ends_later(ann, home):
    AlertFactory(live=False, starts_at=START, ends_at=END)
    publish(ann, ends_at=SOON)
    publish(ann, starts_at=SOON + MINUTE)
    changes = ({"ends_at": SOON}, {"ends_at": END + timedelta(days=1)}, {"live": False})
    alerts = [publish(ann) for _ in range(4)]
    queue_expiry_reminders(SOON)
    for alert, change in zip(alerts, (*changes, {"heading": "Left"}), strict=True):
        AlertSnippet.objects.filter(pk=alert.pk).update(**change)
    send_notifications(SOON)
    (message,) = mail.outbox
    assert "Left" in message.body


def test_end_is_given_in_uk_time_when_the_clocks_change(ann, home):
    hour, first = timedelta(hours=1), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    ends = {"BST": first, "GMT": first + hour}
    for end in ends.values():
        publish(ann, starts_at=end - 5 * hour, ends_at=end)
    for number, (zone, end) in enumerate(ends.items()):
        remind_publishers(end - hour - MINUTE)
        assert len(mail.outbox) == number
        remind_publishers(end - hour)
        said = f"It ends on Sunday 25 October at 1:30am ({zone}).\n"
        assert said in mail.outbox[number].body


@pytest.mark.parametrize("line_end", ["\r\n", "\u2028"])
def test_hostile_heading_neither_adds_headers_nor_lines(ann, home, line_end):
    hostile = line_end.join(["Bins", "Bcc: all@example.com", "", "It ends: never"])
    publish(ann, heading=hostile, text=f"<p>{hostile}</p>{{% now 'Y' %}}")
    remind_publishers(SOON)
    (message,) = mail.outbox
    assert message.recipients() == ["ann@example.gov.uk"]
    assert "Bcc" not in message.message()
    in_one_line = "Bins Bcc: all@example.com It ends: never"
    assert f"Heading: {in_one_line}\n{in_one_line} {{% now 'Y' %}}\n" in message.body
