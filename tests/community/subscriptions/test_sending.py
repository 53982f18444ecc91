"""What subscribers get, from a real mail server: once, all of it, nothing else."""

from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import (
    Delivery,
    Frequency,
    MailOutage,
    Subscriber,
    Subscription,
    UpdateEvent,
)
from community.subscriptions.outage import get_delivery_health, unsent_updates
from community.subscriptions.sending import send_updates
from community.subscriptions.services import (
    purge_old_updates,
    purge_unconfirmed,
    unsubscribe,
)
from home.notifications import smtp
from home.notifications.smtp import RETRY_DELAYS
from tests.community.subscriptions.people import change, published_policy, subscribe
from tests.home.notifications.smtp import smtp_server

ANN, BOB = "ann@example.org", "bob@example.org"
State = Delivery.State


@pytest.fixture
def policy(section):
    """Return a policy that was published long ago, without updates."""
    return published_policy(section)


@pytest.fixture
def server(settings):
    """Run a mail server, to which the site sends."""
    with smtp_server() as running:
        settings.EMAIL_BACKEND = f"{EmailBackend.__module__}.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.WAGTAILADMIN_BASE_URL = "https://council.example"
        yield running


def send(after=timedelta(0)):
    """Send what is due after a while."""
    return send_updates(timezone.now() + after)


def states():
    rows = Delivery.objects.order_by("subscriber__email")
    return list(rows.values_list("state", flat=True))


def test_each_subscriber_gets_one_email_and_never_another(server, policy):
    for email in (ANN, BOB):
        subscribe(email, policy)
    change(policy)
    assert send() is False
    send()
    assert sorted(server.addresses) == [ANN, BOB]
    assert states() == [State.SENT, State.SENT]


def test_email_reads_well_as_text_and_as_html(server, policy):
    policy.title = "Food & <b>drink</b>\nplan"
    subscribe(ANN, policy)
    change(policy, "Bread <i>&</i> butter.")
    send()
    message = server.read()
    assert message["Subject"] == "Updated: Food & <b>drink</b> plan"
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "Bread <i>&</i> butter." in text
    assert "Bread &lt;i&gt;&amp;&lt;/i&gt; butter." in html
    assert "<b>" not in html
    address = f"https://council.example/stronger-communities/{policy.slug}/"
    for body in (text, html):
        assert address in body
        assert "/follow/your-updates/?link=" in body
        assert "/follow/unsubscribe/" in body
        assert timezone.localdate().strftime("%Y") in body


def test_headers_let_mail_programs_unsubscribe_by_one_click(
    server,
    policy,
    client,
):
    subscribe(ANN, policy)
    change(policy)
    send()
    message = server.read()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = "".join(message["List-Unsubscribe"].split()).strip("<>")
    assert address.startswith("https://council.example/follow/unsubscribe/?")
    path = address.removeprefix("https://council.example")
    client.post(path, {"List-Unsubscribe": "One-Click"})
    assert not Subscriber.objects.filter(subscriptions__isnull=False).exists()


def test_digest_has_all_that_is_due_to_one_subscriber(server, policy, section):
    subscribe(ANN, policy, Frequency.DAILY)
    subscribe(ANN, section, Frequency.WEEKLY)
    change(policy, "One.")
    change(policy, "Two.")
    change(section, "Three.")
    send()
    assert server.accepted == []
    Delivery.objects.update(due_at=timezone.now())
    send()
    [address] = server.addresses
    message = server.read()
    assert (address, message["Subject"][:9]) == (ANN, "3 updates")
    text = message.get_body(("plain",)).get_content()
    assert all(word in text for word in ("One.", "Two.", "Three."))
    assert "/follow/unsubscribe-all/" in message["List-Unsubscribe"]


