"""The links that let somebody without an account read one draft page."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.jobs import register_job


def new_token() -> str:
    """Return what nobody can guess: 256 random bits, for an address."""
    return secrets.token_urlsafe(32)


class PreviewLinkQuerySet(models.QuerySet):
    """Queries for preview links."""

    def working(self, at: datetime) -> "PreviewLinkQuerySet":
        """Return the links that have not expired."""
        return self.filter(expires_at__gt=at)


class PreviewLink(models.Model):
    """A secret address at which the latest draft of one page can be read for a while.

    Whoever may edit the page takes a link back by deleting it.
    """

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
        """Return the path that is sent to the reader."""
        return reverse("preview_link", args=[self.token])


@register_job("purge expired preview links")
def forget_expired(at: datetime) -> None:
    """Delete the links that have expired, and with them whom they were for."""
    PreviewLink.objects.filter(expires_at__lte=at).delete()
