"""An enquiry: what a resident told us that they could not find."""

import secrets

from django.conf import settings
from django.db import models

from home.email_addresses import EmailAddressField
from search.feedback.unsuccessful_searches.topics import LONGEST

# Without letters and figures that are misread over the telephone.
REFERENCE_SIGNS = "ABCDEFGHJKMNPQRTUVWXYZ2346789"


REFERENCE_GROUPS, GROUP_LENGTH = 3, 4


def make_reference() -> str:
    """Return a reference that nobody can guess and everybody can read out.

    Such as "K7QF-3MNP-X9TD": one of 29 to the power of 12.
    """
    groups = (
        "".join(secrets.choice(REFERENCE_SIGNS) for _ in range(GROUP_LENGTH))
        for _ in range(REFERENCE_GROUPS)
    )
    return "-".join(groups)


class EnquiryStatus(models.TextChoices):
    """How far we are with it."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class EnquiryOutcome(models.TextChoices):
    """What came of it, as officers say when they close it."""

    PROMOTED = "promoted", "A page was promoted"
    SYNONYM = "synonym", "A synonym was added"
    WRITTEN = "written", "A page was written or mended"
    FOUND = "found", "It was on the site, and the answer says where"
    NOT_OURS = "not_ours", "It is not ours, and the answer says whose"
    NOTHING = "nothing", "There was nothing to do"


class Enquiry(models.Model):
    """What a resident was looking for and could not find.

    What they wrote is never changed; `email` is deleted once the answer is sent.
    """

    reference = models.CharField(
        max_length=20, unique=True, editable=False, default=make_reference
    )
    message = models.TextField("what they were looking for", max_length=5000)
    email = EmailAddressField("email", blank=True)
    query = models.CharField("what they searched for", max_length=300, blank=True)
    from_path = models.CharField("page they came from", max_length=500, blank=True)
    created_at = models.DateTimeField("received", auto_now_add=True, db_index=True)
    # More than once where the same message came again while it was open.
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
    # Rich text with links to pages, shown on the answer page at the reference.
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    # When the email about the answer left; the address is deleted with it.
    answer_sent_at = models.DateTimeField("email sent", null=True, blank=True)
    outcome = models.CharField(
        max_length=10, choices=EnquiryOutcome.choices, blank=True
    )
    belongs_to = models.CharField("where it belongs", max_length=200, blank=True)
    # What it is about, for the queue of what people cannot find.
    topic = models.CharField(
        max_length=LONGEST, blank=True, editable=False, db_index=True
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
        """Whether somebody has still to deal with it."""
        return self.status == EnquiryStatus.OPEN


class RepeatedEnquiry(models.Model):
    """That someone sent what an open enquiry says already, and their own reference.

    Officers answer the first; its answer is read here too. Neither sender can open the
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
        # No one edits it.
        default_permissions = ()

    def __str__(self):
        return self.reference


class EnquiryEvent(models.Model):
    """One step in the history of an enquiry, without anything a resident wrote."""

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
