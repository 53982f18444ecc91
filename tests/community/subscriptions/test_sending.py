"""What followers get, from a real mail server: once, all of it, and nothing else."""

from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import (
    Delivery,
    Frequency,
    MailOutage,
    Notice,
    Subscriber,
    Subscription,
)
from community.subscriptions import smtp
from community.subscriptions.outage import get_updates_state, updates_not_sent
from community.subscriptions.retention import forget_old_updates
from community.subscriptions.sending import send_updates
from community.subscriptions.services import end, forget_unconfirmed
from community.subscriptions.smtp import BACK_OFF
from tests.community.subscriptions.people import change, follow, published_policy
from tests.community.subscriptions.smtp import smtp_server

ANN, BOB = "ann@example.org", "bob@example.org"
State = Delivery.State


@pytest.fixture
def policy(section):
    """Return a policy that was published long ago, of which nobody was told."""
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


def test_each_follower_gets_one_email_and_never_another(server, policy):
    for email in (ANN, BOB):
        follow(email, policy)
    change(policy)
    assert send() is False
    send()
    assert sorted(server.addresses) == [ANN, BOB]
    assert states() == [State.SENT, State.SENT]


def test_email_reads_well_as_text_and_as_html(server, policy):
    policy.title = "Food & <b>drink</b>\nplan"
    follow(ANN, policy)
    change(policy, "Bread <i>&</i> butter.")
    send()
    message = server.read()
    assert message["Subject"] == "Changed: Food & <b>drink</b> plan"
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
    follow(ANN, policy)
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


def test_digest_holds_all_that_is_due_for_one_person(server, policy, section):
    follow(ANN, policy, Frequency.DAILY)
    follow(ANN, section, Frequency.WEEKLY)
    change(policy, "One.")
    change(policy, "Two.")
    change(section, "Three.")
    send()
    assert server.taken == []
    Delivery.objects.update(due_at=timezone.now())
    send()
    [address] = server.addresses
    message = server.read()
    assert (address, message["Subject"][:9]) == (ANN, "3 updates")
    text = message.get_body(("plain",)).get_content()
    assert all(word in text for word in ("One.", "Two.", "Three."))
    assert "/follow/unsubscribe-all/" in message["List-Unsubscribe"]


def test_withdrawn_page_is_told_with_a_link_to_its_section(server, policy):
    follow(ANN, policy)
    slug = policy.slug
    policy.delete()
    forget_unconfirmed(timezone.now() + timedelta(days=8))
    send()
    message = server.read()
    assert message["Subject"] == "No longer on our website: Food plan"
    text = message.get_body(("plain",)).get_content()
    assert slug not in text
    assert "https://council.example/stronger-communities/" in text


@pytest.mark.parametrize(
    "way", ["unsubscribed", "just now", "stopped", "private", "back again"]
)
def test_what_is_no_longer_wanted_or_true_is_not_sent(way, server, policy):
    wish = follow(ANN, policy)
    change(policy)
    if way == "unsubscribed":
        end(wish)
    elif way == "just now":
        # Ended while the page was being published: its row was not there to be deleted.
        Subscription.objects.filter(pk=wish.pk)._raw_delete("default")
    elif way == "stopped":
        Subscriber.objects.update(suppressed_at=timezone.now())
    elif way == "private":
        PageViewRestriction.objects.create(page=policy, restriction_type="login")
        Notice.objects.filter(kind="withdrawn").delete()
    else:
        policy.unpublish()
        policy.get_latest_revision().publish()
        Notice.objects.filter(kind="changed").delete()
    send()
    assert server.taken == []
    assert states() == []


def test_who_stops_while_others_are_sent_to_gets_nothing(server, policy, monkeypatch):
    for email in (ANN, BOB):
        follow(email, policy)
    change(policy)

    def stop(server_side, message):
        Subscriber.objects.filter(email=BOB).update(suppressed_at=timezone.now())
        hand_over(server_side, message)

    hand_over = smtp.SMTPSession.send
    monkeypatch.setattr(smtp.SMTPSession, "send", stop)
    send()
    assert server.addresses == [ANN]


def test_what_was_under_way_when_the_process_died_is_sent_again(server, policy):
    follow(ANN, policy)
    change(policy)
    Delivery.objects.update(state=State.SENDING, attempts=1)
    send()
    assert states() == [State.SENT]
    assert server.addresses == [ANN]


def test_email_that_is_sent_again_has_the_same_id(server, policy):
    follow(ANN, policy)
    change(policy)
    send()
    Delivery.objects.update(state=State.SENDING)
    send()
    assert server.read(0)["Message-ID"] == server.read(1)["Message-ID"]


# Refusals


