"""The mail server is away, or takes nothing from us: since when, and what follows."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from community.models import Delivery, MailOutage
from community.subscriptions.smtp import HOUR, MINUTE, in_words
from home.content.dates import format_relative_datetime
from home.dashboard import DashboardTask, counted, register_dashboard_tasks

logger = logging.getLogger(__name__)

# The last holds from then on, so that nobody waits for long once the server is back.
PAUSES = (MINUTE, 5 * MINUTE, 30 * MINUTE)
# What has waited for so long is no news, and is not sent any more.
GIVEN_UP = timedelta(days=7)
# A server that is restarted is nobody's business.
PATIENCE = HOUR

OPEN = (Delivery.State.WAITING, Delivery.State.SENDING)


@dataclass(frozen=True)
class DeliveryHealth:
    """How the sending of updates is."""

    waiting: int
    # Since when the first of those that are due waits.
    since: datetime | None
    trouble: MailOutage | None

    def is_well(self, at: datetime) -> bool:
        """Say whether all that is due is on its way."""
        starts = [self.since, self.trouble and self.trouble.since]
        return all(start is None or at - start <= PATIENCE for start in starts)

    def as_json(self) -> dict:
        """Return all of it for operators; it holds nobody's address."""
        return {
            "waiting": self.waiting,
            "since": self.since,
            "problem": self.trouble and self.trouble.problem,
            "problem_since": self.trouble and self.trouble.since,
        }


def get_updates_state(at: datetime) -> DeliveryHealth:
    """Return how the sending of updates is, with two quick queries."""
    due = Delivery.objects.filter(state__in=OPEN, due_at__lte=at)
    return DeliveryHealth(
        **due.aggregate(waiting=Count("pk"), since=Min("due_at")),
        trouble=MailOutage.objects.first(),
    )


def record_outage(error: Exception, at: datetime) -> None:
    """Let nothing be sent for a while, and tell the operators why."""
    problem = in_words(error)
    before = MailOutage.objects.first()
    tries = before.tries if before else 0
    again = at + PAUSES[min(tries, len(PAUSES) - 1)]
    MailOutage.objects.update_or_create(
        pk=1,
        defaults={"tries": tries + 1, "try_again_at": again, "problem": problem},
        create_defaults={
            "since": at,
            "tries": 1,
            "try_again_at": again,
            "problem": problem,
        },
    )
    logger.error("The mail server takes no updates: %s", problem)
    _give_up(at)


def _give_up(at: datetime) -> None:
    late = Delivery.objects.filter(state__in=OPEN, due_at__lt=at - GIVEN_UP)
    if count := late.update(state=Delivery.State.FAILED):
        logger.error("%s updates have waited for a week and are given up.", count)


@register_dashboard_tasks
def updates_not_sent(user, at):
    """Tell administrators that residents' updates do not go out."""
    if not user.is_superuser:
        return
    # One quick query where all is well. A problem that keeps nobody waiting is none.
    late = Delivery.objects.filter(state__in=OPEN, due_at__lt=at - PATIENCE)
    if not late.exists():
        return
    state = get_updates_state(at)
    waiting = counted(state.waiting, "email update", "email updates")
    why = f" ({state.trouble.problem})" if state.trouble else ""
    yield DashboardTask(
        f"{waiting} to residents cannot be sent. The first should have gone "
        f"{format_relative_datetime(state.since, at)}. "
        f"Tell whoever runs the mail server{why}.",
        is_urgent=True,
    )
