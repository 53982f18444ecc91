"""Who follows which pages by email, what there is to tell, and what was sent (R4).

`Subscriber` and `Subscription` are people's wishes, `Notice` is one thing to tell, and
`Delivery` is the outbox: one row for each person and notice.
"""

from django.db import models
from django.utils import timezone

from home.email_addresses import EmailAddressField


class Frequency(models.TextChoices):
    """How soon somebody is told."""

    AT_ONCE = "at-once", "As soon as something changes"
    DAILY = "daily", "Once a day, if something has changed"
    WEEKLY = "weekly", "Once a week, if something has changed"


class Subscriber(models.Model):
    """One email address; whoever reads it need have no account."""

    email = EmailAddressField()
    # With its host as mail servers spell it, so that one person is one row.
    email_key = models.EmailField(unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Since when nothing is sent: the address bounced for good, or its owner complained.
    suppressed_at = models.DateTimeField(null=True, blank=True)
    # Counted up to make all links in older emails void.
    token_version = models.PositiveIntegerField(default=0)
    # How often in a row mail servers have refused the address for good.
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self):
        # The address is personal: it is never written into a log by accident.
        return f"Subscriber {self.pk}"


class Subscription(models.Model):
    """One person's wish to follow one page, and what is below it where it has such."""

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
    # None until the link in the first email has been followed and its button pressed.
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


class Notice(models.Model):
    """One thing to tell all who follow a page."""

    class Kind(models.TextChoices):
        """What happened to the page."""

        PUBLISHED = "published", "Published for the first time"
        CHANGED = "changed", "Changed"
        WITHDRAWN = "withdrawn", "Withdrawn"

        @classmethod
        def _missing_(cls, value):
            """Take what only a newer release knows for a change."""
            return cls.CHANGED

    # The page may be deleted; what is told of it stays.
    page = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=255)
    # The public path when it happened, such as "/policies/housing/".
    path = models.CharField(max_length=1000)
    text = models.TextField(blank=True)
    # Which version of the page it tells of, and only once; None of a withdrawal.
    revision_id = models.PositiveBigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return f"{self.get_kind_display()}: {self.title}"


class Delivery(models.Model):
    """One notice for one person: written when the page is published, then sent once."""

    class State(models.TextChoices):
        """How far the sending is."""

        WAITING = "waiting", "Waiting"
        # Handed to the mail server; whether it took it is not noted yet.
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    # The rows are written in the publishing transaction, 20,000 at once. It neither
    # looks up the notice that it has just written for each of them, nor fails because
    # somebody ends a subscription in that moment. The constraint below has its index.
    notice = models.ForeignKey(
        Notice,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="deliveries"
    )
    # Through which wish: what "unsubscribe" in the email ends.
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
    # Not before this moment: at once, the next morning, the next Monday, or a retry.
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "subscriber"], name="community_delivery_once"
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
    """That the mail server takes no updates: one row as long as that is so."""

    since = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    try_again_at = models.DateTimeField()
    # The kind of error and the server's number only: its text may hold an address.
    problem = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1), name="community_mailtrouble_one_row"
            )
        ]

    def __str__(self):
        return self.problem
