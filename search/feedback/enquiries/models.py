"""Enquiries, their references and their topics."""

import re
from datetime import datetime
from itertools import chain, combinations
from secrets import token_hex

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from home.content.email_addresses import EmailAddressField
from search.feedback.actions import (
    OUTCOMES,
    ActionKind,
    CaseStatus,
    FeedbackAction,
)
from search.log.models import LoggedSearch
from search.log.redaction import REDACTED, redact
from search.tokens import (
    EMPTY_TOPIC,
    MAX_STEMS,
    MAX_TOPIC_LENGTH,
    significant_words,
    tokenise,
    topic_of,
)

# Without characters that are misheard on the phone.
REFERENCE_CHARACTERS = "ABCDEFGHJKMNPQRTUVWXYZ2346789"
REFERENCE_LENGTH, GROUP_LENGTH = 12, 4


def make_reference(sent: str = "") -> str:
    """Return a reference that cannot be guessed but is easy to read out.

    Such as "K7QF-3MNP-X9TD". The same if the same is sent, as by a double click.
    """
    code = salted_hmac("enquiry", sent or token_hex(), algorithm="sha256").digest()
    characters = [
        REFERENCE_CHARACTERS[byte % len(REFERENCE_CHARACTERS)]
        for byte in code[:REFERENCE_LENGTH]
    ]
    return group_reference("".join(characters))


def group_reference(characters: str) -> str:
    starts = range(0, len(characters), GROUP_LENGTH)
    return "-".join(characters[start : start + GROUP_LENGTH] for start in starts)


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

    def save(self, *args, **kwargs):
        self.topic = self.topic or topic_of_enquiry(self)
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.status == CaseStatus.OPEN

    @property
    def last_action(self) -> FeedbackAction | None:
        """Return the last action of staff."""
        return self.actions.exclude(kind=ActionKind.EMAILED).last()

    @property
    def searched(self) -> str:
        return _redacted(self.query).strip()

    def do(
        self, kind: ActionKind, by, at: datetime, note: str = "", **values
    ) -> FeedbackAction:
        """Save only these values: jobs change others at the same time."""
        if kind in OUTCOMES:
            values = {"outcome": kind, "belongs_to": note}
            values |= {"closed_at": at, "closed_by": by, "status": CaseStatus.CLOSED}
        elif kind == ActionKind.REOPENED:
            values = {"outcome": "", "belongs_to": "", "status": CaseStatus.OPEN}
            values |= {"closed_at": None, "closed_by": None}
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
        # So does a promotion or a synonym, when it is saved.
        if kind == ActionKind.WRITTEN and self.topic != EMPTY_TOPIC:
            FeedbackAction.objects.create(
                topic=self.topic, label=self.topic[:100], kind=kind, by=by, at=at
            )
        return self.actions.create(
            kind=kind,
            by=by,
            at=at,
            note=note[:200],
            assigned_to=values.get("assigned_to"),
        )


# A message says what it is about at its beginning.
BEGINNING = 1_000
# In stems. Longer messages are matched with known topics.
SHORT_MESSAGE = 4
# Words that say nothing about the topic.
FILLER = frozenset(
    re.findall(
        r"\w+",
        """
        anywhere been cant could couldnt details didnt doesnt dont find finding found
        hello help hi info information just like link looked looking need page please
        search searched searching see site somewhere still tell thank thanks tried try
        trying want wanted website would
        """,
    )
)


def topic_of_enquiry(enquiry: Enquiry) -> str:
    """Return the topic of its search, or of the words of its message.

    A long message takes the longest known topic whose stems it contains.
    """
    if enquiry.query:
        return topic_of(_redacted(enquiry.query))
    words = significant_words(tokenise(_redacted(enquiry.message[:BEGINNING])))
    own = topic_of(" ".join(word for word in words if word not in FILLER))
    stems = own.split(" ")
    if len(stems) <= SHORT_MESSAGE:
        return own
    stems = stems[:MAX_STEMS]
    possible = chain(combinations(stems, 2), combinations(stems, 3))
    searches = LoggedSearch.objects.filter(topic__in=[" ".join(p) for p in possible])
    known = searches.order_by().values_list("topic").annotate(models.Count("pk"))
    return max(known, key=lambda row: (row[0].count(" "), row[1]), default=(own,))[0]


def _redacted(text: str) -> str:
    return redact(text).replace(REDACTED, " ")
