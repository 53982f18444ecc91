"""Links with which someone without an account can read one draft."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content.dates import format_relative_datetime
from home.jobs import register_job


def new_token() -> str:
    return secrets.token_urlsafe(32)


class PreviewLinkQuerySet(models.QuerySet):
    def working(self, at: datetime) -> "PreviewLinkQuerySet":
        return self.filter(expires_at__gt=at)


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

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.note

    def get_absolute_url(self):
        return reverse("preview_link", args=[self.token])

    @property
    def expiry(self) -> str:
        return format_relative_datetime(self.expires_at, timezone.now())


@register_job("purge expired preview links")
def purge_expired(at: datetime) -> None:
    PreviewLink.objects.filter(expires_at__lte=at).delete()
