"""What staff do about enquiries and topics: the states, and one history of both."""

from django.conf import settings
from django.db import models

from search.tokens import MAX_TOPIC_LENGTH


class CaseStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class ActionKind(models.TextChoices):
    PROMOTED = "promoted", "A page was promoted"
    SYNONYM = "synonym", "A synonym was added"
    WRITTEN = "written", "A page was written or updated"
    FOUND = "found", "Already on the website (the answer says where)"
    NOT_OURS = "not_ours", "Not a council service"
    NOTHING = "nothing", "No action needed"
    ASSIGNED = "assigned", "Assigned to"
    ANSWERED = "answered", "Answered"
    CHANGED = "changed", "Answer changed"
    REOPENED = "reopened", "Reopened"
    # By the job that sends answers.
    EMAILED = "emailed", "Email"


# Only saving the promotion or the synonym closes a case so.
OUTCOMES_OF_SAVING = [ActionKind.PROMOTED, ActionKind.SYNONYM]
OUTCOMES_TO_CHOOSE = [
    ActionKind.WRITTEN,
    ActionKind.FOUND,
    ActionKind.NOT_OURS,
    ActionKind.NOTHING,
]
# These close what is open, and reopening opens it again.
OUTCOMES = OUTCOMES_OF_SAVING + OUTCOMES_TO_CHOOSE


class FeedbackAction(models.Model):
    """An action on an enquiry, without anything a resident wrote, or on a topic.

    Actions belong to a topic and not to a search, so topics that a new synonym merges
    bring their actions with them.
    """

    enquiry = models.ForeignKey(
        "search.Enquiry", on_delete=models.CASCADE, null=True, related_name="actions"
    )
    topic = models.CharField(max_length=MAX_TOPIC_LENGTH, blank=True)
    # For when its searches have been purged from the log.
    label = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    # Of an assignment, the name, which stays when the account is deleted.
    note = models.CharField(max_length=200, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "unsuccessful search action"
        verbose_name_plural = "unsuccessful search actions"
        ordering = ["at", "pk"]
        default_permissions = ()

    def __str__(self):
        label = self.get_kind_display()
        if self.kind == ActionKind.EMAILED:
            return self.note
        if self.kind == ActionKind.ASSIGNED:
            return f"{label} {self.note or 'no one'}"
        closed = "Closed: " if self.kind in OUTCOMES else ""
        return f"{closed}{label}{self.note and f': {self.note}'}"
