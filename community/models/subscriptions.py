"""Subscribers to email updates, and the events they are emailed about."""

from django.db import models
from django.utils import timezone
from wagtail.admin.panels import HelpPanel

from home.content.fields import EmailAddressField


class Frequency(models.TextChoices):
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


class SubscriptionQuerySet(models.QuerySet):
    def active(self):
        # No join: before PostgreSQL has analysed 20,000 new subscribers it would scan
        # them all for each, and publishing took ten seconds.
        suppressed = Subscriber.objects.filter(suppressed_at__isnull=False)
        confirmed = self.filter(confirmed_at__isnull=False)
        return confirmed.exclude(subscriber__in=suppressed)


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

    objects = SubscriptionQuerySet.as_manager()

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

    @property
    def is_active(self) -> bool:
        is_suppressed = self.subscriber.suppressed_at is not None
        return self.confirmed_at is not None and not is_suppressed


class UpdateEvent(models.Model):
    class Kind(models.TextChoices):
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

    @property
    def heading(self) -> str:
        return HEADINGS[self.Kind(self.kind)]


HEADINGS = {
    UpdateEvent.Kind.PUBLISHED: "New page",
    UpdateEvent.Kind.CHANGED: "Updated",
    UpdateEvent.Kind.WITHDRAWN: "Removed",
}


class SubscriberCountPanel(HelpPanel):
    """Shows the number only: editors must not see email addresses."""

    class BoundPanel(HelpPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            active = Subscription.objects.active().filter(page=self.instance.pk)
            self.content = f"People who get email updates: {active.count():,}"

        def is_shown(self):
            return super().is_shown() and self.instance.pk is not None
