"""The published versions of a policy, from one publication to the next."""

from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from community.models.consultations import OUTCOME_TEXTS, WAYS_TO_RESPOND
from community.models.policy import STATUS_DATES, PolicyUpdatePage

# What readers see. Anything else, such as the owner's email address, is not archived
# and so cannot be shown.
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
    """The public text of a policy for a period.

    A copy, because Wagtail may overwrite a published revision with a draft, and delete
    revisions. Nothing is archived that was published while the page was private.
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
        """Return the policy as it was, without files that have been deleted since."""
        return PolicyUpdatePage.from_serializable_data(
            {**self.content, "pk": self.page_id}
        )

    def last_seen_at(self, now: datetime) -> datetime:
        return self.ended_at or now
