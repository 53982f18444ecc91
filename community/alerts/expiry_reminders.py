"""Email reminders before an alert's expected end (A9)."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.mail import send_mail
from django.db.models import CharField, F, OuterRef, Subquery
from django.db.models.functions import Cast
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from wagtail.models import ModelLogEntry
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.alerts.states import ENDING_SOON
from community.models import AlertSnippet
from community.models.visible_alerts import Scope
from home.content.dates import format_relative_datetime
from home.jobs import register_job
from home.notifications import in_one_line

logger = logging.getLogger(__name__)

# For an alert shown for less than this, the reminder is sent in its last quarter.
SHORT = timedelta(hours=2)
SUBJECT = "An alert on the website ends soon"


@register_job("send alert expiry reminders")
def remind_publishers(at: datetime) -> None:
    """Send one email for each alert that ends soon, and each expected end.

    It goes to the last publisher, or to everyone who can publish alerts if that
    person no longer can. If sending fails, the next run tries again.
    """
    alerts = get_ending_soon(at)
    if not alerts:
        return
    publishers = ModelPermissionPolicy(AlertSnippet).users_with_permission("publish")
    emails = dict(publishers.exclude(email="").values_list("pk", "email"))
    for alert in alerts:
        own = emails.get(alert.publisher_id)
        remind(alert, [own] if own else sorted(set(emails.values())))


def get_ending_soon(at: datetime) -> list[AlertSnippet]:
    """Return the alerts whose reminder is due.

    Each has a `publisher_id`: the last publisher, or None.
    """
    publications = ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(AlertSnippet),
        object_id=Cast(OuterRef("pk"), CharField()),
        action="wagtail.publish",
    ).order_by("-timestamp", "-pk")
    alerts = (
        AlertSnippet.objects.current(at)
        .filter(ends_at__lte=at + ENDING_SOON)
        .exclude(reminded_of=F("ends_at"))
        .annotate(publisher_id=Subquery(publications.values("user_id")[:1]))
        .prefetch_related("scopes__page")
    )
    return [alert for alert in alerts if at >= alert.ends_at - _notice_for(alert)]


def _notice_for(alert: AlertSnippet) -> timedelta:
    shown_for = alert.ends_at - alert.starts_at
    return shown_for / 4 if shown_for < SHORT else ENDING_SOON


def remind(alert: AlertSnippet, emails: Collection[str]) -> None:
    """Send the reminder, unless it has been sent or the end has changed."""
    same_end = AlertSnippet.objects.filter(
        pk=alert.pk, live=True, ends_at=alert.ends_at
    )
    # Marked before it is sent, so that of two processes only one sends it; by
    # `update`, as visitors see nothing of it.
    unsent = same_end.exclude(reminded_of=alert.ends_at)
    if not unsent.update(reminded_of=alert.ends_at):
        return
    if not emails:
        logger.warning(
            "No recipients for the reminder that alert %s ends soon.", alert.pk
        )
        return
    try:
        send_mail(SUBJECT, _text_of_mail(alert), from_email=None, recipient_list=emails)
    except Exception:
        logger.exception(
            "The reminder that alert %s ends soon could not be sent.", alert.pk
        )
        same_end.update(reminded_of=alert.reminded_of)


def _text_of_mail(alert: AlertSnippet) -> str:
    address = reverse("wagtailsnippets_community_alertsnippet:list")
    context = {
        "heading": in_one_line(alert.heading),
        "text": in_one_line(get_text_for_indexing(alert.text)),
        "places": _places_of(alert),
        "end": _format_end(alert.ends_at),
        "list_address": urljoin(settings.WAGTAILADMIN_BASE_URL, address),
    }
    return render_to_string("community/alert_reminder.txt", context)


def _format_end(ends_at: datetime) -> str:
    # As seen from a week before, so with the date: a mail may be read late.
    end = format_relative_datetime(ends_at, ends_at - timedelta(weeks=1))
    # When the clocks go back, 1:30am comes twice.
    return f"{end} ({localtime(ends_at).tzname()})"


def _places_of(alert: AlertSnippet) -> list[str]:
    if alert.scope == Scope.SITE:
        return [Scope.SITE.label]
    return [
        in_one_line(scope.page.title)
        + (" and every page below it" if scope.include_descendants else "")
        for scope in alert.scopes.all()
    ]
