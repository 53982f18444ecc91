"""Bounces (RFC 3464) and spam complaints (RFC 5965) that mail servers report later.

Only reports that return the signed Message-ID of one of our emails count: anyone can
write to the address for reports. Importing a report again changes nothing.
"""

import email
import logging
import mailbox
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from hmac import compare_digest
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from community.models import Subscriber

logger = logging.getLogger(__name__)

SALT = "community.subscriptions.message_id"
MESSAGE_ID = re.compile(
    r"<update\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9a-f]{32})@[^<>\s]+>"
)
# There is no such mailbox or host (RFC 3463). Other permanent errors, such as from a
# blocklist, may be over tomorrow.
GONE = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# RFC 5965 has "not-spam" too, and RFC 6591 reports that no reader has sent.
COMPLAINTS = {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"}


def message_id(number: int, subscriber: Subscriber) -> str:
    """Return the signed id of the email whose first notification has this number."""
    host = urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
    signature = _signature(subscriber, number)
    return f"<update.{subscriber.pk}.{number}.{signature}@{host}>"


def _signature(subscriber: Subscriber, number: int) -> str:
    # After a restore, primary keys are used again, but not with the same time.
    value = f"{subscriber.pk}/{subscriber.created_at.timestamp()}/{number}"
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()[:32]


def import_reports(path: Path) -> Counter[str]:
    """Import the reports in a folder, or a file; return how many had which outcome."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    messages = (each for file in paths if file.is_file() for each in _messages(file))
    return Counter(map(_import, messages))


def _messages(path: Path) -> Iterator[bytes]:
    """Yield the messages of an mbox file, or the only one of an .eml file."""
    with path.open("rb") as file:
        if file.read(5) != b"From ":
            yield path.read_bytes()
            return
    with closing(mailbox.mbox(path, create=False)) as box:
        yield from map(box.get_bytes, box.iterkeys())


def _import(content: bytes) -> str:
    try:
        message = email.message_from_bytes(content)
        if not reports_failure(message):
            return "no permanent failure and no complaint: no action"
        reported_at, subscriber = _reported_at(message), _subscriber_of(message)
    except Exception as error:
        # Anyone can send anything there; the reports after it are still read.
        logger.warning("A bounce report could not be read: %s", type(error).__name__)
        return "could not be read"
    if subscriber is None:
        return "not about one of our email updates"
    active = Subscriber.objects.filter(pk=subscriber.pk, suppressed_at=None)
    # Unless they have confirmed again since the report.
    active = active.exclude(subscriptions__confirmed_at__gt=reported_at)
    is_changed = active.update(suppressed_at=timezone.now())
    return "suppressed" if is_changed else "already suppressed, or subscribed again"


def reports_failure(message: Message) -> bool:
    """Say whether it reports that an address does not exist, or a complaint."""
    # Each group of fields in a report is parsed as a part of its own. With non-ASCII
    # characters a field is a `Header`, not a string.
    return message.get_content_type() == "multipart/report" and any(
        str(part.get("Feedback-Type")).strip().lower() in COMPLAINTS
        or str(part.get("Status")).strip() in GONE
        for part in message.walk()
    )


def _subscriber_of(message: Message) -> Subscriber | None:
    for part in message.walk():
        text = (part.get_payload(decode=True) or b"").decode("ascii", "replace")
        for pk, number, signature in MESSAGE_ID.findall(f"{part['Message-ID']} {text}"):
            subscriber = Subscriber.objects.filter(pk=pk).first()
            if subscriber and compare_digest(
                _signature(subscriber, int(number)), signature
            ):
                return subscriber
    return None


def _reported_at(message: Message) -> datetime:
    """Return the date of a report, or now if it has none."""
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError, OverflowError):
        return timezone.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
