"""How long what residents send in is kept: to the day, as the settings say (O4)."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.models import ModelLogEntry

from home.content.dates import days_after
from home.content_version.counter import start_of_day
from home.jobs import register_job

# So few at a time that nobody who writes meanwhile waits for long.
BATCH = 200
ALL, OPEN = Q(), Q(status="open") | Q(closed_at=None)


@dataclass(frozen=True)
class Rule:
    """Which rows are kept how long: `setting` names the days, counted from `since`.

    With `emptied`, that field alone goes and the row stays.
    """

    model: str
    setting: str
    since: str
    only: Q = ALL
    emptied: str = ""

    def due(self, at: datetime) -> QuerySet:
        """Return the rows whose time is over at this moment.

        What is from 3 March and kept for a day goes as 4 March begins by the council's
        clock, so nothing is kept for longer than the setting says.
        """
        days = getattr(settings, self.setting)
        end = start_of_day(days_after(timezone.localdate(at), 1 - days))
        rows = apps.get_model(self.model)._base_manager
        return rows.filter(self.only, **{f"{self.since}__lt": end}).order_by("pk")


RULES = (
    Rule("search.LoggedSearch", "SEARCH_LOG_DAYS", "searched_at"),
    # As old as the oldest searches: then there is nothing to compare. What was ignored
    # comes back, if people still cannot find it.
    Rule("search.FindabilityAction", "SEARCH_LOG_DAYS", "at"),
    Rule("search.UsefulnessComment", "USEFULNESS_COMMENT_DAYS", "created_at"),
    Rule("search.Enquiry", "ENQUIRY_CLOSED_DAYS", "closed_at", ~OPEN),
    Rule("search.Enquiry", "ENQUIRY_OPEN_DAYS", "created_at", OPEN),
    Rule("search.Enquiry", "ENQUIRY_EMAIL_DAYS", "created_at", ~Q(email=""), "email"),
)


@register_job("forgetting what residents sent")
def purge(at: datetime) -> int:
    """Delete all whose time is over; return how much. Call it outside a transaction.

    Two processes at once do no harm: each takes what the other has left.
    """
    return sum(_purge(rule, at) for rule in RULES)


def _purge(rule: Rule, at: datetime) -> int:
    count = 0
    while keys := list(rule.due(at).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            # Asked again: somebody may have opened one of them anew.
            rows = rule.due(at).filter(pk__in=keys)
            if rule.emptied:
                rows.update(**{rule.emptied: ""})
            else:
                forget(rows)
        count += len(keys)
    return count


def forget(rows: QuerySet) -> None:
    """Delete rows with all that hangs on them, Wagtail's history of them included."""
    keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(rows.model)
    ModelLogEntry.objects.filter(content_type=kind, object_id__in=keys).delete()
    rows.delete()
