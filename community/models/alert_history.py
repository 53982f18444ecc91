"""The alert history: what each alert said, where, from when and by whom (A8)."""

from datetime import datetime

from django.db import models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least

from community.models.alerts import Scope, Severity


class HistoryEvent(models.TextChoices):
    PUBLISHED = "published", "Published"
    CHANGED = "changed", "Changed"
    ENDED = "ended", "Ended"
    TAKEN_DOWN = "taken-down", "Taken down"
    DELETED = "deleted", "Deleted"
    PAGES_CHANGED = "pages-changed", "Its pages changed"


class HistoryQuerySet(models.QuerySet):
    def with_period(self) -> "HistoryQuerySet":
        """Annotate each entry with `on_at` and `off_at`: when it was shown.

        The next entry of its alert ends it. One that is off before it is on was never
        shown.
        """
        following = self.model.objects.filter(
            alert_id=OuterRef("alert_id"), pk__gt=OuterRef("pk")
        ).order_by("pk")
        replaced_at = Subquery(following.values("recorded_at")[:1])
        return self.annotate(
            on_at=Greatest("recorded_at", "starts_at"),
            off_at=Least("ends_at", Coalesce(replaced_at, "ends_at")),
        )

    def visible_between(self, start: datetime, end: datetime) -> "HistoryQuerySet":
        """Return the entries in force in this period, without its `end`."""
        return self.with_period().filter(
            is_live=True, on_at__lt=end, off_at__gt=Greatest("on_at", Value(start))
        )


class AlertHistoryEntry(models.Model):
    """What the public saw of an alert from `recorded_at` on.

    It names the alert, pages and person by plain values, as each may be deleted.
    Written by `community.alerts.history`; database triggers refuse any change.
    """

    alert_id = models.PositiveBigIntegerField(db_index=True)
    recorded_at = models.DateTimeField(db_index=True)
    event = models.CharField(max_length=20, choices=HistoryEvent.choices)
    # Empty for what the system did, such as a scheduled publication.
    user_id = models.CharField(max_length=64, blank=True)
    user_name = models.TextField(blank=True)
    is_live = models.BooleanField()
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    heading = models.TextField()
    text = models.TextField(blank=True)
    link_href = models.TextField(blank=True)
    link_text = models.TextField(blank=True)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    # Of each chosen page: title, url_path, is_live and include_descendants.
    places = models.JSONField(default=list, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_dismissible = models.BooleanField()
    dismissal_version = models.PositiveIntegerField()

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = "alert history entry"
        verbose_name_plural = "alert history entries"
        ordering = ["-pk"]
        # No one can be given permission to change it; those who may view alerts may
        # view their history.
        default_permissions = ()

    def __str__(self):
        return f"{self.get_event_display()}: {self.heading}"

    def is_visible_on(self, url_path: str | None) -> bool:
        """Say whether the page at this `url_path`, or any page, shows the alert."""
        if not self.is_live or self.scope == Scope.SITE:
            return self.is_live
        return any(_place_is_visible_on(place, url_path) for place in self.places)


def _place_is_visible_on(place: dict, url_path: str | None) -> bool:
    if url_path is None:
        return place["is_live"] or place["include_descendants"]
    if url_path == place["url_path"]:
        return place["is_live"]
    return place["include_descendants"] and url_path.startswith(place["url_path"])