def test_email_about_a_withdrawn_page_links_to_its_section(server, policy):
    subscribe(ANN, policy)
    slug = policy.slug
    policy.delete()
    purge_unconfirmed(timezone.now() + timedelta(days=8))
    send()
    message = server.read()
    assert message["Subject"] == "Removed: Food plan"
    text = message.get_body(("plain",)).get_content()
    assert slug not in text
    assert "https://council.example/stronger-communities/" in text


@pytest.mark.parametrize(
    "way", ["unsubscribed", "just now", "stopped", "private", "back again"]
)
def test_deliveries_that_are_no_longer_wanted_are_not_sent(way, server, policy):
    subscription = subscribe(ANN, policy)
    change(policy)
    if way == "unsubscribed":
        unsubscribe(subscription)
    elif way == "just now":
        # Unsubscribed while the page was being published: no delivery to delete yet.
        Subscription.objects.filter(pk=subscription.pk)._raw_delete("default")
    elif way == "stopped":
        Subscriber.objects.update(suppressed_at=timezone.now())
    elif way == "private":
        PageViewRestriction.objects.create(page=policy, restriction_type="login")
        UpdateEvent.objects.filter(kind="withdrawn").delete()
    else:
        policy.unpublish()
        policy.get_latest_revision().publish()
        UpdateEvent.objects.filter(kind="changed").delete()
    send()
    assert server.accepted == []
    assert states() == []


def test_subscriber_suppressed_during_a_run_gets_nothing(server, policy, monkeypatch):
    for email in (ANN, BOB):
        subscribe(email, policy)
    change(policy)

    def stop(server_side, message):
        Subscriber.objects.filter(email=BOB).update(suppressed_at=timezone.now())
        send_email(server_side, message)

    send_email = smtp.SMTPSession.send
    monkeypatch.setattr(smtp.SMTPSession, "send", stop)
    send()
    assert server.addresses == [ANN]


def test_delivery_being_sent_when_the_process_died_is_sent_again(server, policy):
    subscribe(ANN, policy)
    change(policy)
    Delivery.objects.update(state=State.SENDING, attempts=1)
    send()
    assert states() == [State.SENT]
    assert server.addresses == [ANN]


def test_email_that_is_sent_again_has_the_same_id(server, policy):
    subscribe(ANN, policy)
    change(policy)
    send()
    Delivery.objects.update(state=State.SENDING)
    send()
    assert server.read(0)["Message-ID"] == server.read(1)["Message-ID"]


# Failures


