"""The answer to an enquiry: what its page shows, and the one email about it (R7)."""

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

# What came of an enquiry, as residents read it.
OUTCOMES = {
    EnquiryOutcome.PROMOTED: "We have made the page easier to find.",
    EnquiryOutcome.SYNONYM: "Search now understands the words that you used.",
    EnquiryOutcome.WRITTEN: "We have written or mended a page about it.",
    EnquiryOutcome.FOUND: "It is on this site.",
    EnquiryOutcome.NOT_OURS: "It is not ours to deal with.",
    EnquiryOutcome.NOTHING: "There was nothing for us to change.",
}
SUBJECT = "Our answer to your message"
# A mail server that is away comes back; then nobody waits for the answer any more.
DAYS_TO_TRY = 7
# Sending takes seconds. What takes longer was cut off, and may have been sent.
LONGEST_SENDING = timedelta(hours=1)
MAX_IN_A_RUN = 100


@register_job("send enquiry answers")
def send_answers(at: datetime) -> None:
    """Send the email about each answer that has not been sent, once.

    Where the mail server does not take it, the next run tries again, for a week.
    """
    answered = Enquiry.objects.exclude(email="").filter(answered_at__isnull=False)
    _forget_old_addresses(answered, at)
    waiting = get_waiting_answers().order_by("answered_at", "pk")
    for enquiry in waiting[:MAX_IN_A_RUN]:
        if not send_answer(enquiry, at):
            return


def get_waiting_answers() -> QuerySet[Enquiry]:
    """Return the enquiries whose answer has still to be sent by email."""
    answered = Enquiry.objects.exclude(email="").filter(answered_at__isnull=False)
    return answered.filter(answer_sent_at=None)


def send_answer(enquiry: Enquiry, at: datetime) -> bool:
    """Tell who asked that there is an answer; then delete their address.

    Does nothing where another process has done it. Returns False where the mail server
    is away, so that it need not be tried with other emails.
    """
    unsent = Enquiry.objects.filter(
        pk=enquiry.pk, answered_at__isnull=False, answer_sent_at=None
    ).exclude(email="")
    # Marked before it is sent, so that of two processes only one sends it.
    if not unsent.update(answer_sent_at=at):
        return True
    is_there = True
    try:
        _message(enquiry).send()
    except SMTPRecipientsRefused as refusal:
        logger.warning("The mail server refuses an answer to enquiry %s.", enquiry.pk)
        if _is_for_good(refusal):
            _forget_address(enquiry, at, "The mail server refused the email address")
        else:
            _try_again(enquiry, at)
    except Exception as error:
        # What the server says may hold the address.
        kind = type(error).__name__
        logger.error("No email about enquiry %s could be sent: %s", enquiry.pk, kind)
        _try_again(enquiry, at)
        is_there = isinstance(error, SMTPResponseException | ValueError)
    else:
        _forget_address(enquiry, at, "The answer was sent by email", sent_at=at)
    return is_there


def _message(enquiry: Enquiry) -> EmailMessage:
    # From the settings: a visitor chooses what the `Host` of a request says.
    path = reverse("enquiry_answer", args=[enquiry.reference])
    context = {"address": f"{settings.WAGTAILADMIN_BASE_URL}{path}"}
    return EmailMessage(
        SUBJECT,
        render_to_string("search/answer_mail.txt", context),
        to=[enquiry.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _is_for_good(refusal: SMTPRecipientsRefused) -> bool:
    # RFC 5321, 4.2.1: what begins with 4 may be tried again.
    return all(code >= 500 for code, _ in refusal.recipients.values())


def _try_again(enquiry: Enquiry, at: datetime) -> None:
    own = Enquiry.objects.filter(pk=enquiry.pk, answer_sent_at=at)
    own.update(answer_sent_at=None)


def _forget_address(
    enquiry: Enquiry, at: datetime, what: str, sent_at: datetime | None = None
) -> None:
    """Delete the email address, and say in the history why."""
    # Nobody may have erased the enquiry meanwhile, or its event would have no place.
    if Enquiry.objects.filter(pk=enquiry.pk).update(email="", answer_sent_at=sent_at):
        EnquiryEvent.objects.create(
            enquiry=enquiry, at=at, what=f"{what}; the address was deleted"
        )


def _forget_old_addresses(answered, at: datetime) -> None:
    """Delete the addresses to which nothing can be sent any more."""
    for enquiry in answered.filter(answer_sent_at__lt=at - LONGEST_SENDING):
        what = "The email was cut off while it was being sent"
        _forget_address(enquiry, at, what, enquiry.answer_sent_at)
    end = at - timedelta(days=DAYS_TO_TRY)
    for enquiry in answered.filter(answered_at__lt=end, answer_sent_at=None):
        what = f"The mail server took no email for {DAYS_TO_TRY} days"
        _forget_address(enquiry, at, what)
