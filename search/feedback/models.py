"""What residents send in, and what staff do about it."""

import re
from datetime import datetime, timedelta
from itertools import chain, combinations
from secrets import token_hex

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy

from home.content.fields import EmailAddressField
from search.log.models import LoggedSearch, topic_of_search
from search.log.redaction import REDACTED, redact
from search.tokens import (
    EMPTY_TOPIC,
    MAX_TOPIC_LENGTH,
    topic_of,
)


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


# What closes a case, and what residents read of it. The first two are never chosen, but
# come from saving the promotion or the synonym.
OUTCOMES = {
    ActionKind.PROMOTED: "We have made the page about this easier to find.",
    ActionKind.SYNONYM: "Search now understands the words you used.",
    ActionKind.WRITTEN: "We have written or updated a page about this.",
    ActionKind.FOUND: "This is on our website.",
    ActionKind.NOT_OURS: "This is not a council service.",
    ActionKind.NOTHING: "No changes were needed.",
}


class FeedbackAction(models.Model):
    """An action on an enquiry or a topic, without anything a resident wrote."""

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


# Without characters that are misheard on the phone.
REFERENCE_CHARACTERS = "ABCDEFGHJKMNPQRTUVWXYZ2346789"


def make_reference(sent: str = "") -> str:
    """Return "K7QF-3MNP-X9TD" or the like; the same for the same form sent twice."""
    code = salted_hmac("enquiry", sent or token_hex(), algorithm="sha256").digest()[:12]
    count = len(REFERENCE_CHARACTERS)
    return group_reference("".join(REFERENCE_CHARACTERS[byte % count] for byte in code))


def group_reference(characters: str) -> str:
    """Group what was typed, in any case, with or without hyphens and spaces."""
    characters = re.sub(r"[^A-Z0-9]", "", characters.upper())
    return "-".join(re.findall(".{1,4}", characters))


EMAIL_PENDING = Q(answered_at__isnull=False, answer_sent_at=None) & ~Q(email="")


class Enquiry(models.Model):
    """The message never changes; `email` is deleted once the answer is sent."""

    reference = models.CharField(
        max_length=20, unique=True, editable=False, default=make_reference
    )
    message = models.TextField("looking for", max_length=5000)
    email = EmailAddressField("email", blank=True)
    query = models.CharField("search terms", max_length=300, blank=True)
    from_path = models.CharField("came from page", max_length=500, blank=True)
    created_at = models.DateTimeField("received", auto_now_add=True, db_index=True)
    status = models.CharField(
        max_length=10, choices=CaseStatus.choices, default=CaseStatus.OPEN
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="assigned to",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Rich text.
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    # The address is deleted when the email is sent.
    answer_sent_at = models.DateTimeField("email sent", null=True, blank=True)
    outcome = models.CharField(
        max_length=10,
        choices=[(kind.value, kind.label) for kind in OUTCOMES],
        blank=True,
    )
    belongs_to = models.CharField(
        "responsible organisation", max_length=200, blank=True
    )
    # For the report of unsuccessful searches.
    topic = models.CharField(
        max_length=MAX_TOPIC_LENGTH, blank=True, editable=False, db_index=True
    )
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = "enquiry"
        verbose_name_plural = "enquiries"
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.reference

    def save(self, *args, **kwargs):
        self.topic = self.topic or topic_of_enquiry(self)
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.status == CaseStatus.OPEN

    @property
    def is_awaited(self) -> bool:
        """Whether someone left an email address and has no answer yet."""
        return bool(self.email) and not self.answered_at

    @property
    def last_action(self) -> FeedbackAction | None:
        # Of staff, not of the job.
        return self.actions.exclude(kind=ActionKind.EMAILED).last()

    @property
    def searched(self) -> str:
        return _redacted(self.query).strip()

    def do(
        self, kind: ActionKind, by, at: datetime, note: str = "", **values
    ) -> FeedbackAction:
        if kind in OUTCOMES:
            values = {"outcome": kind, "belongs_to": note}
            values |= {"closed_at": at, "closed_by": by, "status": CaseStatus.CLOSED}
        elif kind == ActionKind.REOPENED:
            values = {"outcome": "", "belongs_to": "", "status": CaseStatus.OPEN}
            values |= {"closed_at": None, "closed_by": None}
        for name, value in values.items():
            setattr(self, name, value)
        # Jobs change other fields at the same time.
        self.save(update_fields=list(values))
        # So does a promotion or a synonym, when it is saved.
        done = {"kind": kind, "by": by, "at": at, "note": note[:200]}
        ends_topic = kind in {ActionKind.WRITTEN, ActionKind.NOT_OURS}
        if ends_topic and self.topic != EMPTY_TOPIC:
            label = self.topic[:100]
            FeedbackAction.objects.create(topic=self.topic, label=label, **done)
        return self.actions.create(assigned_to=values.get("assigned_to"), **done)


POLICY = ModelPermissionPolicy(Enquiry)


def topic_of_enquiry(enquiry: Enquiry) -> str:
    """Return the topic of its search, or of the beginning of its message.

    A message takes the longest known topic whose stems it contains.
    """
    if enquiry.query:
        # It was made a few minutes ago.
        return topic_of_search(enquiry.query, timezone.now() - timedelta(days=1))
    own = topic_of(_redacted(enquiry.message[:1_000]))
    stems = own.split(" ")
    possible = chain.from_iterable(combinations(stems, size) for size in (2, 3))
    topics = [own, *map(" ".join, possible)]
    searches = LoggedSearch.objects.filter(topic__in=topics).order_by()
    known = searches.values_list("topic").annotate(models.Count("pk"))
    return max(known, key=lambda row: (row[0].count(" "), row[1]), default=(own,))[0]


def _redacted(text: str) -> str:
    return redact(text).replace(REDACTED, " ")


class PageFeedbackCount(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    month_on = models.DateField("month", help_text="The first day of the month.")
    yes = models.PositiveIntegerField("useful", default=0)
    no = models.PositiveIntegerField("not useful", default=0)

    class Meta:
        ordering = ["-month_on", "page"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "month_on"], name="one_count_a_page_and_month"
            )
        ]

    def __str__(self):
        return f"{self.page}, {self.month_on:%B %Y}"


class PageFeedbackComment(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    was_useful = models.BooleanField()
    comment = models.TextField(max_length=1000)
    created_at = models.DateTimeField("received", auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"{self.page}, {self.created_at:%-d %B %Y}"
