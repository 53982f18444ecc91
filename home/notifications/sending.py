"""Sends the notifications that are due, each once (ADR 33).

They are marked as being sent before the server gets the email, and as sent right after.
A process that is killed leaves at most one email that the server has accepted and that
is not marked; it is sent again, as a lost email would be worse.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from time import monotonic, sleep
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Count, F, Min, QuerySet

from home.content.dates import format_relative_datetime
from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from home.jobs import register_job
from home.notifications.outbox import (
    OPEN,
    MailOutage,
    Notification,
    SMTPFailure,
    kinds,
)

logger = logging.getLogger(__name__)

State = Notification.State
SECONDS = 25
# Recipients at a time.
CHUNK_SIZE = 100
# After so many recipients in a row the server is to blame, not their addresses.
MAX_FAILURES_IN_A_ROW = 10
# Older emails are no longer news.
GIVE_UP_AFTER = timedelta(days=7)
# Restarts of the mail server are not worth an alarm.
ALARM_AFTER = timedelta(hours=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The last is used from then on, so that sending resumes soon after the server is back.
OUTAGE_DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE)
# Almost a week in all.
RETRY_DELAYS = (*OUTAGE_DELAYS, 2 * HOUR, 6 * HOUR, 12 * HOUR, *6 * (24 * HOUR,))
# Servers close connections after too many messages.
MAX_PER_CONNECTION = 100
# Servers may scan an email before they accept it; giving up early would send it twice.
TIMEOUT = 60
# The server is closing the connection, for any recipient (RFC 5321, 4.2.2).
CLOSING = 421
# Security or policy (RFC 3463): the address may well exist.
POLICY = re.compile(r"5\.7\.")


@register_job("send notifications", is_long=True)
def send_notifications(at: datetime, seconds: float = SECONDS) -> bool:
    """Send what is due, for so many seconds; return whether there is more."""
    outage = MailOutage.objects.first()
    if outage and outage.retry_at > at:
        return False
    if not Notification.objects.due(at).exists():
        # The next email shows whether the server is back.
        MailOutage.objects.all().delete()
        return False
    try:
        with SMTPSession() as session:
            run = SendingRun(session, at, has_outage=bool(outage))
            return run.run(monotonic() + seconds)
    except (SMTPException, OSError) as error:
        record_outage(error, at)
        return False


class SMTPSession:
    """A connection that is renewed from time to time. Raises `smtplib`'s errors."""

    def __enter__(self) -> "SMTPSession":
        self._connection, self._sent = get_connection(timeout=TIMEOUT), 0
        self._opened_at = monotonic()
        self._connection.open()
        return self

    def __exit__(self, *error) -> None:
        self._connection.close()

    def reconnect_if_due(self) -> None:
        """Open a new connection, no sooner than UPDATES_PER_MINUTE allows."""
        if not self._sent or self._sent % MAX_PER_CONNECTION:
            return
        self._connection.close()
        due = self._opened_at + 60 * self._sent / settings.UPDATES_PER_MINUTE
        sleep(max(0, due - monotonic()))
        self._connection.open()

    def send(self, message: EmailMessage) -> None:
        self._sent += 1
        message.connection = self._connection
        self._connection.send_messages([message])


