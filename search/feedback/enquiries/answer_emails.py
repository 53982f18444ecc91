"""The email about an answer, sent once, and the job that sends it."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from home.jobs import register_job
from search.feedback.enquiries.models import Enquiry, EnquiryEvent, EnquiryOutcome

logger = logging.getLogger(__name__)

# For residents.
OUTCOMES = {
    EnquiryOutcome.PROMOTED: "We have made the page easier to find.",
    EnquiryOutcome.SYNONYM: "Search now understands the words you used.",
    EnquiryOutcome.WRITTEN: "We have written or updated a page about this.",
    EnquiryOutcome.FOUND: "This is on our website.",
    EnquiryOutcome.NOT_OURS: "This is not a council service.",
    EnquiryOutcome.NOTHING: "No changes were needed.",
}
SUBJECT = "We have answered your message"
# After a week, the answer is no longer expected.
DAYS_TO_TRY = 7
# Sending takes seconds: after this it was interrupted, and may have been sent.
MAX_SENDING_TIME = timedelta(hours=1)
MAX_IN_A_RUN = 100


@register_job("send enquiry answers")
def send_answers(at: datetime) -> None:
    """Email each answer once; if that fails, the next runs try again for a week."""
    answered = Enquiry.objects.exclude(email="").filter(answered_at__isnull=False)
    _delete_undeliverable_addresses(answered, at)
    waiting = get_unsent_answers().order_by("answered_at", "pk")
    for enquiry in waiting[:MAX_IN_A_RUN]:
        if not send_answer(enquiry, at):
            return


def get_unsent_answers() -> QuerySet[Enquiry]:
    answered = Enquiry.objects.exclude(email="").filter(answered_at__isnull=False)
    return answered.filter(answer_sent_at=None)


def send_answer(enquiry: Enquiry, at: datetime) -> bool:
    """Email the enquirer, then delete their address.

    Returns False if the mail server is unavailable, so that the run can stop.
    """
    unsent = Enquiry.objects.filter(
        pk=enquiry.pk, answered_at__isnull=False, answer_sent_at=None
    ).exclude(email="")
    # Marked before sending, so that only one of two processes sends it.
    if not unsent.update(answer_sent_at=at):
        return True
    is_available = True
    try:
        _message(enquiry).send()
    except SMTPRecipientsRefused as error:
        logger.warning("The mail server rejected the answer to enquiry %s.", enquiry.pk)
        if _is_permanent(error):
            _delete_address(enquiry, at, "The mail server rejected the email address")
        else:
            _requeue(enquiry, at)
    except Exception as error:
        # The server's message may hold the address.
        kind = type(error).__name__
        logger.error("Could not email the answer to enquiry %s: %s", enquiry.pk, kind)
        _requeue(enquiry, at)
        is_available = isinstance(error, SMTPResponseException | ValueError)
    else:
        _delete_address(enquiry, at, "Answer emailed", sent_at=at)
    return is_available


def _message(enquiry: Enquiry) -> EmailMessage:
    # From the settings: visitors control the Host header.
    path = reverse("enquiry_answer", args=[enquiry.reference])
    context = {"address": f"{settings.WAGTAILADMIN_BASE_URL}{path}"}
    return EmailMessage(
        SUBJECT,
        render_to_string("search/answer_mail.txt", context),
        to=[enquiry.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _is_permanent(error: SMTPRecipientsRefused) -> bool:
    # RFC 5321, 4.2.1: 4xx errors are temporary.
    return all(code >= 500 for code, _ in error.recipients.values())


def _requeue(enquiry: Enquiry, at: datetime) -> None:
    own = Enquiry.objects.filter(pk=enquiry.pk, answer_sent_at=at)
    own.update(answer_sent_at=None)


def _delete_address(
    enquiry: Enquiry, at: datetime, what: str, sent_at: datetime | None = None
) -> None:
    # The enquiry may have been erased in the meantime.
    if Enquiry.objects.filter(pk=enquiry.pk).update(email="", answer_sent_at=sent_at):
        EnquiryEvent.objects.create(
            enquiry=enquiry, at=at, what=f"{what}; email address deleted"
        )


def _delete_undeliverable_addresses(answered, at: datetime) -> None:
    for enquiry in answered.filter(answer_sent_at__lt=at - MAX_SENDING_TIME):
        what = "Sending the email was interrupted"
        _delete_address(enquiry, at, what, enquiry.answer_sent_at)
    end = at - timedelta(days=DAYS_TO_TRY)
    for enquiry in answered.filter(answered_at__lt=end, answer_sent_at=None):
        what = f"The email could not be sent for {DAYS_TO_TRY} days"
        _delete_address(enquiry, at, what)
