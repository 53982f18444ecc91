"""The links on live pages, and the external URLs that they lead to."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from wagtail.documents import get_document_model_string
from wagtail.models import Page


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
                condition=models.Q(is_broken=True),
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
                condition=~models.Q(site_path=""),
                name="home_link_leads_nowhere",
            ),
        ]

    def __str__(self):
        return self.text