class SendingRun:
    """One run of sending; raises the SMTP error where nothing more can be sent.

    Emails are passed as their notifications, which are all of one kind.
    """

    def __init__(self, session: SMTPSession, at: datetime, has_outage: bool):
        self._session, self._at, self._has_outage = session, at, has_outage
        # In a row: until an email is accepted, the server may be to blame.
        self._failures: list[tuple[list[Notification], SMTPFailure]] = []

    def run(self, deadline: float) -> bool:
        """Send until a monotonic time; return whether there is more."""
        try:
            while chunk := self._next_chunk():
                for rows in chunk:
                    if monotonic() >= deadline:
                        return True
                    self._session.reconnect_if_due()
                    self._handle(rows)
            return False
        finally:
            self._settle_failures()

    def _next_chunk(self) -> list[list[Notification]]:
        all_due = Notification.objects.due(self._at)
        for kind in sorted(kinds.values(), key=lambda kind: kind.is_bulk):
            due = all_due.filter(kind=kind.name)
            # One that has nothing left to send gives way to the next.
            while rows := _next_rows(due):
                if chunk := list(kind.batch(rows, self._at)):
                    return chunk
        return []

    def _handle(self, rows: list[Notification]) -> None:
        kind = rows[0].kind
        try:
            message = kinds[kind].build(rows, self._at)
        except Exception:
            # One email that cannot be built must not hold up the others.
            logger.exception("A notification (%s) could not be built.", kind)
            self._postpone(rows)
            return
        if message is None:
            _rows(rows).delete()
        elif not message.recipients():
            logger.warning("%s (%s) has no recipients.", rows[0], kind)
            self._give_up(rows, SMTPFailure.ADDRESS)
        elif _mark_sending(rows):
            self._send(rows, message)

    def _send(self, rows: list[Notification], message: EmailMessage) -> None:
        _add_headers(message, rows[0])
        try:
            self._session.send(message)
        except Exception as error:
            self._record_failure(rows, error)
            return
        with transaction.atomic():
            _rows(rows).update(state=State.SENT, sent_at=self._at)
            kinds[rows[0].kind].after_sending(rows, self._at)
        if self._has_outage:
            MailOutage.objects.all().delete()
            self._has_outage = False
        self._settle_failures()

    def _record_failure(self, rows: list[Notification], error: Exception) -> None:
        failure, problem = classify_smtp_error(error), describe_smtp_error(error)
        logger.warning("%s (%s) was not sent: %s", rows[0], rows[0].kind, problem)
        if failure == SMTPFailure.SERVER:
            # It waits as if it had not been attempted.
            _rows(rows).update(state=State.WAITING, attempts=F("attempts") - 1)
            raise error
        self._postpone(rows)
        if failure == SMTPFailure.CONNECTION:
            raise error
        self._failures.append((rows, failure))
        recipients = {(rows[0].kind, rows[0].recipient) for rows, _ in self._failures}
        if len(recipients) >= MAX_FAILURES_IN_A_ROW:
            self._failures.clear()
            raise error

    def _settle_failures(self) -> None:
        for rows, failure in self._failures:
            if failure == SMTPFailure.ADDRESS:
                self._give_up(rows, failure)
        self._failures.clear()

    def _postpone(self, rows: list[Notification]) -> None:
        attempts = max(row.attempts for row in rows)
        if attempts >= len(RETRY_DELAYS):
            self._give_up(rows, SMTPFailure.TEMPORARY)
            return
        _rows(rows).update(
            state=State.WAITING,
            due_at=self._at + RETRY_DELAYS[attempts],
            attempts=attempts + 1,
        )

    @transaction.atomic
    def _give_up(self, rows: list[Notification], failure: SMTPFailure) -> None:
        if _rows(rows).open().update(state=State.FAILED):
            kinds[rows[0].kind].after_failure(rows, failure, self._at)


def _next_rows(due: QuerySet[Notification]) -> list[Notification]:
    first = due.order_by("due_at", "recipient").values_list("recipient", flat=True)
    rows = due.filter(recipient__in=list(first[:CHUNK_SIZE]))
    return list(rows.order_by("recipient", "created_at", "pk"))


def _rows(rows: list[Notification]) -> QuerySet[Notification]:
    return Notification.objects.filter(pk__in=[row.pk for row in rows])


def _mark_sending(rows: list[Notification]) -> bool:
    """Return False where one must not be sent, as it was deleted meanwhile."""
    changed = _rows(rows).open().update(state=State.SENDING, attempts=F("attempts") + 1)
    return changed == len(rows)


def _add_headers(message: EmailMessage, row: Notification) -> None:
    """Let mail servers recognise what is sent again, and what needs no reply."""
    host = urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
    # After a restore, primary keys are used again, but not with the same time.
    unique = f"{row.pk}.{row.created_at.timestamp()}"
    headers = message.extra_headers
    headers.setdefault("Message-ID", f"<notification.{unique}@{host}>")
    headers.setdefault("Auto-Submitted", "auto-generated")


