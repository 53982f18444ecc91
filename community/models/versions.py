"""What readers could see of a policy, from one publication to the next."""

from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from community.models.consultations import OUTCOME_TEXTS, WAYS_TO_RESPOND
from community.models.policy import STATUS_DATES, PolicyUpdatePage

# What readers see. Whatever else a page holds, such as its owner's email address, is
# not kept and so cannot be shown.
ARCHIVED_FIELDS = (
    "title",
    "summary",
    "kind",
    "body",
    *STATUS_DATES,
    "consultation_purpose",
    *WAYS_TO_RESPOND,
    *OUTCOME_TEXTS,
    "withdrawn_reason",
    "replaced_by",
    "documents",
)


class PublishedVersion(models.Model):
    """What a policy told everybody, from one moment to another.

    A copy, as Wagtail may write a draft over a revision that was published, and delete
    revisions. Nothing is kept of what was published while the page was private.
    """

    page = models.ForeignKey(
        PolicyUpdatePage, on_delete=models.CASCADE, related_name="published_versions"
    )
    # The revision that was published, by which its change note is found. None where
    # the same text was only shown again.
    revision_id = models.PositiveBigIntegerField(null=True, editable=False)
    published_at = models.DateTimeField()
    # None while this is what the page says.
    ended_at = models.DateTimeField(null=True)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"],
                condition=models.Q(ended_at=None),
                name="community_publishedversion_one_now",
            )
        ]

    def __str__(self):
        return f"{self.page_id}, {self.published_at:%-d %B %Y}"

    def as_page(self) -> PolicyUpdatePage:
        """Return the policy as it was, but for files that have been deleted since."""
        return PolicyUpdatePage.from_serializable_data(
            {**self.content, "pk": self.page_id}
        )

    def last_seen_at(self, now: datetime) -> datetime:
        """Return the last moment at which readers saw it: now, if they still do."""
        return self.ended_at or now
