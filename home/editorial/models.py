"""What editors are helped with: reviews, content issues, links, previews, windows."""

import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from wagtail.documents import get_document_model_string
from wagtail.models import Page

from home.content.dates import format_relative_datetime
from home.editorial.content_rules import Rule
from home.jobs import register_job
from home.page_tree.visibility import LivePageQuerySet
from home.receivers import live_page_saved

SOON = timedelta(weeks=4)
# A window may stay open over a holiday.
MAX_WINDOW_AGE = timedelta(days=30)


def page_edit_url(page_id: int) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page_id])


class ReviewState(models.TextChoices):
    """Why a page is in the review queue. A page may have two reasons."""

    DUE = "due", "Due or overdue"
    OVERDUE = "overdue", "Overdue"
    SOON = "soon", "Due in the next 4 weeks"
    UNDATED = "undated", "No review date"
    OWNERLESS = "ownerless", "No content owner email address"

    def as_filter(self, on: date) -> Q:
        return {
            ReviewState.DUE: Q(review_on__lte=on),
            ReviewState.OVERDUE: Q(review_on__lt=on),
            ReviewState.SOON: Q(review_on__gt=on, review_on__lte=on + SOON),
            ReviewState.UNDATED: Q(review_on=None),
            ReviewState.OWNERLESS: Q(owner_email=""),
        }[self]


class PageReviewQuerySet(LivePageQuerySet):
    def needing_attention(self, on: date):
        return self.filter(
            Q(review_on__lte=on + SOON) | Q(review_on=None) | Q(owner_email="")
        )


class PageReview(models.Model):
    """When a live page is due for review, and its owner, for all page types at once."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    review_on = models.DateField(null=True, db_index=True)
    owner_name = models.CharField(max_length=100, blank=True)
    # In lower case, so that each person has one spelling.
    owner_email = models.EmailField(blank=True, db_index=True)

    objects = PageReviewQuerySet.as_manager()

    def __str__(self):
        return str(self.page)

    @classmethod
    def from_page(cls, page: Page) -> "PageReview":
        """Return the review of a page of ours, which is not saved yet."""
        return cls(
            page_id=page.pk,
            review_on=page.review_on,
            owner_name=page.owner_name,
            owner_email=page.owner_email.lower(),
        )

    def status_label(self, on: date) -> str:
        if self.review_on is None:
            return ReviewState.UNDATED.label
        days = (self.review_on - on).days
        if days == 0:
            return "Due today"
        number = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
        return f"Overdue by {number}" if days < 0 else f"Due in {number}"


@receiver(live_page_saved)
def sync_review(sender, instance, **kwargs) -> None:
    PageReview.from_page(instance).save()


class ContentIssueQuerySet(LivePageQuerySet):
    def on_day(self, on: date):
        """Return the issues on a day: dates count once they have passed.

        Issues of rules that only another release has are left out.
        """
        holds = Q(shown_from=None) | Q(shown_from__lte=on)
        return self.filter(holds, rule__in=Rule.values)


class ContentIssue(models.Model):
    """A place where a live page breaks a rule, as of its last publication.

    The row of a date is written with the page and appears the day after the date.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=20)
    text = models.CharField(max_length=200, blank=True)
    # Where it is in the editor: Wagtail's content path, such as `body.<block>`.
    place = models.CharField(max_length=100, blank=True)
    shown_from = models.DateField(null=True)

    objects = ContentIssueQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    def __str__(self):
        return Rule(self.rule).label

    @property
    def advice(self) -> str:
        return Rule(self.rule).advice

    @property
    def edit_url(self) -> str:
        address = page_edit_url(self.page_id)
        return f"{address}#:w:contentpath={self.place}" if self.place else address


class LinkStatus(models.TextChoices):
    NOT_CHECKED = "", "Not checked yet"
    FOUND = "found", "Works"
    NOT_FOUND = "not-found", "Page not found on the other website"
    SITE_ERROR = "site-error", "Error on the other website"
    NO_SUCH_SITE = "no-such-site", "No website at this address"
    NO_RESPONSE = "no-answer", "The other website did not respond"
    NOT_SECURE = "not-secure", "The other website is not secure"
    REDIRECT_LOOP = "in-circles", "Redirect loop"
    # Bot walls, sign-in pages, private networks: no word on what a person would see.
    UNKNOWN = "unknown", "Could not be checked"


class ExternalLink(models.Model):
    address = models.TextField()
    address_hash = models.CharField(max_length=64, unique=True)
    host = models.CharField(max_length=255)
    outcome = models.CharField(
        max_length=12,
        choices=LinkStatus.choices,
        blank=True,
        default=LinkStatus.NOT_CHECKED,
    )
    checked_at = models.DateTimeField(null=True, db_index=True)
    next_check_at = models.DateTimeField(default=timezone.now, db_index=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    # Said in the report: it has failed several times, not only once.
    is_broken = models.BooleanField(default=False)

    wagtail_reference_index_ignore = True

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(is_broken=True),
                name="home_externallink_broken",
            )
        ]

    def __str__(self):
        return self.address


class PageLink(models.Model):
    """A link as it was when its page (or alert) was published.

    Exactly one of `target_page`, `document`, `external` and `site_path` is its target.
    Wagtail's reference index drops deleted pages, and has neither link text nor typed
    URLs.
    """

    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, null=True, related_name="+"
    )
    # For what is not a page, such as an alert.
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, null=True, related_name="+"
    )
    object_id = models.PositiveBigIntegerField(null=True)
    other_source = GenericForeignKey()
    text = models.CharField(max_length=200, blank=True)

    # They stay when what they lead to is deleted.
    target_page = models.ForeignKey(
        Page,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    document = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    external = models.ForeignKey(
        ExternalLink, on_delete=models.CASCADE, null=True, related_name="uses"
    )
    # An address of our own that leads nowhere.
    site_path = models.TextField(blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        indexes = [
            models.Index(
                fields=["content_type", "object_id"], name="home_link_other_source"
            ),
            models.Index(
                fields=["id"],
                condition=~Q(site_path=""),
                name="home_link_leads_nowhere",
            ),
        ]

    def __str__(self):
        return self.text


def new_token() -> str:
    return secrets.token_urlsafe(32)


class PreviewLink(models.Model):
    """A secret URL for the latest draft of one page. Revoking it deletes it."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=64, unique=True, default=new_token)
    note = models.CharField("who is it for?", max_length=100)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.note

    def get_absolute_url(self):
        return reverse("preview_link", args=[self.token])

    @property
    def expiry(self) -> str:
        return format_relative_datetime(self.expires_at, timezone.now())


class EditingWindow(models.Model):
    """An open editor: the versions it has saved, and whether its form was submitted."""

    id = models.UUIDField(primary_key=True)
    revision_ids = models.JSONField(default=list)
    is_sent = models.BooleanField(default=False)
    saved_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.id)


@register_job("purge preview links and editing windows")
def purge_expired(at: datetime) -> None:
    PreviewLink.objects.filter(expires_at__lte=at).delete()
    EditingWindow.objects.filter(saved_at__lt=at - MAX_WINDOW_AGE).delete()