def classify_smtp_error(error: Exception) -> SMTPFailure:
    """Blame the address only where it is; the server's rules may yet be put right."""
    if isinstance(error, SMTPSenderRefused):
        return SMTPFailure.SERVER
    if not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        is_ours = isinstance(error, ValueError) and not isinstance(error, OSError)
        return SMTPFailure.TEMPORARY if is_ours else SMTPFailure.CONNECTION
    code, text = _reply(error)
    if code == CLOSING:
        return SMTPFailure.CONNECTION
    is_about_address = isinstance(error, SMTPRecipientsRefused)
    if code >= 500 and is_about_address and not POLICY.match(text):
        return SMTPFailure.ADDRESS
    return SMTPFailure.TEMPORARY


def describe_smtp_error(error: Exception) -> str:
    """Return the type of error and the SMTP code; the text may hold an address."""
    has_reply = isinstance(error, SMTPResponseException | SMTPRecipientsRefused)
    code = f" {_reply(error)[0]}" if has_reply else ""
    return f"{type(error).__name__}{code}"[:100]


def _reply(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    if isinstance(error, SMTPRecipientsRefused):
        # Temporary if that of any recipient is.
        code, text = min(error.recipients.values())
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, text.decode("ascii", "replace") if isinstance(text, bytes) else text


@register_job("purge old notifications")
def purge_notifications(at: datetime) -> None:
    finished = Notification.objects.exclude(state__in=OPEN)
    for kind in kinds.values():
        if kind.retention is not None:
            finished.filter(kind=kind.name, due_at__lt=at - kind.retention).delete()


@dataclass(frozen=True)
class MailHealth:
    waiting: int
    since: datetime | None
    outage: MailOutage | None

    def is_well(self, at: datetime) -> bool:
        starts = [self.since, self.outage and self.outage.started_at]
        return all(start is None or at - start <= ALARM_AFTER for start in starts)

    def as_json(self) -> dict:
        return {
            "waiting": self.waiting,
            "since": self.since,
            "problem": self.outage and self.outage.problem,
            "problem_since": self.outage and self.outage.started_at,
        }


def get_mail_health(at: datetime) -> MailHealth:
    due = Notification.objects.due(at)
    return MailHealth(
        **due.aggregate(waiting=Count("pk"), since=Min("due_at")),
        outage=MailOutage.objects.first(),
    )


def record_outage(error: Exception, at: datetime) -> None:
    """Pause sending, log the error, and give up on what is too old."""
    outage = MailOutage.objects.first() or MailOutage(pk=1, started_at=at)
    outage.retry_at = at + OUTAGE_DELAYS[min(outage.attempts, len(OUTAGE_DELAYS) - 1)]
    outage.attempts += 1
    outage.problem = describe_smtp_error(error)
    outage.save()
    logger.error("The mail server is not accepting emails: %s", outage.problem)
    late = Notification.objects.due(at).filter(due_at__lt=at - GIVE_UP_AFTER)
    with transaction.atomic():
        for row in late.exclude(kind__in=[k.name for k in kinds.values() if k.is_bulk]):
            kinds[row.kind].after_failure([row], SMTPFailure.SERVER, at)
        if count := late.update(state=State.FAILED):
            logger.error("%s emails were not sent for 7 days; giving up.", count)


@register_dashboard_tasks
def unsent_emails(user, at) -> Iterator[DashboardTask]:
    if not user.is_superuser:
        return
    # One quick query where all is well. An outage that delays nothing is ignored.
    if not Notification.objects.due(at).filter(due_at__lt=at - ALARM_AFTER).exists():
        return
    health = get_mail_health(at)
    waiting = counted(health.waiting, "email", "emails")
    why = f" ({health.outage.problem})" if health.outage else ""
    yield DashboardTask(
        f"{waiting} could not be sent. The first was due "
        f"{format_relative_datetime(health.since, at)}. "
        f"Contact your mail server administrator{why}.",
        is_urgent=True,
    )
