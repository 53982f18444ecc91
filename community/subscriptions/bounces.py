"""Bounces and spam complaints that mail servers report later.

Bounces are RFC 3464, complaints RFC 5965. Only reports that return the signed
Message-ID of one of our emails count: anyone can write to the address for reports.
Importing a report again changes nothing.
"""

import email
import logging
import mailbox
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import partial
from hmac import compare_digest
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from community.models import Subscriber

SALT = "community.subscriptions.message_id"
MESSAGE_ID = re.compile(
    r"<update\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9a-f]{32})@[^<>\s]+>"
)


def message_id(number: int, subscriber: Subscriber) -> str:
    """Return the signed id of the email whose first notification has this number."""
    host = urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
    signature = _signature(subscriber, number)
    return f"<update.{subscriber.pk}.{number}.{signature}@{host}>"


def subscriber_of(text: str) -> Subscriber | None:
    """Return the subscriber that the first valid Message-ID in a text names."""
    for pk, number, signature in MESSAGE_ID.findall(text):
        subscriber = Subscriber.objects.filter(pk=pk).first()
        if subscriber and compare_digest(
            _signature(subscriber, int(number)), signature
        ):
            return subscriber
    return None


def _signature(subscriber: Subscriber, number: int) -> str:
    # After a restore, primary keys are used again, but not with the same time.
    value = f"{subscriber.pk}/{subscriber.created_at.timestamp()}/{number}"
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()[:32]


logger = logging.getLogger(__name__)

# There is no such mailbox or host (RFC 3463). Other permanent errors, such as from a
# blocklist, may be over tomorrow.
GONE = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# RFC 5965 has "not-spam" too, and RFC 6591 reports that no reader has sent.
COMPLAINTS = {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"}


class BounceOutcome(StrEnum):
    """What a report has led to, as the command prints it."""

    SUPPRESSED_BOUNCE = "suppressed: the address does not exist"
    SUPPRESSED_COMPLAINT = "suppressed: the subscriber complained"
    NO_CHANGE = "already suppressed, or subscribed again since"
    TEMPORARY = "temporary failure: no action"
    NO_COMPLAINT = "not a complaint: no action"
    NOT_OURS = "not about one of our email updates"
    NO_REPORT = "not a report"
    UNREADABLE = "could not be read"


@dataclass(frozen=True)
class BounceReport:
    """Why a subscriber is to be suppressed."""

    outcome: BounceOutcome
    # The Message-IDs in the email that was returned.
    message_ids: str
    reported_at: datetime


def import_reports(paths: Iterable[Path], is_dry: bool) -> Counter[BounceOutcome]:
    """Import the reports in files and folders; return how many had which outcome."""
    readers = (each for path in paths for each in _readers(path))
    return Counter(_import(read, is_dry) for read in readers)


def _readers(path: Path) -> Iterator[Callable[[], Message]]:
    """Yield a function to read each message of an .eml file, mbox file or folder."""
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file():
                yield from _readers(each)
        return
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if is_mbox:
        box = mailbox.mbox(path, create=False)
        yield from [partial(box.get_message, key) for key in box.iterkeys()]
        box.close()
    else:
        yield lambda: email.message_from_bytes(path.read_bytes())


def _import(read: Callable[[], Message], is_dry: bool) -> BounceOutcome:
    try:
        report = _parse(read())
    except Exception as error:
        # Anyone can send anything there; the reports after it are still read.
        logger.warning("A bounce report could not be read: %s", type(error).__name__)
        return BounceOutcome.UNREADABLE
    if isinstance(report, BounceOutcome):
        return report
    subscriber = subscriber_of(report.message_ids)
    if subscriber is None:
        return BounceOutcome.NOT_OURS
    is_suppressed = _suppress(subscriber, report.reported_at, is_dry)
    return report.outcome if is_suppressed else BounceOutcome.NO_CHANGE


def _parse(message: Message) -> BounceReport | BounceOutcome:
    """Return the report in a message, or the outcome where nothing is to be done."""
    if message.get_content_type() != "multipart/report":
        return BounceOutcome.NO_REPORT
    outcome = BounceOutcome.SUPPRESSED_BOUNCE
    if complaint := _part(message, "message/feedback-report"):
        types = {_text(each, "Feedback-Type") for each in _fields(complaint)}
        if not types & COMPLAINTS:
            return BounceOutcome.NO_COMPLAINT
        outcome = BounceOutcome.SUPPRESSED_COMPLAINT
    elif not (statuses := _statuses(message)):
        return BounceOutcome.NO_REPORT
    elif not GONE & set(statuses):
        return BounceOutcome.TEMPORARY
    return BounceReport(outcome, _message_ids(message), _reported_at(message))


def _suppress(subscriber: Subscriber, reported_at: datetime, is_dry: bool) -> bool:
    """Suppress a subscriber, unless they have confirmed again since the report."""
    active = Subscriber.objects.filter(pk=subscriber.pk, suppressed_at=None)
    active = active.exclude(subscriptions__confirmed_at__gt=reported_at)
    if is_dry:
        return active.exists()
    return bool(active.update(suppressed_at=timezone.now()))


def _part(message: Message, content_type: str) -> Message | None:
    parts = (each for each in message.walk() if each.get_content_type() == content_type)
    return next(parts, None)


def _fields(report: Message) -> list[Message]:
    groups = report.get_payload()
    return groups if isinstance(groups, list) else []


def _text(fields: Message, name: str) -> str:
    # With non-ASCII characters it is a `Header`, not a string.
    return str(fields.get(name) or "").strip().lower()


def _statuses(message: Message) -> list[str]:
    """Return the status of each recipient that failed, such as "5.1.1"."""
    report = _part(message, "message/delivery-status")
    groups = _fields(report) if report else []
    failed = {"failed", "delayed"}
    return [_text(each, "Status") for each in groups if _text(each, "Action") in failed]


def _message_ids(message: Message) -> str:
    """Return the ids in what was returned: the email, or its headers only."""
    found = []
    for part in message.walk():
        if part is not message:
            found += part.get_all("Message-ID", [])
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True).decode("ascii", "replace")
            found += email.message_from_string(text).get_all("Message-ID", [])
    return " ".join(map(str, found))


def _reported_at(message: Message) -> datetime:
    """Return the date of a report, or now if it has none."""
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError, OverflowError):
        return timezone.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
