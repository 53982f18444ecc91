"""What mail servers report later: that an e-mail bounced, or was called spam (R4).

Delivery status messages are RFC 3464, complaints RFC 5965. Only a report that carries
the Message-ID of an e-mail of ours back counts: anybody can write to the address where
reports arrive. Reading the same report again changes nothing.
"""

import email
import mailbox
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path

from django.utils import timezone

from community.models import Subscriber
from community.subscriptions.message_ids import subscriber_of


class Outcome(StrEnum):
    """What a report comes to, as operators read it."""

    STOPPED_BOUNCE = "stopped, as the address does not exist"
    STOPPED_COMPLAINT = "stopped, as the owner complained"
    BEFORE = "stopped already, or asked for again since"
    SOFT = "not delivered for now: nothing to do"
    NOT_OURS = "about no e-mail update of ours"
    NO_REPORT = "no report at all"


def import_reports(paths: Iterable[Path], is_dry: bool) -> Counter[Outcome]:
    """Read the reports in files and folders; return how many came to what."""
    messages = (each for path in paths for each in _messages(path))
    return Counter(_take(message, is_dry) for message in messages)


def _messages(path: Path) -> Iterator[Message]:
    """Yield what is in an .eml file, an mbox file, or a folder of such."""
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file():
                yield from _messages(each)
        return
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if is_mbox:
        box = mailbox.mbox(path, create=False)
        yield from box
        box.close()
    else:
        yield email.message_from_bytes(path.read_bytes())


def _take(message: Message, is_dry: bool) -> Outcome:
    if message.get_content_type() != "multipart/report":
        return Outcome.NO_REPORT
    is_complaint = _part(message, "message/feedback-report") is not None
    if not is_complaint:
        statuses = _statuses(message)
        if not statuses:
            return Outcome.NO_REPORT
        if not any(status.startswith("5") for status in statuses):
            return Outcome.SOFT
    person = subscriber_of(_returned(message))
    if person is None:
        return Outcome.NOT_OURS
    if not _stop(person, _written_at(message), is_dry):
        return Outcome.BEFORE
    return Outcome.STOPPED_COMPLAINT if is_complaint else Outcome.STOPPED_BOUNCE


def _stop(person: Subscriber, at: datetime, is_dry: bool) -> bool:
    """Stop sending to somebody who has not asked for it again since."""
    running = Subscriber.objects.filter(pk=person.pk, stopped_at=None)
    running = running.exclude(subscriptions__confirmed_at__gt=at)
    if is_dry:
        return running.exists()
    return bool(running.update(stopped_at=timezone.now()))


def _part(message: Message, content_type: str) -> Message | None:
    parts = (each for each in message.walk() if each.get_content_type() == content_type)
    return next(parts, None)


def _statuses(message: Message) -> list[str]:
    """Return the status of each recipient that could not be reached, as "5.1.1"."""
    report = _part(message, "message/delivery-status")
    fields = report.get_payload() if report is not None else []
    failed = {"failed", "delayed"}
    return [
        (each.get("Status") or "").strip()
        for each in (fields if isinstance(fields, list) else [])
        if (each.get("Action") or "").strip().lower() in failed
    ]


def _returned(message: Message) -> str:
    """Return the ids in what came back: the e-mail itself, or its headers only."""
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
        at = parsedate_to_datetime(message["Date"])
    except (TypeError, ValueError):
        return timezone.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
