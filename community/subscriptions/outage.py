"""Outages of the mail server, and the health of deliveries."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from community.models import Delivery, MailOutage
from home.content.dates import format_relative_datetime
from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from home.notifications.smtp import HOUR, MINUTE, describe_smtp_error

logger = logging.getLogger(__name__)

# The last is used from then on, so that sending resumes soon after the server is back.
RETRY_DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE)
# Older updates are no longer news.
GIVE_UP_AFTER = timedelta(days=7)
# Restarts of the mail server are not worth an alarm.
ALARM_AFTER = HOUR

OPEN = (Delivery.State.WAITING, Delivery.State.SENDING)


@dataclass(frozen=True)
class DeliveryHealth:
    """How many deliveries are overdue, since when, and any outage."""

    waiting: int
    since: datetime | None
    outage: MailOutage | None

    def is_well(self, at: datetime) -> bool:
        starts = [self.since, self.outage and self.outage.started_at]
        return all(start is None or at - start <= ALARM_AFTER for start in starts)

    def as_json(self) -> dict:
        """Return all of it for operators, without any email address."""
        return {
            "waiting": self.waiting,
            "since": self.since,
            "problem": self.outage and self.outage.problem,
            "problem_since": self.outage and self.outage.started_at,
        }


def get_delivery_health(at: datetime) -> DeliveryHealth:
    due = Delivery.objects.filter(state__in=OPEN, due_at__lte=at)
    return DeliveryHealth(
        **due.aggregate(waiting=Count("pk"), since=Min("due_at")),
        outage=MailOutage.objects.first(),
    )


def record_outage(error: Exception, at: datetime) -> None:
    """Pause sending, log the error, and give up on deliveries that are too old."""
    problem = describe_smtp_error(error)
    outage = MailOutage.objects.first()
    attempts = outage.attempts if outage else 0
    values = {
        "attempts": attempts + 1,
        "retry_at": at + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)],
        "problem": problem,
    }
    MailOutage.objects.update_or_create(
        pk=1, defaults=values, create_defaults={**values, "started_at": at}
    )
    logger.error("The mail server is not accepting email updates: %s", problem)
    late = Delivery.objects.filter(state__in=OPEN, due_at__lt=at - GIVE_UP_AFTER)
    if count := late.update(state=Delivery.State.FAILED):
        logger.error("%s email updates were not sent for 7 days; giving up.", count)


@register_dashboard_tasks
def unsent_updates(user, at):
    """Warn administrators that email updates are not being sent."""
    if not user.is_superuser:
        return
    # One quick query where all is well. An outage that delays nothing is ignored.
    late = Delivery.objects.filter(state__in=OPEN, due_at__lt=at - ALARM_AFTER)
    if not late.exists():
        return
    health = get_delivery_health(at)
    waiting = counted(health.waiting, "email update", "email updates")
    why = f" ({health.outage.problem})" if health.outage else ""
    yield DashboardTask(
        f"{waiting} to residents could not be sent. The first was due "
        f"{format_relative_datetime(health.since, at)}. "
        f"Contact your mail server administrator{why}.",
        is_urgent=True,
    )
