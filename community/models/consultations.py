"""Consultations: what they ask, how people respond, and the outcome (R9)."""

from datetime import date, datetime, timedelta

from django.db import models
from django.utils import timezone
from wagtail.admin.panels import FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.rich_text import get_text_for_indexing

from home.content.email_addresses import EmailAddressField

# How long after the last response the council promises to say what came of it.
OUTCOME_PROMISED = timedelta(weeks=12)
OUTCOME_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]
# "We asked, you said, we did": the form in which residents read an outcome.
OUTCOME_TEXTS = ("we_asked", "you_said", "we_did")
WAYS_TO_RESPOND = ("respond_url", "respond_email", "respond_address")
EMPTY = {"blank": True, "default": "", "db_default": ""}


class Consultation(models.Model):
    """The consultation of a policy: its dates to the second, and its outcome."""

    consultation_opens_at = models.DateTimeField(
        "consultation opens",
        null=True,
        blank=True,
        help_text="People can respond from this time.",
    )
    consultation_closes_at = models.DateTimeField(
        "consultation closes", null=True, blank=True
    )
    consultation_purpose = models.TextField(
        "what it is about",
        max_length=1_000,
        help_text="What you want people's views on, and how you will use them. Shown "
        "with how to respond.",
        **EMPTY,
    )
    respond_url = models.URLField(
        "respond online",
        help_text="The web address of the survey or form.",
        **EMPTY,
    )
    respond_email = EmailAddressField("respond by email", **EMPTY)
    respond_address = models.TextField(
        "other ways to respond",
        max_length=500,
        help_text="Ways to respond by post, by phone or in person. Put each on its own "
        "line.",
        **EMPTY,
    )
    outcome_published_on = models.DateField(
        "outcome published",
        null=True,
        blank=True,
        help_text="The date this page shows the outcome of the consultation.",
    )
    we_asked = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="What the consultation was about, in a few sentences.",
        **EMPTY,
    )
    you_said = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="How many people responded, and what they said.",
        **EMPTY,
    )
    we_did = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="What was decided, and why if it is not what people asked for.",
        **EMPTY,
    )

    class Meta:
        abstract = True

    consultation_panel = MultiFieldPanel(
        [
            FieldRowPanel(["consultation_opens_at", "consultation_closes_at"]),
            "consultation_purpose",
            *WAYS_TO_RESPOND,
        ],
        heading="Consultation",
        help_text="Fill this in if you are asking for people's views. The page only "
        "shows how to respond while the consultation is open.",
    )
    outcome_panel = MultiFieldPanel(
        ["outcome_published_on", *OUTCOME_TEXTS],
        heading="We asked, you said, we did",
        help_text="Shown from the date the outcome is published.",
    )

    @property
    def outcome_due_on(self) -> date:
        """The date by which the council has promised to publish the outcome."""
        return timezone.localdate(self.consultation_closes_at + OUTCOME_PROMISED)

    def is_outcome_published(self, at: datetime) -> bool:
        published_on = self.outcome_published_on
        return published_on is not None and published_on <= timezone.localdate(at)

    def get_public_outcome(self) -> str:
        """Return the outcome for search: nothing before it is published."""
        is_public = self.is_outcome_published(timezone.now())
        return " ".join(getattr(self, name) for name in OUTCOME_TEXTS if is_public)

    def get_consultation_errors(self) -> dict[str, str]:
        """Return error messages by field."""
        errors = {}
        opens, closes = self.consultation_opens_at, self.consultation_closes_at
        if bool(opens) != bool(closes):
            missing = "consultation_closes_at" if opens else "consultation_opens_at"
            errors[missing] = (
                "Enter both when the consultation opens and when it closes."
            )
        elif opens and closes <= opens:
            closing = "The consultation must close after it opens."
            errors["consultation_closes_at"] = closing
        return errors

    def find_gaps_for_publishing(self):
        gaps = super().find_gaps_for_publishing()
        ways = [getattr(self, name) for name in WAYS_TO_RESPOND]
        if self.consultation_opens_at and not any(ways):
            gaps["respond_url"] = (
                "Enter at least one way to respond: a web address, an email address or "
                "another way."
            )
        if self.outcome_published_on:
            for name in OUTCOME_TEXTS:
                # The editor of texts sends empty paragraphs.
                if not get_text_for_indexing(getattr(self, name)).strip():
                    gaps[name] = "Fill this in before you publish the outcome."
        return gaps
