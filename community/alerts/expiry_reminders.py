"""Email reminders before an alert's expected end (A9)."""

from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from wagtail.models import ModelLogEntry
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.models import AlertSnippet
from community.models.alerts import ENDING_SOON
from home.content.dates import format_relative_datetime
from home.jobs import register_job
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)

SUBJECT = "An alert on the website ends soon"


@register_job("queue alert expiry reminders")
def queue_expiry_reminders(at: datetime) -> None:
    """Notify once of each alert that ends soon, and of each expected end.

    For a short alert that is in its last quarter.
    """
    for alert in AlertSnippet.objects.current(at).filter(ends_at__lte=at + ENDING_SOON):
        if alert.ends_at - at <= (alert.ends_at - alert.starts_at) / 4:
            notify(str(alert.pk), AlertReminder, alert.ends_at.isoformat(), due_at=at)


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
        return EmailMessage(SUBJECT, _get_text(alert), to=_get_emails(alert))


def _get_emails(alert: AlertSnippet) -> list[str]:
    publications = ModelLogEntry.objects.for_instance(alert).filter(
        action="wagtail.publish"
    )
    last = publications.order_by("timestamp", "pk").last()
    policy = ModelPermissionPolicy(AlertSnippet)
    publishers = policy.users_with_permission("publish").exclude(email="")
    recipients = publishers.filter(pk=last.user_id) if last else publishers.none()
    return sorted({user.email for user in recipients or publishers})


def _get_text(alert: AlertSnippet) -> str:
    address = reverse("wagtailsnippets_community_alertsnippet:list")
    # As seen from a week before, so with the date: an email may be read late.
    end = format_relative_datetime(alert.ends_at, alert.ends_at - timedelta(weeks=1))
    context = {
        "alert": alert,
        "text": get_text_for_indexing(alert.text),
        # When the clocks go back, 1:30am comes twice.
        "end": f"{end} ({localtime(alert.ends_at).tzname()})",
        "list_address": urljoin(settings.WAGTAILADMIN_BASE_URL, address),
    }
    return render_to_string("community/alert_reminder.txt", context)
