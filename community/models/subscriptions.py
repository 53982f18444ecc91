"""Subscribers to email updates, the events they are emailed about, and the outbox.

`Delivery` is the outbox: one row for each subscriber and event.
"""

from django.db import models
from django.utils import timezone

from home.email_addresses import EmailAddressField


class Frequency(models.TextChoices):
    """How often a subscriber gets emails."""

    AT_ONCE = "at-once", "As soon as something changes"
    DAILY = "daily", "Once a day, if something has changed"
    WEEKLY = "weekly", "Once a week, if something has changed"


class Subscriber(models.Model):
    """One email address. Subscribers have no account."""

    email = EmailAddressField()
    # Normalised as mail servers do, so that one mailbox is one row.
    email_key = models.EmailField(unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Nothing is sent from then on: the address bounced, or its owner complained.
    suppressed_at = models.DateTimeField(null=True, blank=True)
    # Incremented to invalidate all links in older emails.
    token_version = models.PositiveIntegerField(default=0)
    # Permanent failures in a row.
    bounce_count = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self):
        # The email address is personal data and must not get into logs.
        return f"Subscriber {self.pk}"


class Subscription(models.Model):
    """A subscriber's sign-up to a page, and to what is below it if it is a section.

    Pending until it is confirmed.
    """

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="subscriptions"
    )
    # None: all policy updates.
    page = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, null=True, related_name="+"
    )
    frequency = models.CharField(
        max_length=10, choices=Frequency.choices, default=Frequency.AT_ONCE
    )
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "page"], name="community_subscription_once"
            ),
            models.UniqueConstraint(
                fields=["subscriber"],
                condition=models.Q(page=None),
                name="community_subscription_all_once",
            ),
        ]

    def __str__(self):
        return f"Subscription {self.pk}"


class UpdateEvent(models.Model):
    """Something that happened to a page, to be emailed to its subscribers."""

    class Kind(models.TextChoices):
        """What happened to the page."""

        PUBLISHED = "published", "Published for the first time"
        CHANGED = "changed", "Changed"
        WITHDRAWN = "withdrawn", "Withdrawn"

        @classmethod
        def _missing_(cls, value):
            """Treat kinds that only a newer release knows as a change."""
            return cls.CHANGED

    # The event outlives its page.
    page = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=255)
    # The public path at the time, such as "/policies/housing/".
    path = models.CharField(max_length=1000)
    text = models.TextField(blank=True)
    # One event for each version of a page; None for withdrawals.
    revision_id = models.PositiveBigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return f"{self.get_kind_display()}: {self.title}"


class Delivery(models.Model):
    """One event for one subscriber: written when the page is published, sent once."""

    class State(models.TextChoices):
        """Progress of a delivery."""

        WAITING = "waiting", "Waiting"
        # Handed to the mail server, which may or may not have accepted it.
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    # The rows are inserted in the publishing transaction, 20,000 at once. No database
    # constraint: it would look up the new event for each row, and fail where a
    # subscription ends meanwhile. The unique constraint below has the index.
    event = models.ForeignKey(
        UpdateEvent,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="deliveries"
    )
    # What "Unsubscribe" in the email ends.
    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING
    )
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "subscriber"], name="community_delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "subscriber"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="community_delivery_due",
            )
        ]

    def __str__(self):
        return f"Delivery {self.pk}"


class MailOutage(models.Model):
    """One row for as long as the mail server accepts no updates."""

    started_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField()
    # The type of error and the SMTP code only: the text may hold an email address.
    problem = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1), name="community_mailoutage_one_row"
            )
        ]

    def __str__(self):
        return self.problem
