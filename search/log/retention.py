"""Deletes what residents send in, to the day, as the settings say (O4)."""

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
from home.content_version import start_of_day
from home.jobs import register_job

# Small, so that no other writer waits for long.
BATCH = 200
ALL, OPEN = Q(), Q(status="open") | Q(closed_at=None)


@dataclass(frozen=True)
class RetentionRule:
    """Rows go, or only a `cleared_field`, the days of a `setting` after `since`."""

    model: str
    setting: str
    since: str
    condition: Q = ALL
    cleared_field: str = ""

    def due(self, at: datetime) -> QuerySet:
        # A row from 3 March stored for 1 day expires as 4 March starts in local time.
        days = getattr(settings, self.setting)
        end = start_of_day(days_after(timezone.localdate(at), 1 - days))
        rows = apps.get_model(self.model)._base_manager
        return rows.filter(self.condition, **{f"{self.since}__lt": end}).order_by("pk")


RULES = (
    RetentionRule("search.LoggedSearch", "SEARCH_LOG_DAYS", "searched_at"),
    # As old as the oldest searches: then there is nothing to compare. A dismissed topic
    # comes back, if people still cannot find it.
    RetentionRule("search.FeedbackAction", "SEARCH_LOG_DAYS", "at", Q(enquiry=None)),
    RetentionRule(
        "search.PageFeedbackComment", "PAGE_FEEDBACK_COMMENT_DAYS", "created_at"
    ),
    RetentionRule("search.Enquiry", "ENQUIRY_CLOSED_DAYS", "closed_at", ~OPEN),
    RetentionRule("search.Enquiry", "ENQUIRY_OPEN_DAYS", "created_at", OPEN),
    RetentionRule(
        "search.Enquiry", "ENQUIRY_EMAIL_DAYS", "created_at", ~Q(email=""), "email"
    ),
)


@register_job("purge expired personal data")
def purge(at: datetime) -> int:
    """Delete expired rows; return how many. Call it outside a transaction.

    Safe in two processes at once: each takes what the other has left.
    """
    count = 0
    for rule in RULES:
        while keys := list(rule.due(at).values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                # Asked again: one of them may have been reopened.
                rows = rule.due(at).filter(pk__in=keys)
                if rule.cleared_field:
                    rows.update(**{rule.cleared_field: ""})
                else:
                    delete_with_history(rows)
            count += len(keys)
    return count


def delete_with_history(rows: QuerySet) -> None:
    keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(rows.model)
    ModelLogEntry.objects.filter(content_type=kind, object_id__in=keys).delete()
    rows.delete()
