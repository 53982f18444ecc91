"""The email about an answer, after which the enquirer's address is deleted."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from home.jobs import register_job
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    SMTPFailure,
    notify,
    register_notification_kind,
)
from search.feedback.models import EMAIL_PENDING, ActionKind, Enquiry, FeedbackAction


@register_job("queue enquiry answers")
def queue_answers(at: datetime) -> None:
    for enquiry in Enquiry.objects.filter(EMAIL_PENDING):
        notify(str(enquiry.pk), EnquiryAnswer, "answer", due_at=enquiry.answered_at)


@register_notification_kind
class EnquiryAnswer(NotificationKind):
    """The recipient is an enquiry."""

    name = "enquiry answer"

    def build(self, rows, at):
        pending = Enquiry.objects.filter(EMAIL_PENDING, pk=rows[0].recipient)
        enquiry = pending.first()
        if enquiry is None:
            return None
        # From the settings: visitors control the Host header.
        path = reverse("enquiry_answer", args=[enquiry.reference])
        context = {"address": f"{settings.WAGTAILADMIN_BASE_URL}{path}"}
        text = render_to_string("search/answer_mail.txt", context)
        return EmailMessage("We have answered your message", text, to=[enquiry.email])

    def after_sending(self, rows, at):
        _delete_address(rows[0], at, "Answer emailed", sent_at=at)

    def after_failure(self, rows, failure, at):
        if failure == SMTPFailure.ADDRESS:
            what = "The mail server rejected the email address"
        else:
            what = "The mail server did not accept the email for 7 days"
        _delete_address(rows[0], at, what)


def _delete_address(
    row: Notification, at: datetime, what: str, sent_at: datetime | None = None
) -> None:
    # The enquiry may have been erased in the meantime.
    enquiries = Enquiry.objects.filter(pk=row.recipient)
    if enquiries.update(email="", answer_sent_at=sent_at):
        FeedbackAction.objects.create(
            enquiry_id=row.recipient,
            kind=ActionKind.EMAILED,
            at=at,
            note=f"{what}; email address deleted",
        )
