"""Emails about enquiries: new and assigned ones to staff, answers to residents.

The address of a resident is deleted once the answer is sent.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

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
from search.feedback.models import (
    EMAIL_PENDING,
    OUTCOMES,
    POLICY,
    ActionKind,
    CaseStatus,
    Enquiry,
    FeedbackAction,
)
from search.tokens import digest_of

# A flood of enquiries is a few emails.
GATHERED = timedelta(minutes=15)
MAX_LINES = 20


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


def notify_of_new(enquiry: Enquiry) -> None:
    """Notify everyone who deals with enquiries, of all in a quarter of an hour once."""
    at = enquiry.created_at
    due_at = at + GATHERED - (at - datetime.min.replace(tzinfo=UTC)) % GATHERED
    handlers = POLICY.users_with_permission("change").exclude(email="")
    for pk in handlers.values_list("pk", flat=True).distinct():
        notify(str(pk), CasesForStaff, f"new {due_at:%Y-%m-%d %H:%M}", due_at)


def notify_of_assignment(action: FeedbackAction) -> None:
    if action.assigned_to and action.assigned_to != action.by:
        key = f"assigned {action.pk}"
        notify(str(action.assigned_to_id), CasesForStaff, key, action.at)


@register_notification_kind
class CasesForStaff(NotificationKind):
    """The recipient is a user; the key says if it is about new or assigned cases."""

    name = "cases for staff"
    is_quiet = True
    is_digest = True

    def build(self, rows, at):
        handlers = POLICY.users_with_permission("change").exclude(email="")
        user = handlers.filter(pk=rows[0].recipient).first()
        if user is None:
            return None
        keys = [row.key.partition(" ") for row in rows]
        pks = [int(rest) for kind, _, rest in keys if kind == "assigned"]
        assigned = [_admin_url(each) for each in _still_assigned(pks, user)]
        waiting = Enquiry.objects.none()
        if len(pks) < len(keys):
            oldest = min(row.created_at for row in rows) - GATHERED
            waiting = Enquiry.objects.filter(
                status=CaseStatus.OPEN, assigned_to=None, created_at__gte=oldest
            )
        context = {
            "assigned": assigned[:MAX_LINES],
            "more": max(0, len(assigned) - MAX_LINES),
            "new": waiting.count(),
            "list_url": urljoin(
                settings.WAGTAILADMIN_BASE_URL,
                reverse("search_enquiry_modeladmin_index"),
            ),
        }
        if not context["new"] and not assigned:
            return None
        text = render_to_string("search/staff_email.txt", context)
        subject = "Enquiries assigned to you" if assigned else "New enquiries"
        return EmailMessage(subject, text, to=[user.email])


def _still_assigned(pks: list[int], user) -> Iterator[FeedbackAction]:
    """Yield the assignments after which no one has closed or reassigned the case."""
    final = [ActionKind.ASSIGNED, *OUTCOMES]
    actions = FeedbackAction.objects.select_related("enquiry")
    for action in actions.filter(pk__in=pks, assigned_to=user):
        same = FeedbackAction.objects.filter(
            enquiry=action.enquiry_id, topic=action.topic
        )
        if not same.filter(pk__gt=action.pk, kind__in=final).exists():
            yield action


def _admin_url(action: FeedbackAction) -> str:
    if action.enquiry:
        path = reverse("search_enquiry_modeladmin_inspect", args=[action.enquiry_id])
    else:
        path = reverse("unsuccessful_searches_topic", args=[digest_of(action.topic)])
    return urljoin(settings.WAGTAILADMIN_BASE_URL, path)