def test_server_that_is_away_costs_nobody_anything(server, policy, settings):
    follow(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send()
    row, trouble = Delivery.objects.get(), MailOutage.objects.get()
    assert (row.state, row.attempts, trouble.tries) == (State.WAITING, 0, 1)
    settings.EMAIL_PORT = server.port
    # It is tried again after a minute and not before.
    send()
    assert server.taken == []
    send(timedelta(minutes=1))
    assert server.addresses == [ANN]
    assert not MailOutage.objects.exists()


def test_trouble_ends_with_the_last_who_waits(policy):
    """Else the status would be bad until something is sent, weeks later."""
    now = timezone.now()
    wish = follow(ANN, policy)
    change(policy)
    MailOutage.objects.create(
        pk=1, since=now - timedelta(hours=2), tries=3, try_again_at=now, problem="away"
    )
    assert not get_updates_state(now).is_well(now)
    end(wish)
    send_updates(timezone.now())
    assert get_updates_state(now).is_well(now)


def test_server_that_is_away_for_two_days_gets_it_all_then(server, policy, settings):
    follow(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    for hour in range(0, 48, 4):
        send(timedelta(hours=hour))
    assert states() == [State.WAITING]
    settings.EMAIL_PORT = server.port
    send(timedelta(hours=49))
    assert server.addresses == [ANN]


def test_news_of_last_week_is_given_up(server, policy, settings):
    follow(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send(timedelta(days=7, minutes=1))
    assert states() == [State.FAILED]


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_server_that_refuses_everybody_stops_the_round(step, server, policy):
    for number in range(15):
        follow(f"p{number}@example.org", policy)
    change(policy)
    asked = []

    def refuse(at):
        if at == step:
            asked.append(at)
            return "550 5.1.8 who are you?"
        return None

    server.refuse = refuse
    send()
    assert len(asked) == (1 if step == "MAIL" else 10)
    assert set(states()) == {State.WAITING}
    assert not Subscriber.objects.exclude(refusals=0).exists()
    assert MailOutage.objects.exists()


def test_refused_address_is_stopped_after_three_times(server, policy, caplog):
    follow(ANN, policy)
    follow(BOB, policy)
    server.refuse = lambda step: f"550 5.1.1 <{ANN}> is nobody" if step == ANN else None
    for number in range(3):
        change(policy, f"Note {number}.")
        send()
    ann, bob = Subscriber.objects.order_by("email")
    assert (ann.refusals, bool(ann.suppressed_at)) == (3, True)
    assert (bob.refusals, bob.suppressed_at) == (0, None)
    assert server.addresses == [BOB] * 3
    assert "550" in caplog.text
    assert ANN not in caplog.text


def test_refusal_for_now_is_tried_again_later_and_later(server, policy):
    follow(ANN, policy)
    change(policy)
    server.refuse = lambda step: "451 4.7.1 later" if step == ANN else None
    for pause in BACK_OFF:
        before = timezone.now()
        send()
        row = Delivery.objects.get()
        assert row.state == State.WAITING
        assert pause <= row.due_at - before < pause + timedelta(minutes=1)
        Delivery.objects.update(due_at=timezone.now())
    send()
    assert states() == [State.FAILED]
    assert Subscriber.objects.get().suppressed_at is None


def test_address_that_is_taken_again_starts_from_nothing(server, policy):
    follow(ANN, policy)
    Subscriber.objects.update(refusals=2)
    change(policy)
    send()
    assert Subscriber.objects.get().refusals == 0


def test_operators_are_told_without_any_address(server, policy, settings):
    follow(ANN, policy)
    change(policy)
    settings.EMAIL_PORT = 1
    send()
    later = timezone.now() + timedelta(hours=2)
    state = get_updates_state(later)
    assert (state.waiting, state.is_well(later)) == (1, False)
    assert state.is_well(timezone.now())

    class Administrator:
        is_superuser = True

    [need] = updates_not_sent(Administrator, later)
    assert "1 email update to residents" in need.text
    assert "ConnectionRefusedError" in need.text
    Administrator.is_superuser = False
    assert list(updates_not_sent(Administrator, later)) == []


# Rounds


def test_round_ends_in_time_and_the_next_goes_on(server, policy, caplog):
    for number in range(3):
        follow(f"p{number}@example.org", policy)
    change(policy)
    assert send_updates(timezone.now(), seconds=0) is True
    assert server.taken == []
    assert send() is False
    assert len(server.taken) == 3


def test_connection_is_made_anew_now_and_then(server, policy, monkeypatch):
    monkeypatch.setattr(smtp, "PER_CONNECTION", 2)
    for number in range(5):
        follow(f"p{number}@example.org", policy)
    change(policy)
    send()
    assert (len(server.taken), server.connections) == (5, 3)


def test_no_more_are_sent_in_a_minute_than_the_settings_allow(
    server,
    policy,
    settings,
    monkeypatch,
):
    pauses = []
    monkeypatch.setattr(smtp, "PER_CONNECTION", 2)
    monkeypatch.setattr(smtp, "sleep", pauses.append)
    settings.UPDATES_PER_MINUTE = 6
    for number in range(4):
        follow(f"p{number}@example.org", policy)
    change(policy)
    send()
    assert 15 < pauses[0] <= 20


def test_what_was_told_is_forgotten_after_a_month(server, policy):
    follow(ANN, policy)
    change(policy)
    later = timezone.now() + timedelta(days=31)
    forget_old_updates(later)
    assert states() == [State.WAITING]
    send()
    forget_old_updates(timezone.now() + timedelta(days=29))
    assert Notice.objects.count() == 1
    forget_old_updates(later)
    assert (Notice.objects.count(), Delivery.objects.count()) == (0, 0)