def test_unavailable_server_costs_no_attempt(server, policy, settings):
    subscribe(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send()
    row, outage = Delivery.objects.get(), MailOutage.objects.get()
    assert (row.state, row.attempts, outage.attempts) == (State.WAITING, 0, 1)
    settings.EMAIL_PORT = server.port
    # It is tried again after a minute and not before.
    send()
    assert server.accepted == []
    send(timedelta(minutes=1))
    assert server.addresses == [ANN]
    assert not MailOutage.objects.exists()


def test_outage_ends_with_the_last_waiting_delivery(policy):
    """Else the status would be bad until something is sent, weeks later."""
    now = timezone.now()
    subscription = subscribe(ANN, policy)
    change(policy)
    MailOutage.objects.create(
        pk=1,
        started_at=now - timedelta(hours=2),
        attempts=3,
        retry_at=now,
        problem="unavailable",
    )
    assert not get_delivery_health(now).is_well(now)
    unsubscribe(subscription)
    send_updates(timezone.now())
    assert get_delivery_health(now).is_well(now)


def test_all_is_sent_after_an_outage_of_two_days(server, policy, settings):
    subscribe(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    for hour in range(0, 48, 4):
        send(timedelta(hours=hour))
    assert states() == [State.WAITING]
    settings.EMAIL_PORT = server.port
    send(timedelta(hours=49))
    assert server.addresses == [ANN]


def test_updates_are_given_up_after_a_week(server, policy, settings):
    subscribe(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send(timedelta(days=7, minutes=1))
    assert states() == [State.FAILED]


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_server_that_rejects_everything_stops_the_run(step, server, policy):
    for number in range(15):
        subscribe(f"p{number}@example.org", policy)
    change(policy)
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
    assert not Subscriber.objects.exclude(bounce_count=0).exists()
    assert MailOutage.objects.exists()


def test_address_is_suppressed_after_three_bounces(server, policy, caplog):
    subscribe(ANN, policy)
    subscribe(BOB, policy)
    server.reject = lambda step: f"550 5.1.1 <{ANN}> unknown" if step == ANN else None
    for number in range(3):
        change(policy, f"Note {number}.")
        send()
    ann, bob = Subscriber.objects.order_by("email")
    assert (ann.bounce_count, bool(ann.suppressed_at)) == (3, True)
    assert (bob.bounce_count, bob.suppressed_at) == (0, None)
    assert server.addresses == [BOB] * 3
    assert "550" in caplog.text
    assert ANN not in caplog.text


def test_temporary_failure_is_retried_with_growing_delays(server, policy):
    subscribe(ANN, policy)
    change(policy)
    server.reject = lambda step: "451 4.7.1 later" if step == ANN else None
    for pause in RETRY_DELAYS:
        before = timezone.now()
        send()
        row = Delivery.objects.get()
        assert row.state == State.WAITING
        assert pause <= row.due_at - before < pause + timedelta(minutes=1)
        Delivery.objects.update(due_at=timezone.now())
    send()
    assert states() == [State.FAILED]
    assert Subscriber.objects.get().suppressed_at is None


def test_accepted_email_resets_the_bounce_count(server, policy):
    subscribe(ANN, policy)
    Subscriber.objects.update(bounce_count=2)
    change(policy)
    send()
    assert Subscriber.objects.get().bounce_count == 0


def test_administrators_are_warned_without_any_address(server, policy, settings):
    subscribe(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send()
    later = timezone.now() + timedelta(hours=2)
    health = get_delivery_health(later)
    assert (health.waiting, health.is_well(later)) == (1, False)
    assert health.is_well(timezone.now())

    class Administrator:
        is_superuser = True

    [task] = unsent_updates(Administrator, later)
    assert "1 email update to residents" in task.text
    assert "ConnectionRefusedError" in task.text
    Administrator.is_superuser = False
    assert list(unsent_updates(Administrator, later)) == []


# Runs


def test_run_ends_in_time_and_the_next_continues(server, policy, caplog):
    for number in range(3):
        subscribe(f"p{number}@example.org", policy)
    change(policy)
    assert send_updates(timezone.now(), seconds=0) is True
    assert server.accepted == []
    assert send() is False
    assert len(server.accepted) == 3


def test_connection_is_renewed(server, policy, monkeypatch):
    monkeypatch.setattr(smtp, "MAX_PER_CONNECTION", 2)
    for number in range(5):
        subscribe(f"p{number}@example.org", policy)
    change(policy)
    send()
    assert (len(server.accepted), server.connections) == (5, 3)


def test_rate_per_minute_is_limited_by_the_settings(
    server,
    policy,
    settings,
    monkeypatch,
):
    pauses = []
    monkeypatch.setattr(smtp, "MAX_PER_CONNECTION", 2)
    monkeypatch.setattr(smtp, "sleep", pauses.append)
    settings.UPDATES_PER_MINUTE = 6
    for number in range(4):
        subscribe(f"p{number}@example.org", policy)
    change(policy)
    send()
    assert 15 < pauses[0] <= 20


def test_old_updates_are_purged_after_a_month(server, policy):
    subscribe(ANN, policy)
    change(policy)
    later = timezone.now() + timedelta(days=31)
    purge_old_updates(later)
    assert states() == [State.WAITING]
    send()
    purge_old_updates(timezone.now() + timedelta(days=29))
    assert UpdateEvent.objects.count() == 1
    purge_old_updates(later)
    assert (UpdateEvent.objects.count(), Delivery.objects.count()) == (0, 0)
