"""Purges expired sessions and half-typed forms of staff (O4)."""

from datetime import datetime

from django.contrib.sessions.models import Session
from wagtail.admin.models import FormState

from home.jobs import register_job


@register_job("purge expired sessions")
def purge_expired_sessions(at: datetime) -> None:
    """Delete expired sessions, and half-typed forms that are a day old."""
    Session.objects.filter(expire_date__lte=at).delete()
    stale = at - FormState.STALE_TIMEOUT
    FormState.objects.filter(last_updated_at__lt=stale).delete()
