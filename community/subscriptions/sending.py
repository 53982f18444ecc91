"""Sending what is due, each email once, whatever happens on the way (ADR 29).

A row is marked as being sent before the server gets it, and as sent by the next thing
that is written. Where the process is killed, at most one email has been taken by the
server without our note of it; that one is sent again, as a lost one is worse.
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
from community.subscriptions.smtp import (
    SMTPFailure,
    SMTPSession,
    in_words,
    judge,
    next_try,
)
from community.subscriptions.update_emails import Writer
from home.jobs import register_long_job

logger = logging.getLogger(__name__)

State = Delivery.State
SECONDS = 25
# So many people refused in a row are no longer what is wrong.
MAX_IN_A_ROW = 10
# After so many refusals of an address nothing more is sent to it.
MAX_REFUSALS = 3


@register_long_job("email updates")
def send_updates(at: datetime, seconds: float = SECONDS) -> bool:
    """Send what is due, for so many seconds; return whether there is more."""
    trouble = MailOutage.objects.first()
    if trouble and trouble.try_again_at > at:
        return False
    if not Delivery.objects.filter(state__in=OPEN, due_at__lte=at).exists():
        # Nobody waits for the server any more: whether it is back shows the next time.
        MailOutage.objects.all().delete()
        return False
    try:
        with SMTPSession() as postman:
            return Round(postman, bool(trouble)).go(time.monotonic() + seconds)
    except (SMTPException, OSError) as error:
        record_outage(error, at)
        return False


class Round:
    """One turn at sending, over one postman.

    Raises the mail server's error where nothing more can be sent; by then all that it
    has taken is noted.
    """

    def __init__(self, postman: SMTPSession, has_trouble: bool):
        self._postman, self._has_trouble = postman, has_trouble
        self._writer = Writer()
        # Taken by the server, and not noted yet: one letter at most.
        self._taken: list[int] = []
        # Refused one after another: theirs to answer for, unless they get too many.
        self._refused: list[tuple[EmailBatch, SMTPFailure]] = []

    def go(self, deadline: float) -> bool:
        """Send until a moment of the monotonic clock; return whether there is more."""
        try:
            while letters := get_due_batches(timezone.now(), self._held_ids()):
                for letter in letters:
                    if time.monotonic() >= deadline:
                        return True
                    if self._postman.needs_reconnect:
                        # Whoever stops us meanwhile leaves nothing half done.
                        self._note_taken()
                        self._postman.rest()
                    message = self._writer.write(letter)
                    if self._begin(letter):
                        self._send(letter, message)
                # What has been taken must not come up again with the next few.
                self._note_taken()
            return False
        finally:
            self._note_taken()
            self._settle()

    def _held_ids(self) -> list[int]:
        return [pk for letter, _ in self._refused for pk in letter.ids]

    def _begin(self, letter: EmailBatch) -> bool:
        """Note that the last one is sent and this one is under way, at one stroke.

        Returns False where it is not to be sent as it was read: somebody has stopped.
        """
        wanted = Q(
            pk__in=letter.ids,
            state__in=OPEN,
            subscriber__in=Subscriber.objects.filter(suppressed_at=None),
        )
        taken = self._taken
        is_taken = Q(pk__in=taken)
        changed = Delivery.objects.filter(wanted | is_taken).update(
            state=Case(
                When(is_taken, then=Value(State.SENT)), default=Value(State.SENDING)
            ),
            attempts=Case(
                When(is_taken, then=F("attempts")), default=F("attempts") + 1
            ),
            sent_at=Case(When(is_taken, then=timezone.now()), default=None),
        )
        self._taken = []
        if changed == len(taken) + len(letter.ids):
            return True
        # Of those taken one may have been deleted meanwhile: then ask for this alone.
        under_way = Delivery.objects.filter(wanted, state=State.SENDING)
        return under_way.count() == len(letter.ids)

    def _note_taken(self) -> None:
        if self._taken:
            Delivery.objects.filter(pk__in=self._taken).update(
                state=State.SENT, sent_at=timezone.now()
            )
            self._taken = []

    def _send(self, letter: EmailBatch, message: EmailMessage) -> None:
        try:
            self._postman.send(message)
        except Exception as error:
            self._refuse(letter, error)
            return
        self._taken = letter.ids
        if self._has_trouble:
            MailOutage.objects.all().delete()
            self._has_trouble = False
        if letter.subscriber.refusals:
            Subscriber.objects.filter(pk=letter.subscriber.pk).update(refusals=0)
        self._settle()

    def _refuse(self, letter: EmailBatch, error: Exception) -> None:
        """Keep what a refusal means; raise the error where it ends the round."""
        refusal = judge(error)
        logger.warning(
            "An update to subscriber %s is not sent: %s",
            letter.subscriber.pk,
            in_words(error),
        )
        if refusal == SMTPFailure.SERVER:
            _put_back(letter)
            raise error
        self._refused.append((letter, refusal))
        if refusal == SMTPFailure.BROKEN:
            raise error
        if len({each.subscriber.pk for each, _ in self._refused}) >= MAX_IN_A_ROW:
            held = [(each, SMTPFailure.LATER) for each, _ in self._refused]
            self._refused = held
            raise error

    def _settle(self) -> None:
        """Write down what was refused to each of a few people."""
        for letter, refusal in self._refused:
            _write_refusal(letter, refusal)
        self._refused.clear()


def _put_back(letter: EmailBatch) -> None:
    """Let a letter wait as if it had not been tried."""
    Delivery.objects.filter(pk__in=letter.ids).update(
        state=State.WAITING, attempts=F("attempts") - 1
    )


@transaction.atomic
def _write_refusal(letter: EmailBatch, refusal: SMTPFailure) -> None:
    rows = Delivery.objects.filter(pk__in=letter.ids)
    is_for_good = refusal in {SMTPFailure.ADDRESS, SMTPFailure.MESSAGE}
    now = timezone.now()
    again = None if is_for_good else next_try(letter.attempts + 1, now)
    if again:
        rows.update(state=State.WAITING, due_at=again)
        return
    rows.update(state=State.FAILED)
    if refusal == SMTPFailure.ADDRESS:
        people = Subscriber.objects.filter(pk=letter.subscriber.pk)
        people.update(refusals=F("refusals") + 1)
        people.filter(refusals__gte=MAX_REFUSALS, suppressed_at=None).update(
            suppressed_at=now
        )
