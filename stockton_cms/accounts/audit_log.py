"""Logs sign-in, in the log and the site history: who, and never with what."""

import logging

from allauth.account.signals import password_reset, user_logged_in
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from wagtail import hooks
from wagtail.log_actions import log

from home.rate_limits import get_client_ip
from stockton_cms.accounts.allauth_internals import find_account

logger = logging.getLogger(__name__)
ACTIONS = {
    "account.sign_in": ("Sign in", "Signed in"),
    "account.sign_in_failed": ("Sign in: failed", "Failed to sign in"),
    "account.sign_out": ("Sign out", "Signed out"),
    "account.new_password": ("New password", "Chose a new password"),
    "account.mfa_added": ("Two-factor method: added", "Two-factor method added"),
    "account.mfa_removed": ("Two-factor method: removed", "Two-factor method removed"),
}
SIGNALS = {
    user_logged_out: "account.sign_out",
    password_reset: "account.new_password",
    mfa.authentication_failed: "account.sign_in_failed",
    mfa.authenticator_added: "account.mfa_added",
    mfa.authenticator_reset: "account.mfa_added",
    mfa.authenticator_removed: "account.mfa_removed",
}


@hooks.register("register_log_actions")
def register_actions(actions):
    for action, (label, message) in ACTIONS.items():
        actions.register_action(action, label, message)


def record(action: str, user, request=None, **facts) -> None:
    """Write a line to the log and, for people with an account, to the site history."""
    address = get_client_ip(request) if request else None
    extra = {"user_id": user and user.pk, "address": address, **facts}
    logger.info(ACTIONS[action][1], extra=extra)
    if user:
        log(user, action, user=user, data=facts)


@receiver(user_logged_in)
def log_sign_in(request, user, sociallogin=None, **kwargs):
    record("account.sign_in", user, request, by_single_sign_on=bool(sociallogin))


@receiver(user_login_failed)
def log_login_failed(credentials, request=None, **kwargs):
    """Log a wrong password; never the name, which may be a password typed too early."""
    record("account.sign_in_failed", find_account(**credentials), request)


@receiver([*SIGNALS])
def log_signal(signal, user, request=None, authenticator=None, **kwargs):
    if user:
        facts = {"kind": authenticator.type} if authenticator else {}
        record(SIGNALS[signal], user, request, **facts)
