"""The state of an alert at a time, and its label."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case, Q, Value, When

from community.models import AlertSnippet
from home.content.dates import format_relative_datetime

ENDING_SOON = timedelta(hours=1)


class AlertState(models.IntegerChoices):
    """In the order in which the list shows them."""

    ENDING_SOON = 10, "Ending soon"
    LIVE = 20, "Live"
    SCHEDULED = 30, "Scheduled"
    DRAFT = 40, "Draft"
    ENDED = 50, "Ended"
    UNPUBLISHED = 60, "Unpublished"


VISIBLE_STATES = (AlertState.LIVE, AlertState.ENDING_SOON)


def with_state(alerts: models.QuerySet, at: datetime) -> models.QuerySet:
    """Annotate alerts with their `state`; the first condition that is true counts."""
    conditions = [
        (Q(live=False, first_published_at=None), AlertState.DRAFT),
        (Q(live=False), AlertState.UNPUBLISHED),
        (Q(ends_at__lte=at), AlertState.ENDED),
        (Q(starts_at__gt=at), AlertState.SCHEDULED),
        (Q(ends_at__lte=at + ENDING_SOON), AlertState.ENDING_SOON),
    ]
    return alerts.annotate(
        state=Case(
            *(When(condition, Value(state)) for condition, state in conditions),
            default=Value(AlertState.LIVE),
        )
    )


def describe_state(alert: AlertSnippet, at: datetime) -> str:
    """Return the state of an alert from `with_state`, with its times."""
    if alert.state in (AlertState.DRAFT, AlertState.UNPUBLISHED):
        # It may not have its times yet.
        return AlertState(alert.state).label
    end = format_relative_datetime(alert.ends_at, at)
    descriptions = {
        AlertState.ENDING_SOON: f"Ends {end}",
        AlertState.LIVE: f"Live until {end.removeprefix('at ').removeprefix('on ')}",
        AlertState.SCHEDULED: f"Starts {format_relative_datetime(alert.starts_at, at)}",
        AlertState.ENDED: f"Ended {end}",
    }
    draft = ", with unpublished changes" if alert.has_unpublished_changes else ""
    return descriptions[alert.state] + draft
