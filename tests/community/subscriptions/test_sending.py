"""What subscribers get, from a real mail server: once, all of it, nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Frequency, Subscriber, Subscription, UpdateEvent
from community.subscriptions.services import (
    purge_old_events,
    purge_unconfirmed,
)
from home.notifications.outbox import Notification
from home.notifications.sending import (
    SMTPSession,
    purge_notifications,
    send_notifications,
)
from tests.community.subscriptions.conftest import ANN, BOB, path_of
from tests.community.subscriptions.people import change, subscribe

State = Notification.State


def send():
    """Send what is due."""
    return send_notifications(timezone.now())


def states():
    return list(Notification.objects.order_by("pk").values_list("state", flat=True))


def test_email_reads_well_and_lets_people_unsubscribe_by_one_click(
    server, policy, client
):
    policy.title = "Food & <b>drink</b>\nplan"
    subscribe(ANN, policy)
    Subscriber.objects.update(bounce_count=2)
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
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = path_of("".join(message["List-Unsubscribe"].split()).strip("<>"))
    assert Subscriber.objects.get().bounce_count == 0
    client.post(path, {"List-Unsubscribe": "One-Click"})
    assert not Subscription.objects.exists()


def test_digest_has_all_that_is_due_to_one_subscriber(server, policy, section):
    subscribe(ANN, policy, Frequency.DAILY)
    subscribe(ANN, section, Frequency.WEEKLY)
    change(policy, "One.")
    change(policy, "Two.")
    change(section, "Three.")
    send()
    assert server.accepted == []
    Notification.objects.update(due_at=timezone.now())
    send()
    [address] = server.addresses
    message = server.read()
    assert (address, message["Subject"][:9]) == (ANN, "3 updates")
    text = message.get_body(("plain",)).get_content()
    assert all(word in text for word in ("One.", "Two.", "Three."))
    assert "/follow/unsubscribe-all/" in message["List-Unsubscribe"]


def test_email_about_a_withdrawn_page_does_not_link_to_it(server, policy):
    subscribe(ANN, policy)
    slug = policy.slug
    policy.delete()
    purge_unconfirmed(timezone.now() + timedelta(days=8))
    send()
    message = server.read()
    assert message["Subject"] == "Removed: Food plan"
    text = message.get_body(("plain",)).get_content()
    assert "removed from our website: https://council.example" in text
    assert slug not in text


@pytest.mark.parametrize("way", ["just now", "stopped", "private", "back again"])
def test_deliveries_that_are_no_longer_wanted_are_not_sent(way, server, policy):
    subscription = subscribe(ANN, policy)
    change(policy)
    if way == "just now":
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
        # Whose turn is first depends on the numbers of the two.
        others = Subscriber.objects.exclude(email=message.to[0])
        others.update(suppressed_at=timezone.now())
        send_email(server_side, message)

    send_email = SMTPSession.send
    monkeypatch.setattr(SMTPSession, "send", stop)
    send()
    assert len(server.addresses) == 1


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


def test_sent_again_with_the_same_id_and_purged_after_a_month(server, policy):
    subscribe(ANN, policy)
    change(policy)
    later = timezone.now() + timedelta(days=31)
    purge_old_events(later)
    assert UpdateEvent.objects.count() == 1
    send()
    Notification.objects.update(state=State.SENDING)
    send()
    assert server.read(0)["Message-ID"] == server.read(1)["Message-ID"]
    purge_old_events(timezone.now() + timedelta(days=29))
    assert UpdateEvent.objects.count() == 1
    for purge in (purge_old_events, purge_notifications):
        purge(later)
    assert (UpdateEvent.objects.count(), states()) == (0, [])
