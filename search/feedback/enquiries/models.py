"""Enquiries, their history and their references."""

import secrets

from django.conf import settings
from django.db import models

from home.email_addresses import EmailAddressField
from search.feedback.unsuccessful_searches.topics import MAX_TOPIC_LENGTH

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


class EnquiryOutcome(models.TextChoices):
    PROMOTED = "promoted", "A page was promoted"
    SYNONYM = "synonym", "A synonym was added"
    WRITTEN = "written", "A page was written or updated"
    FOUND = "found", "Already on the website (the answer says where)"
    NOT_OURS = "not_ours", "Not a council service (the answer says whose it is)"
    NOTHING = "nothing", "No action needed"


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
        max_length=10, choices=EnquiryOutcome.choices, blank=True
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


class EnquiryEvent(models.Model):
    """A line of an enquiry's history, without anything a resident wrote."""

    enquiry = models.ForeignKey(
        Enquiry, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    what = models.CharField(max_length=300)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return self.what
