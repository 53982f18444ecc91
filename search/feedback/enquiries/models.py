"""Enquiries and their references."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models

from home.content.email_addresses import EmailAddressField
from search.feedback.actions import (
    OUTCOMES,
    SEARCH_CHANGES,
    ActionKind,
    FeedbackAction,
)
from search.log.redaction import REDACTED, redact
from search.tokens import MAX_TOPIC_LENGTH

# Without characters that are misheard on the phone.
REFERENCE_CHARACTERS = "ABCDEFGHJKMNPQRTUVWXYZ2346789"
REFERENCE_GROUPS, GROUP_LENGTH = 3, 4


def make_reference() -> str:
    """Return a reference that cannot be guessed but is easy to read out.

    Such as "K7QF-3MNP-X9TD": one of 29 to the power of 12.
    """
    groups = (
        "".join(secrets.choice(REFERENCE_CHARACTERS) for _ in range(GROUP_LENGTH))
        for _ in range(REFERENCE_GROUPS)
    )
    return "-".join(groups)


class EnquiryStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


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
    # More than once if the same message was sent again while it was open.
    times_sent = models.PositiveIntegerField("times sent", default=1)
    status = models.CharField(
        max_length=10, choices=EnquiryStatus.choices, default=EnquiryStatus.OPEN
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
        choices=[(each.value, each.label) for each in OUTCOMES],
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

    @property
    def is_open(self) -> bool:
        return self.status == EnquiryStatus.OPEN

    @property
    def last_action(self) -> FeedbackAction | None:
        """Return the last action of staff."""
        return self.actions.exclude(kind=ActionKind.EMAILED).last()

    @property
    def searched(self) -> str:
        return redact(self.query).replace(REDACTED, " ").strip()

    def do(
        self, kind: ActionKind, by, at: datetime, note: str = "", **values
    ) -> FeedbackAction:
        """Save only these values: jobs change others at the same time."""
        if kind in OUTCOMES:
            belongs_to = note if kind == ActionKind.NOT_OURS else ""
            values = {"outcome": kind, "belongs_to": belongs_to}
            values |= {"closed_at": at, "closed_by": by, "status": EnquiryStatus.CLOSED}
        elif kind == ActionKind.REOPENED:
            values = {"outcome": "", "belongs_to": "", "status": EnquiryStatus.OPEN}
            values |= {"closed_at": None, "closed_by": None}
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
        return self.actions.create(
            kind=kind,
            by=by,
            at=at,
            # What searches found may be in the words of a resident.
            note="" if kind in SEARCH_CHANGES else note[:200],
            assigned_to=values.get("assigned_to"),
        )


class RepeatedEnquiry(models.Model):
    """The same message sent again, with a reference of its own.

    Staff answer the first; its answer is shown here too. Neither sender can open the
    other's page, or learn that there is one.
    """

    enquiry = models.ForeignKey(
        Enquiry, on_delete=models.CASCADE, related_name="repeats"
    )
    reference = models.CharField(
        max_length=20, unique=True, editable=False, default=make_reference
    )
    created_at = models.DateTimeField("received", auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.reference
