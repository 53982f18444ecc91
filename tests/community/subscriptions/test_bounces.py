"""Bounces and complaints suppress subscribers; only genuine reports count."""

from datetime import timedelta
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import Parser
from email.utils import format_datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from community.models import Subscriber
from community.subscriptions.bounces import message_id
from community.subscriptions.services import confirm_subscription
from tests.community.subscriptions.conftest import ANN

FROM = "From mx@example.org Mon Jan  4 08:00:00 2027\n"


@pytest.fixture
def ours(make_subscription):
    return message_id(1, make_subscription().subscriber)


def report(
    returned,
    kind="delivery-status",
    status="5.1.1",
    feedback="abuse",
    as_headers=False,
    date=None,
):
    message = MIMEMultipart("report", report_type=kind)
    message["Date"] = date or format_datetime(timezone.now() + timedelta(minutes=1))
    message.attach(MIMEText("It could not be delivered."))
    fields = (
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {ANN}\n"
        f"Action: failed\nStatus: {status}\n"
        if kind == "delivery-status"
        else f"Feedback-Type: {feedback}\nVersion: 1\n"
    )
    inner = f"From: a@council.example\nMessage-ID: {returned}\nSubject: x\n\nText"
    original = "text/rfc822-headers" if as_headers else "message/rfc822"
    for content_type, text in ((f"message/{kind}", fields), (original, inner)):
        message.attach(Parser().parsestr(f"Content-Type: {content_type}\n\n{text}"))
    return message.as_string()


@pytest.fixture
def take(tmp_path):
    def run(*texts):
        path = tmp_path / "bounces.mbox"
        path.write_text("".join(f"{FROM}{each}\n\n" for each in texts), "latin-1")
        output = StringIO()
        call_command("process_bounces", str(path), stdout=output)
        assert ANN not in output.getvalue()
        return output.getvalue()

    return run


def is_suppressed():
    return Subscriber.objects.get().suppressed_at is not None


def test_hard_bounce_or_complaint_suppresses(take, ours):
    for values in ({}, {"as_headers": True}, {"kind": "feedback-report"}):
        assert take(report(ours, **values)) == "1 suppressed\n"
        assert is_suppressed()
        Subscriber.objects.update(suppressed_at=None)


def test_folder_of_single_messages_is_read(tmp_path, ours):
    folder = tmp_path / "mail" / "new"
    folder.mkdir(parents=True)
    (folder / "1.eml").write_text(report(ours), "latin-1")
    (folder / "2.eml").write_text("Hello")
    output = StringIO()
    call_command("process_bounces", str(tmp_path / "mail"), stdout=output)
    assert "1 suppressed\n" in output.getvalue()
    assert is_suppressed()


def test_other_and_forged_reports_and_messages_change_nothing(take, ours):
    others = [report(ours, status=each) for each in ("4.2.2", "5.7.1", "5.2.2")]
    others += [
        report(ours, kind="feedback-report", feedback=each)
        for each in ("not-spam", "auth-failure")
    ]
    others += ["", "Hello", "\n\n\x00", "Content-Type: multipart/report"]
    forged = [report(each) for each in (ours.upper(), ours.replace(".", ".1", 1))]
    printed = take(*others, *forged)
    assert "9 no permanent failure" in printed
    assert "2 not about one of our email updates" in printed
    assert not is_suppressed()


def test_importing_twice_changes_nothing_even_after_resubscribing(take, ours):
    now = timezone.now()
    text = report(ours, date=format_datetime(now - timedelta(days=1)))
    subscription = Subscriber.objects.get().subscriptions.get()
    subscription.confirmed_at = now - timedelta(days=9)
    subscription.save()
    take(text)
    assert "1 already suppressed" in take(text)
    confirm_subscription(subscription, now)
    assert "subscribed again" in take(text)
    assert not is_suppressed()


def test_malformed_message_does_not_stop_the_import(take, ours):
    nested = "Content-Type: message/rfc822\n\n" * 3000
    strange = report("<x@y>").replace("5.1.1", "\xff")
    assert "1 suppressed" in take(nested, strange, report(ours))


@pytest.mark.parametrize("date", ["\xff", "Mon, 4 Jan 2027 08:00:00 +99999999999999"])
def test_report_without_a_valid_date_counts_as_of_now(take, ours, date):
    take(report(ours, date="DATE").replace("DATE", date))
    assert is_suppressed()


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(CommandError):
        call_command("process_bounces", str(tmp_path / "none.mbox"))
