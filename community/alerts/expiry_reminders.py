"""Email reminders before an alert's expected end (A9)."""

from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
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
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)

# For an alert shown for less than this, the reminder is sent in its last quarter.
SHORT = timedelta(hours=2)
SUBJECT = "An alert on the website ends soon"


@register_job("queue alert expiry reminders")
def queue_expiry_reminders(at: datetime) -> None:
    """Notify once of each alert that ends soon, and of each expected end."""
    for alert in AlertSnippet.objects.current(at).filter(ends_at__lte=at + ENDING_SOON):
        if at >= alert.ends_at - _notice_for(alert):
            notify(str(alert.pk), AlertReminder, alert.ends_at.isoformat(), due_at=at)


def _notice_for(alert: AlertSnippet) -> timedelta:
    shown_for = alert.ends_at - alert.starts_at
    return shown_for / 4 if shown_for < SHORT else ENDING_SOON


@register_notification_kind
class AlertReminder(NotificationKind):
    """The recipient is an alert, the key its expected end.

    It goes to the last publisher, or to everyone who can publish alerts if that person
    no longer can.
    """

    name = "alert reminder"

    def build(self, rows, at):
        [row] = rows
        alert = AlertSnippet.objects.current(at).filter(pk=row.recipient).first()
        if alert is None or alert.ends_at.isoformat() != row.key:
            return None
        return EmailMessage(SUBJECT, _text_of_mail(alert), to=_emails_for(alert))


def _emails_for(alert: AlertSnippet) -> list[str]:
    publications = ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(AlertSnippet),
        object_id=str(alert.pk),
        action="wagtail.publish",
    ).order_by("-timestamp", "-pk")
    publisher_id = publications.values_list("user_id", flat=True).first()
    publishers = ModelPermissionPolicy(AlertSnippet).users_with_permission("publish")
    emails = dict(publishers.exclude(email="").values_list("pk", "email"))
    own = emails.get(publisher_id)
    return [own] if own else sorted(set(emails.values()))


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
        for scope in alert.scopes.select_related("page")
    ]
