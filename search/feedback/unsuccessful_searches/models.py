"""The append-only list of actions on topics."""

from django.conf import settings
from django.db import models
from wagtail.permission_policies import ModelPermissionPolicy

from home.people import name_of
from search.feedback.unsuccessful_searches.topics import MAX_TOPIC_LENGTH


class TopicState(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    NOT_OURS = "not_ours", "Not a council service"
    DISMISSED = "dismissed", "Dismissed"


class ActionKind(models.TextChoices):
    PROMOTED = "promoted", "promoted a page"
    SYNONYM = "synonym", "added a synonym"
    WORDS = "words", "added search keywords to a page"
    WRITTEN = "written", "wrote or updated a page"
    NOT_OURS = "not_ours", "marked it as not a council service"
    DISMISSED = "dismissed", "dismissed it"
    ASSIGNED = "assigned", "assigned it"
    REOPENED = "reopened", "reopened it"


DONE_KINDS = (
    ActionKind.PROMOTED,
    ActionKind.SYNONYM,
    ActionKind.WORDS,
    ActionKind.WRITTEN,
)
STATE_AFTER = {
    **dict.fromkeys(DONE_KINDS, TopicState.DONE),
    ActionKind.NOT_OURS: TopicState.NOT_OURS,
    ActionKind.DISMISSED: TopicState.DISMISSED,
    ActionKind.REOPENED: TopicState.OPEN,
}


class TopicAction(models.Model):
    """The last action decides a topic's status.

    Actions belong to a topic and not to a search, so topics that a new synonym merges
    bring their actions with them.
    """

    topic = models.CharField(max_length=MAX_TOPIC_LENGTH)
    # For when its searches have been purged from the log.
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    note = models.CharField(max_length=200, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "unsuccessful search action"
        verbose_name_plural = "unsuccessful search actions"
        ordering = ["at", "pk"]
        default_permissions = ("add", "view")

    def __str__(self):
        return f"{self.label}: {self.get_kind_display()}"

    @property
    def sentence(self) -> str:
        who = name_of(self.by) or "Someone"
        to = f" to {name_of(self.assigned_to)}" if self.assigned_to else ""
        note = f": {self.note}" if self.note else ""
        return f"{who} {self.get_kind_display()}{to}{note}"


class TopicPermissionPolicy(ModelPermissionPolicy):
    """The report shows enquiries, so it also takes permission to read those."""

    def user_has_permission(self, user, action):
        may = super().user_has_permission(user, action)
        return may and user.has_perm("search.view_enquiry")


policy = TopicPermissionPolicy(TopicAction)
