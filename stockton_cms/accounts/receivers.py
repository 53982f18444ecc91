"""What follows a sign-in, or a change of how people sign in: log, emails, sessions."""

import logging
from datetime import datetime
from uuid import uuid4

from allauth.account.signals import password_reset, user_logged_in
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.models import FormState
from wagtail.log_actions import log

from home.content.fields import normalise_email, validate_email_address
from home.jobs import register_job
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)
from home.rate_limits import get_client_ip
from stockton_cms.accounts.allauth_internals import find_account, record_authentication
from stockton_cms.accounts.mfa import MFA_METHODS

User = get_user_model()
APP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
CODES = Authenticator.Type.RECOVERY_CODES

# The audit log: who signed in or failed to, in the log and the site history (O5)

audit_log = logging.getLogger("stockton_cms.accounts.audit_log")
FAILED = (
    "account.sign_in_failed",
    "Sign in: failed",
    "Someone failed to sign in as this account",
)
ADDED = ("account.mfa_added", "Two-factor method: added", "Two-factor method added")
# The action, its label where the history is filtered, and its message.
LOGGED = {
    user_logged_in: ("account.sign_in", "Sign in", "Signed in"),
    user_login_failed: FAILED,
    mfa.authentication_failed: FAILED,
    user_logged_out: ("account.sign_out", "Sign out", "Signed out"),
    password_reset: ("account.new_password", "New password", "Chose a new password"),
    mfa.authenticator_added: ADDED,
    mfa.authenticator_reset: ADDED,
    mfa.authenticator_removed: (
        "account.mfa_removed",
        "Two-factor method: removed",
        "Two-factor method removed",
    ),
}


@hooks.register("register_log_actions")
def register_actions(actions):
    for action in dict.fromkeys(LOGGED.values()):
        actions.register_action(*action)


@receiver([*LOGGED])
def log_event(signal, user=None, request=None, credentials=None, **kwargs):
    """Log who did it; never what was typed, which may be a password typed too early."""
    if credentials:
        user = find_account(**credentials)
    elif user is None:
        return
    facts = {}
    if signal is user_logged_in:
        facts["by_single_sign_on"] = bool(kwargs.get("sociallogin"))
    if authenticator := kwargs.get("authenticator"):
        facts["kind"] = authenticator.type
    action, _, message = LOGGED[signal]
    address = get_client_ip(request) if request else None
    extra = {"user_id": user and user.pk, "address": address, **facts}
    audit_log.info(message, extra=extra)
    if user:
        # Who failed to may be a stranger.
        log(user, action, user=None if action == FAILED[0] else user, data=facts)


# Emails to the owner of an account, who thus notices intruders. None of the codes that
# come with the first app or passkey, which are shown at once.

EVENTS = {
    (mfa.authenticator_added, APP): "An authenticator app was set up for your account",
    (mfa.authenticator_removed, APP): (
        "An authenticator app was removed from your account"
    ),
    (mfa.authenticator_added, PASSKEY): "A passkey was set up for your account",
    (mfa.authenticator_removed, PASSKEY): "A passkey was removed from your account",
    (mfa.authenticator_removed, CODES): "Your recovery codes stopped working",
    (
        mfa.authenticator_reset,
        CODES,
    ): "New recovery codes were created for your account",
    (mfa.authenticator_used, CODES): "A recovery code of your account was used",
}


@register_notification_kind
class SecurityChange(NotificationKind):
    name = "security change"

    def build(self, rows, at):
        [row] = rows
        user = User.objects.filter(pk=row.recipient, is_active=True).first()
        if user is None or not user.email:
            return None
        event = row.context["event"]
        context = {"event": event, "user": user}
        text = render_to_string("account/email/security_change.txt", context)
        return EmailMessage(event, text, to=[user.email])


@receiver([*{signal for signal, _ in EVENTS}])
def notify_of_change(signal, user, authenticator, **kwargs):
    if event := EVENTS.get((signal, authenticator.type)):
        key, context = uuid4().hex, {"event": event}
        notify(str(user.pk), SecurityChange, key, timezone.now(), context)


@receiver(mfa.authenticator_used)
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


# Sessions


@receiver(mfa.authenticator_added)
def record_mfa_set_up(request, user, authenticator, **kwargs):
    """Let the session in which 2FA was set up go on; others ask for it."""
    if authenticator.type in MFA_METHODS:
        about = {"id": authenticator.pk, "type": authenticator.type}
        # As good as the confirmation that allauth asks for before recovery codes.
        record_authentication(request, user, "mfa", reauthenticated=True, **about)
    if authenticator.type == APP:
        # The code that has just set it up has been used, and opens no other session.
        authenticator.wrap().validate_code(request.POST.get("code", ""))


@register_job("purge expired sessions")
def purge_expired_sessions(at: datetime) -> None:
    """Delete expired sessions, and half-typed forms that are a day old."""
    Session.objects.filter(expire_date__lte=at).delete()
    stale = at - FormState.STALE_TIMEOUT
    FormState.objects.filter(last_updated_at__lt=stale).delete()


# Email addresses: administrators type them in Wagtail's form, whose field is Django's

User._meta.get_field("email").validators.append(validate_email_address)


@receiver(pre_save, sender=User)
def lower_case_email(instance, **kwargs):
    """Let people be found by their email address, however it was typed."""
    instance.email = normalise_email(instance.email)
