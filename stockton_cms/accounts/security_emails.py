"""Emails people when what they sign in with changes, so that they notice intruders."""

from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import timezone

from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)

LABELS = {
    Authenticator.Type.TOTP: "An authenticator app",
    Authenticator.Type.WEBAUTHN: "A passkey",
}


@register_notification_kind
class SecurityChange(NotificationKind):
    name = "security change"

    def build(self, rows, at):
        [row] = rows
        user = get_user_model().objects.filter(pk=row.recipient, is_active=True).first()
        if user is None or not user.email:
            return None
        event = row.context["event"]
        text = render_to_string(
            "account/email/security_change.txt", {"event": event, "user": user}
        )
        return EmailMessage(event, text, to=[user.email])


def notify_of(event: str, user) -> None:
    context = {"event": event}
    notify(str(user.pk), SecurityChange, uuid4().hex, timezone.now(), context)


@receiver([authenticator_added, authenticator_removed])
def notify_of_change(signal, user, authenticator, **kwargs):
    is_removed = signal is authenticator_removed
    if is_removed and authenticator.type == Authenticator.Type.RECOVERY_CODES:
        notify_of("Your recovery codes stopped working", user)
    # The first of these brings new codes, which are shown at once.
    if label := LABELS.get(authenticator.type):
        change = "removed from" if is_removed else "set up for"
        notify_of(f"{label} was {change} your account", user)


@receiver(authenticator_reset)
def notify_of_new_codes(user, **kwargs):
    notify_of("New recovery codes were created for your account", user)


@receiver(authenticator_used)
def count_recovery_codes(request, user, authenticator, **kwargs):
    """Say how many are left, and notify the user that one was used."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        return
    # What allauth passes on is as it was before.
    authenticator.refresh_from_db()
    left = len(authenticator.wrap().get_unused_codes())
    messages.warning(
        request,
        f"You used a recovery code and have {left} left. If you have lost your phone "
        "or key, replace it: choose Account, More actions, Two-factor authentication.",
    )
    notify_of("A recovery code of your account was used", user)
