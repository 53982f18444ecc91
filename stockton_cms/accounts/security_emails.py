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

APP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
CODES = Authenticator.Type.RECOVERY_CODES
# Not the codes that come with the first app or passkey, which are shown at once.
EVENTS = {
    (authenticator_added, APP): "An authenticator app was set up for your account",
    (authenticator_removed, APP): "An authenticator app was removed from your account",
    (authenticator_added, PASSKEY): "A passkey was set up for your account",
    (authenticator_removed, PASSKEY): "A passkey was removed from your account",
    (authenticator_removed, CODES): "Your recovery codes stopped working",
    (authenticator_reset, CODES): "New recovery codes were created for your account",
    (authenticator_used, CODES): "A recovery code of your account was used",
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


@receiver([*{signal for signal, _ in EVENTS}])
def notify_of_change(signal, user, authenticator, **kwargs):
    if event := EVENTS.get((signal, authenticator.type)):
        key, context = uuid4().hex, {"event": event}
        notify(str(user.pk), SecurityChange, key, timezone.now(), context)


@receiver(authenticator_used)
def count_recovery_codes(request, authenticator, **kwargs):
    if authenticator.type != CODES:
        return
    # What allauth passes on is as it was before.
    authenticator.refresh_from_db()
    left = len(authenticator.wrap().get_unused_codes())
    messages.warning(
        request,
        f"You used a recovery code and have {left} left. If you have lost your phone "
        "or key, replace it: choose Account, More actions, Two-factor authentication.",
    )
