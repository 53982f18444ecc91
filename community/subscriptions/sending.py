"""Sends the updates that are due, each once (ADR 29).

A delivery is marked as being sent before the server gets it, and as sent in the next
write. A process that is killed leaves at most one email that the server has accepted
and that is not marked; it is sent again, as a lost email would be worse.
"""

import logging
import time
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from community.models import Delivery, MailOutage, Subscriber
from community.subscriptions.batching import EmailBatch, get_due_batches
from community.subscriptions.outage import OPEN, record_outage
from community.subscriptions.update_emails import UpdateEmailBuilder
from home.jobs import register_long_job
from home.notifications.smtp import (
    SMTPFailure,
    SMTPSession,
    classify_smtp_error,
    describe_smtp_error,
    next_attempt_at,
)

logger = logging.getLogger(__name__)

State = Delivery.State
SECONDS = 25
# After so many subscribers in a row the server is to blame, not their addresses.
MAX_FAILURES_IN_A_ROW = 10
# After so many a subscriber is suppressed.
MAX_BOUNCES = 3


@register_long_job("send email updates")
def send_updates(at: datetime, seconds: float = SECONDS) -> bool:
    """Send what is due, for so many seconds; return whether there is more."""
    outage = MailOutage.objects.first()
    if outage and outage.retry_at > at:
        return False
    if not Delivery.objects.filter(state__in=OPEN, due_at__lte=at).exists():
        # The next email shows whether the server is back.
        MailOutage.objects.all().delete()
        return False
    try:
        with SMTPSession() as session:
            run = DeliveryRun(session, has_outage=bool(outage))
            return run.run(time.monotonic() + seconds)
    except (SMTPException, OSError) as error:
        record_outage(error, at)
        return False


class DeliveryRun:
    """One run of sending, over one SMTP session.

    Raises the SMTP error where nothing more can be sent; by then all that the server
    has accepted is marked as sent.
    """

    def __init__(self, session: SMTPSession, has_outage: bool):
        self._session, self._has_outage = session, has_outage
        self._builder = UpdateEmailBuilder()
        # Accepted by the server and not yet marked as sent: one email at most.
        self._accepted_ids: list[int] = []
        # Failures in a row, which are saved once it is clear that they are not the
        # server's.
        self._failures: list[tuple[EmailBatch, SMTPFailure]] = []

    def run(self, deadline: float) -> bool:
        """Send until a monotonic time; return whether there is more."""
        try:
            while batches := get_due_batches(timezone.now(), self._failed_ids()):
                for batch in batches:
                    if time.monotonic() >= deadline:
                        return True
                    if self._session.needs_reconnect:
                        # The process may be stopped while it waits.
                        self._mark_sent()
                        self._session.reconnect()
                    message = self._builder.build(batch)
                    if self._mark_sending(batch):
                        self._send(batch, message)
                # Accepted emails must not be among the next batches.
                self._mark_sent()
            return False
        finally:
            self._mark_sent()
            self._save_failures()

    def _failed_ids(self) -> list[int]:
        return [pk for batch, _ in self._failures for pk in batch.ids]

    def _mark_sending(self, batch: EmailBatch) -> bool:
        """Mark the last email as sent and this one as being sent, in one statement.

        Returns False where it must not be sent, as the subscriber has unsubscribed.
        """
        wanted = Q(
            pk__in=batch.ids,
            state__in=OPEN,
            subscriber__in=Subscriber.objects.filter(suppressed_at=None),
        )
        accepted_ids = self._accepted_ids
        is_accepted = Q(pk__in=accepted_ids)
        changed = Delivery.objects.filter(wanted | is_accepted).update(
            state=Case(
                When(is_accepted, then=Value(State.SENT)), default=Value(State.SENDING)
            ),
            attempts=Case(
                When(is_accepted, then=F("attempts")), default=F("attempts") + 1
            ),
            sent_at=Case(When(is_accepted, then=timezone.now()), default=None),
        )
        self._accepted_ids = []
        if changed == len(accepted_ids) + len(batch.ids):
            return True
        # The accepted one may have been deleted meanwhile, so look at this one alone.
        sending = Delivery.objects.filter(wanted, state=State.SENDING)
        return sending.count() == len(batch.ids)

    def _mark_sent(self) -> None:
        if self._accepted_ids:
            Delivery.objects.filter(pk__in=self._accepted_ids).update(
                state=State.SENT, sent_at=timezone.now()
            )
            self._accepted_ids = []

    def _send(self, batch: EmailBatch, message: EmailMessage) -> None:
        try:
            self._session.send(message)
        except Exception as error:
            self._record_failure(batch, error)
            return
        self._accepted_ids = batch.ids
        if self._has_outage:
            MailOutage.objects.all().delete()
            self._has_outage = False
        if batch.subscriber.bounce_count:
            Subscriber.objects.filter(pk=batch.subscriber.pk).update(bounce_count=0)
        self._save_failures()

    def _record_failure(self, batch: EmailBatch, error: Exception) -> None:
        """Record what an error means; raise it where it ends the run."""
        failure = classify_smtp_error(error)
        logger.warning(
            "An update to subscriber %s was not sent: %s",
            batch.subscriber.pk,
            describe_smtp_error(error),
        )
        if failure == SMTPFailure.SERVER:
            _requeue(batch)
            raise error
        self._failures.append((batch, failure))
        if failure == SMTPFailure.CONNECTION:
            raise error
        subscribers = {each.subscriber.pk for each, _ in self._failures}
        if len(subscribers) >= MAX_FAILURES_IN_A_ROW:
            self._failures = [
                (each, SMTPFailure.TEMPORARY) for each, _ in self._failures
            ]
            raise error

    def _save_failures(self) -> None:
        for batch, failure in self._failures:
            _save_failure(batch, failure)
        self._failures.clear()


def _requeue(batch: EmailBatch) -> None:
    """Let it wait as if it had not been attempted."""
    Delivery.objects.filter(pk__in=batch.ids).update(
        state=State.WAITING, attempts=F("attempts") - 1
    )


@transaction.atomic
def _save_failure(batch: EmailBatch, failure: SMTPFailure) -> None:
    rows = Delivery.objects.filter(pk__in=batch.ids)
    is_permanent = failure == SMTPFailure.ADDRESS
    now = timezone.now()
    due_at = None if is_permanent else next_attempt_at(batch.attempts + 1, now)
    if due_at:
        rows.update(state=State.WAITING, due_at=due_at)
        return
    rows.update(state=State.FAILED)
    if failure == SMTPFailure.ADDRESS:
        subscribers = Subscriber.objects.filter(pk=batch.subscriber.pk)
        subscribers.update(bounce_count=F("bounce_count") + 1)
        subscribers.filter(bounce_count__gte=MAX_BOUNCES, suppressed_at=None).update(
            suppressed_at=now
        )
