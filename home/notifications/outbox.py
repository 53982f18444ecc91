"""The outbox: each email to staff or residents, from its cause until it is sent.

A notification is added in the transaction of its cause. Its kind builds the email when
it is sent, so an email says what is true by then, or is dropped.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import ClassVar

from django.core.mail import EmailMessage
from django.db import models
from django.utils import timezone

# No email to staff at night, unless it is urgent.
QUIET_HOURS_END = 8
OPEN = ("waiting", "sending")

_suppressed = ContextVar("notifications_suppressed", default=False)


@contextmanager
def suppress_notifications() -> Iterator[None]:
    """Notify no subscribers of thousands of pages that are imported or copied."""
    token = _suppressed.set(True)
    try:
        yield
    finally:
        _suppressed.reset(token)


def notifications_suppressed() -> bool:
    return _suppressed.get()


def in_one_line(text: str) -> str:
    """Return the text without line breaks, so that none looks like one of ours."""
    return " ".join(text.split())


class SMTPFailure(Enum):
    ADDRESS = "the address does not exist"
    TEMPORARY = "try again later"
    # As TEMPORARY, but nothing more can be sent over this connection.
    CONNECTION = "the connection was lost"
    SERVER = "the server accepts nothing from us"


class NotificationKind:
    name: ClassVar[str]
    # Whether it waits for the morning.
    is_quiet = False
    # Whether it lets all other kinds go first.
    is_bulk = False
    # Whether all that a recipient is due is one email.
    is_digest = False
    # How long a recipient is not notified again of the same; None: never again.
    retention: timedelta | None = timedelta(days=30)

    def batch(
        self, rows: list["Notification"], at: datetime
    ) -> Iterable[list["Notification"]]:
        """Divide notifications, all that some recipients are due, into emails."""
        if not self.is_digest:
            return ([row] for row in rows)
        by_recipient = groupby(rows, key=attrgetter("recipient"))
        return (list(own) for _, own in by_recipient)

    def build(self, rows: list["Notification"], at: datetime) -> EmailMessage | None:
        """Return the email, or None where it is no longer wanted."""
        raise NotImplementedError

    def after_sending(self, rows: list["Notification"], at: datetime) -> None:
        """Record that the mail server has accepted it, in the same transaction."""

    def after_failure(
        self, rows: list["Notification"], failure: SMTPFailure, at: datetime
    ) -> None:
        """Record that it is not tried again, in the same transaction."""


kinds: dict[str, NotificationKind] = {}


def register_notification_kind(kind: type[NotificationKind]) -> type[NotificationKind]:
    kinds[kind.name] = kind()
    return kind


class NotificationQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=OPEN)

    def due(self, at: datetime):
        """Leave out kinds that only a newer release knows, and at night quiet ones."""
        is_night = timezone.localtime(at).hour < QUIET_HOURS_END
        names = [k.name for k in kinds.values() if not (is_night and k.is_quiet)]
        return self.open().filter(due_at__lte=at, kind__in=names)


class Notification(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        # Handed to the mail server, which may or may not have accepted it.
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    kind = models.CharField(max_length=30)
    # What it is about: a recipient is notified of it once.
    key = models.CharField(max_length=100)
    # As the kind knows them: the address of a content owner, the number of anyone else.
    recipient = models.CharField(max_length=254)
    context = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING
    )
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key", "recipient"], name="home_notification_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "recipient"],
                condition=models.Q(state__in=OPEN),
                name="home_notification_due",
            )
        ]

    def __str__(self):
        # The recipient is personal data and must not get into logs.
        return f"Notification {self.pk}"


class MailOutage(models.Model):
    """One row for as long as the mail server accepts nothing."""

    started_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField()
    # The type of error and the SMTP code only: the text may hold an email address.
    problem = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1), name="home_mailoutage_one_row"
            )
        ]

    def __str__(self):
        return self.problem


def notify(
    recipient: str,
    kind: type[NotificationKind],
    key: str,
    due_at: datetime,
    context: dict | None = None,
) -> None:
    """Add a notification, unless the recipient has had one with this key."""
    same = {"kind": kind.name, "key": key, "recipient": recipient}
    if Notification.objects.filter(**same).exists():
        return
    local = timezone.localtime(due_at)
    if kind.is_quiet and local.hour < QUIET_HOURS_END:
        due_at = local.replace(hour=QUIET_HOURS_END, minute=0, second=0, microsecond=0)
    row = Notification(**same, due_at=due_at, context=context or {})
    # Another process may add it at the same time.
    Notification.objects.bulk_create([row], ignore_conflicts=True)
