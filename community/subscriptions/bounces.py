"""What mail servers report later: that an email bounced, or was called spam (R4).

Delivery status messages are RFC 3464, complaints RFC 5965. Only a report that carries
the Message-ID of an email of ours back counts: anybody can write to the address where
reports arrive. Reading the same report again changes nothing.
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

from community.models import Delivery, Subscriber

SALT = "community.subscriptions.message_id"
SHAPE = re.compile(r"<update\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9a-f]{32})@[^<>\s]+>")


def message_id(delivery: Delivery) -> str:
    """Return the id of the email whose first row this is."""
    host = urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
    person = delivery.subscriber
    proof = _proof(person, delivery.pk)
    return f"<update.{person.pk}.{delivery.pk}.{proof}@{host}>"


def subscriber_of(text: str) -> Subscriber | None:
    """Return whom an email of ours went to, by the first id of ours in a text."""
    for pk, delivery_pk, proof in SHAPE.findall(text):
        person = Subscriber.objects.filter(pk=pk).first()
        if person and compare_digest(_proof(person, int(delivery_pk)), proof):
            return person
    return None


def _proof(person: Subscriber, delivery_pk: int) -> str:
    # After a restore, numbers are given again, but not at the same moment.
    value = f"{person.pk}/{person.created_at.timestamp()}/{delivery_pk}"
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()[:32]


logger = logging.getLogger(__name__)

# There is no such mailbox or host (RFC 3463). What else is refused for good, such as by
# a list of senders that somebody does not trust today, may be taken tomorrow.
GONE = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# RFC 5965 also knows the contrary of a complaint, RFC 6591 what no reader has sent.
COMPLAINTS = {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"}


class Outcome(StrEnum):
    """What a report comes to, as operators read it."""

    STOPPED_BOUNCE = "stopped, as the address does not exist"
    STOPPED_COMPLAINT = "stopped, as the owner complained"
    BEFORE = "stopped already, or asked for again since"
    SOFT = "not delivered for now: nothing to do"
    NO_COMPLAINT = "no complaint: nothing to do"
    NOT_OURS = "about no email update of ours"
    NO_REPORT = "no report at all"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Report:
    """Why nothing more is to be sent to somebody."""

    outcome: Outcome
    # The ids in the email that came back.
    returned: str
    written_at: datetime


def import_reports(paths: Iterable[Path], is_dry: bool) -> Counter[Outcome]:
    """Read the reports in files and folders; return how many came to what."""
    readers = (each for path in paths for each in _readers(path))
    return Counter(_take(read, is_dry) for read in readers)


def _readers(path: Path) -> Iterator[Callable[[], Message]]:
    """Yield what reads each message of an .eml file, an mbox file, or a folder."""
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


def _take(read: Callable[[], Message], is_dry: bool) -> Outcome:
    try:
        found = _understand(read())
    except Exception as error:
        # Anybody can send anything there; the reports after it are read all the same.
        logger.warning("A report cannot be read: %s", type(error).__name__)
        return Outcome.UNREADABLE
    if isinstance(found, Outcome):
        return found
    person = subscriber_of(found.returned)
    if person is None:
        return Outcome.NOT_OURS
    is_stopped = _stop(person, found.written_at, is_dry)
    return found.outcome if is_stopped else Outcome.BEFORE


def _understand(message: Message) -> Report | Outcome:
    """Return the report that a message is, or what it comes to without one."""
    if message.get_content_type() != "multipart/report":
        return Outcome.NO_REPORT
    outcome = Outcome.STOPPED_BOUNCE
    if complaint := _part(message, "message/feedback-report"):
        kinds = {_text(each, "Feedback-Type") for each in _fields(complaint)}
        if not kinds & COMPLAINTS:
            return Outcome.NO_COMPLAINT
        outcome = Outcome.STOPPED_COMPLAINT
    elif not (statuses := _statuses(message)):
        return Outcome.NO_REPORT
    elif not GONE & set(statuses):
        return Outcome.SOFT
    return Report(outcome, _returned(message), _written_at(message))


def _stop(person: Subscriber, at: datetime, is_dry: bool) -> bool:
    """Stop sending to somebody who has not asked for it again since."""
    running = Subscriber.objects.filter(pk=person.pk, suppressed_at=None)
    running = running.exclude(subscriptions__confirmed_at__gt=at)
    if is_dry:
        return running.exists()
    return bool(running.update(suppressed_at=timezone.now()))


def _part(message: Message, content_type: str) -> Message | None:
    parts = (each for each in message.walk() if each.get_content_type() == content_type)
    return next(parts, None)


def _fields(report: Message) -> list[Message]:
    """Return the groups of fields that a report is made of."""
    groups = report.get_payload()
    return groups if isinstance(groups, list) else []


def _text(fields: Message, name: str) -> str:
    # Where a sign is none of ASCII it is no text yet.
    return str(fields.get(name) or "").strip().lower()


def _statuses(message: Message) -> list[str]:
    """Return the status of each recipient that could not be reached, as "5.1.1"."""
    report = _part(message, "message/delivery-status")
    groups = _fields(report) if report else []
    failed = {"failed", "delayed"}
    return [_text(each, "Status") for each in groups if _text(each, "Action") in failed]


def _returned(message: Message) -> str:
    """Return the ids in what came back: the email itself, or its headers only."""
    found = []
    for part in message.walk():
        if part is not message:
            found += part.get_all("Message-ID", [])
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True).decode("ascii", "replace")
            found += email.message_from_string(text).get_all("Message-ID", [])
    return " ".join(map(str, found))


def _written_at(message: Message) -> datetime:
    """Return when a report was written; now, where it does not say."""
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError, OverflowError):
        return timezone.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
