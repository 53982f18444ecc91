"""The outbox sends each email once to a real mail server, whatever that answers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from home.jobs import run_long_jobs
from home.notifications import sending
from home.notifications.outbox import (
    MailOutage,
    Notification,
    NotificationKind,
    kinds,
    notify,
)
from home.notifications.sending import (
    RETRY_DELAYS,
    get_mail_health,
    purge_notifications,
    send_notifications,
    unsent_emails,
)

ANN, BOB = "ann@example.org", "bob@example.org"
NOON = datetime(2027, 7, 1, 11, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
State = Notification.State

pytestmark = pytest.mark.django_db


class Plain(NotificationKind):
    name = "plain"

    def __init__(self):
        self.sent, self.failed = [], []

    def build(self, rows, at):
        [row] = rows
        if error := row.context.get("error"):
            raise ZeroDivisionError(error)
        if row.context.get("dropped"):
            return None
        to = row.context.get("to", [row.recipient])
        return EmailMessage(row.context.get("subject", row.key), "Text", to=to)

    def after_sending(self, rows, at):
        self.sent += [row.recipient for row in rows]

    def after_failure(self, rows, failure, at):
        self.failed += [row.recipient for row in rows]


class Quiet(Plain):
    name = "quiet"
    is_quiet = True


class Bulk(Plain):
    name = "bulk"
    is_bulk = True
    retention = None


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    own = {kind.name: kind() for kind in (Bulk, Plain, Quiet)}
    for name in list(kinds):
        monkeypatch.delitem(kinds, name)
    for name, kind in own.items():
        monkeypatch.setitem(kinds, name, kind)
    return own["plain"]


def add(recipient=ANN, key="news", kind=Plain, at=NOON, **context):
    notify(recipient, kind, key, at, context)


def send(after=timedelta(0)):
    return send_notifications(NOON + after)


def states():
    rows = Notification.objects.order_by("recipient", "-pk")
    return list(rows.values_list("state", flat=True))


def test_each_recipient_gets_one_email_and_never_another(server, plain):
    for _ in range(2):
        for email in (ANN, BOB):
            add(email)
        assert send() is False
    assert server.addresses == plain.sent == [ANN, BOB]
    assert states() == [State.SENT, State.SENT]
    first = server.read()
    assert first["Auto-Submitted"] == "auto-generated"
    # Unless the process died before it had marked it as sent.
    Notification.objects.filter(recipient=ANN).update(state=State.SENDING)
    send()
    assert states() == [State.SENT, State.SENT]
    assert server.addresses == [ANN, BOB, ANN]
    assert first["Message-ID"] == server.read(2)["Message-ID"]


def test_quiet_kinds_wait_for_the_morning_and_are_not_late(server):
    night = datetime(2027, 7, 1, 1, tzinfo=UTC)
    add(ANN, kind=Quiet, at=night)
    add(BOB, at=night)
    for minutes in (0, 359):
        send_notifications(night + minutes * MINUTE)
    assert server.addresses == [BOB]
    morning = night + 6 * HOUR
    assert get_mail_health(morning).is_well(morning)
    send_notifications(morning)
    assert server.addresses == [BOB, ANN]


def test_what_is_due_is_sent_bulk_last_and_what_is_no_longer_wanted_is_dropped(
    server, plain, caplog
):
    add(ANN, kind=Bulk)
    add(BOB, at=NOON + MINUTE)
    add(ANN, at=NOON + 2 * MINUTE)
    add("c@example.org", dropped=True)
    add("d@example.org", to=[])
    add("e@example.org")
    # A newer release has this kind.
    Notification.objects.filter(recipient__startswith="e").update(kind="newer")
    for _ in range(2):
        send(MINUTE)
    assert server.addresses == [BOB, ANN]
    assert states() == [
        State.WAITING,
        State.SENT,
        State.SENT,
        State.FAILED,
        State.WAITING,
    ]
    assert plain.failed == ["d@example.org"]
    assert caplog.text.count("no recipients") == 1


def test_what_is_deleted_during_a_run_is_not_sent(server, monkeypatch):
    add(ANN)
    add(BOB)

    def delete_and_send(session, message):
        Notification.objects.filter(recipient=BOB).delete()
        send_email(session, message)

    send_email = sending.SMTPSession.send
    monkeypatch.setattr(sending.SMTPSession, "send", delete_and_send)
    send()
    assert server.addresses == [ANN]


# Failures


def test_email_that_cannot_be_built_does_not_stop_the_others(server):
    add("a1@example.org", error="cannot be built")
    add("a2@example.org", subject="a\nBcc: x@example.org")
    add(BOB)
    send()
    assert server.addresses == [BOB]
    assert states() == [State.WAITING, State.WAITING, State.SENT]


def test_all_is_sent_after_an_outage_of_two_days(server, settings):
    add()
    settings.EMAIL_PORT = 1
    send()
    row, outage = Notification.objects.get(), MailOutage.objects.get()
    assert (row.state, row.attempts, outage.attempts) == (State.WAITING, 0, 1)
    for hour in range(4, 48, 4):
        send(hour * HOUR)
    settings.EMAIL_PORT = server.port
    # It is tried again after a while and not before.
    send(44 * HOUR)
    assert server.accepted == []
    send(45 * HOUR)
    assert server.addresses == [ANN]
    assert not MailOutage.objects.exists()


def test_emails_are_given_up_after_a_week_and_the_outage_ends_with_them(
    server, settings, plain
):
    add(ANN)
    add(BOB, kind=Bulk)
    settings.EMAIL_PORT = 1
    later = 7 * DAY + MINUTE
    send(7 * DAY)
    assert states() == [State.WAITING, State.WAITING]
    send(later)
    assert (states(), plain.failed) == ([State.FAILED, State.FAILED], [ANN])
    # Else the status would be bad until something is sent, weeks later.
    assert not get_mail_health(NOON + later + HOUR).is_well(NOON + later + HOUR)
    send(later + HOUR)
    assert get_mail_health(NOON + later + HOUR).is_well(NOON + later + HOUR)


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_server_that_rejects_everything_stops_the_run(step, server, plain):
    for number in range(15):
        add(f"p{number}@example.org")
    asked = []

    def reject(step_now):
        if step_now == step:
            asked.append(step_now)
            return "550 5.1.8 who are you?"
        return None

    server.reject = reject
    send()
    assert len(asked) == (1 if step == "MAIL" else 10)
    assert set(states()) == {State.WAITING}
    assert plain.failed == []
    assert MailOutage.objects.exists()


def test_address_that_does_not_exist_is_given_up_and_others_are_not(
    server, plain, caplog
):
    for email in (ANN, BOB):
        add(email)
    server.reject = lambda step: f"550 5.1.1 <{ANN}> unknown" if step == ANN else None
    send()
    assert (server.addresses, plain.failed) == ([BOB], [ANN])
    assert states() == [State.FAILED, State.SENT]
    assert "550" in caplog.text
    assert ANN not in caplog.text


@pytest.mark.parametrize(
    ("step", "answer"),
    [(ANN, "451 4.7.1 later"), (ANN, "550 5.7.1 policy"), ("DATA", "554 spam")],
)
def test_other_failures_are_retried_with_growing_delays(server, plain, step, answer):
    add()
    server.reject = lambda step_now: answer if step_now == step else None
    at = NOON
    for pause in RETRY_DELAYS:
        send_notifications(at)
        row = Notification.objects.get()
        assert (row.state, row.due_at - at) == (State.WAITING, pause)
        at = row.due_at
    assert 6 * DAY < at - NOON < 7 * DAY
    send_notifications(at)
    assert (states(), plain.failed) == ([State.FAILED], [ANN])


def test_administrators_are_warned_without_any_address(server, settings):
    add()
    settings.EMAIL_PORT = 1
    send()
    later = NOON + 2 * HOUR
    health = get_mail_health(later)
    assert (health.waiting, health.is_well(later)) == (1, False)
    assert health.is_well(NOON)

    class Administrator:
        is_superuser = True

    [task] = unsent_emails(Administrator, later)
    assert "1 email could not be sent" in task.text
    assert "ConnectionRefusedError" in task.text
    Administrator.is_superuser = False
    assert list(unsent_emails(Administrator, later)) == []


# Runs


def test_run_ends_in_time_and_the_next_continues(server):
    for number in range(3):
        add(f"p{number}@example.org")
    assert send_notifications(NOON, seconds=0) is True
    assert server.accepted == []
    assert run_long_jobs(NOON) == ([], False)
    assert len(server.accepted) == 3


def test_connection_is_renewed_no_faster_than_the_settings_allow(
    server, settings, monkeypatch
):
    pauses = []
    monkeypatch.setattr(sending, "MAX_PER_CONNECTION", 2)
    monkeypatch.setattr(sending, "sleep", pauses.append)
    settings.UPDATES_PER_MINUTE = 6
    for number in range(5):
        add(f"p{number}@example.org")
    send()
    assert (len(server.accepted), server.connections) == (5, 3)
    assert 15 < pauses[0] <= 20


def test_what_is_finished_is_purged_after_a_month_unless_it_is_remembered(server):
    add(ANN)
    add(BOB, kind=Bulk)
    purge_notifications(NOON + 31 * DAY)
    assert states() == [State.WAITING, State.WAITING]
    send()
    purge_notifications(NOON + 29 * DAY)
    assert len(states()) == 2
    purge_notifications(NOON + 31 * DAY)
    assert Notification.objects.get().recipient == BOB
