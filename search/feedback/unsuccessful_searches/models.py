"""What officers did about topics that people could not find: a list, only added to."""

from django.conf import settings
from django.db import models
from wagtail.permission_policies import ModelPermissionPolicy

from home.people import name_of
from search.feedback.unsuccessful_searches.topics import LONGEST


class State(models.TextChoices):
    """Where a topic stands: by what was last done about it."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    NOT_OURS = "not_ours", "Not ours"
    IGNORED = "ignored", "Ignored"


class Kind(models.TextChoices):
    """What an officer did, in the words of "Jo promoted a page"."""

    PROMOTED = "promoted", "promoted a page"
    SYNONYM = "synonym", "added a synonym"
    WORDS = "words", "added words to a page"
    WRITTEN = "written", "wrote or mended a page"
    NOT_OURS = "not_ours", "said that it is not ours"
    IGNORED = "ignored", "ignored it"
    ASSIGNED = "assigned", "assigned it"
    REOPENED = "reopened", "opened it again"


DONE_KINDS = (Kind.PROMOTED, Kind.SYNONYM, Kind.WORDS, Kind.WRITTEN)
STATE_AFTER = {
    **dict.fromkeys(DONE_KINDS, State.DONE),
    Kind.NOT_OURS: State.NOT_OURS,
    Kind.IGNORED: State.IGNORED,
    Kind.REOPENED: State.OPEN,
}


class FindabilityAction(models.Model):
    """One thing that an officer did about a topic; the last one says how it stands.

    Rows are kept by topic and not by search, so topics that a new synonym brings
    together bring their actions with them.
    """

    topic = models.CharField(max_length=LONGEST)
    # What people called it, for when the log has forgotten them.
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices)
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
        verbose_name = "action about what people cannot find"
        verbose_name_plural = "actions about what people cannot find"
        ordering = ["at", "pk"]
        default_permissions = ("add", "view")

    def __str__(self):
        return f"{self.label}: {self.get_kind_display()}"

    @property
    def sentence(self) -> str:
        """What was done, by whom, to what."""
        who = name_of(self.by) or "Somebody"
        to = f" to {name_of(self.assigned_to)}" if self.assigned_to else ""
        note = f": {self.note}" if self.note else ""
        return f"{who} {self.get_kind_display()}{to}{note}"


class FindabilityPolicy(ModelPermissionPolicy):
    """Who may see and use the queue: it shows enquiries, so only who may read those."""

    def user_has_permission(self, user, action):
        """Say whether somebody has the permission, and may read enquiries."""
        may = super().user_has_permission(user, action)
        return may and user.has_perm("search.view_enquiry")


policy = FindabilityPolicy(FindabilityAction)
