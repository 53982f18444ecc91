"""An enquiry: what a resident told us that they could not find."""

import secrets

from django.conf import settings
from django.db import models

# Without letters and figures that are misread over the telephone.
REFERENCE_SIGNS = "ABCDEFGHJKMNPQRTUVWXYZ2346789"


def make_reference() -> str:
    """Return a reference that nobody can guess and everybody can read out."""
    return "".join(secrets.choice(REFERENCE_SIGNS) for _ in range(10))


class EnquiryStatus(models.TextChoices):
    """How far we are with it."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Enquiry(models.Model):
    """What a resident was looking for and could not find."""

    reference = models.CharField(
        max_length=10, unique=True, editable=False, default=make_reference
    )
    message = models.TextField("what they were looking for", max_length=5000)
    email = models.EmailField("e-mail", blank=True)
    query = models.CharField("what they searched for", max_length=300, blank=True)
    from_path = models.CharField("page they came from", max_length=500, blank=True)
    created_at = models.DateTimeField("received", auto_now_add=True)
    status = models.CharField(
        max_length=10, choices=EnquiryStatus.choices, default=EnquiryStatus.OPEN
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
