"""Invites people with a new account to choose a password (feature O5)."""

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from wagtail import hooks

from stockton_cms.accounts.adapters import send_if_possible

INVITATION_LASTS = timedelta(days=3)


class InvitationLinks(PasswordResetTokenGenerator):
    """Links to a new password that last longer: colleagues read email tomorrow."""

    def _now(self) -> datetime:
        """Return the time from which the link has as long as any other."""
        usual = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() + INVITATION_LASTS - usual


@hooks.register("after_create_user")
def invite(request: HttpRequest, user) -> None:
    """Send a one-time link once the account is there, and say whether it went out."""
    transaction.on_commit(lambda: send_invitation(request, user))


def send_invitation(request: HttpRequest, user) -> None:
    adapter = get_adapter(request)
    key = f"{user_pk_to_url_str(user)}-{InvitationLinks().make_token(user)}"
    context = {
        "invited": user,
        "invited_by": request.user,
        "address": adapter.get_reset_password_from_key_url(key),
    }
    mail = adapter.render_mail("account/email/invitation", user.email, context)
    if send_if_possible(mail):
        messages.info(request, f"{user.email} was sent an invitation.")
    else:
        messages.error(
            request,
            f"The invitation to {user.email} could not be sent. They can choose "
            "“Forgotten your password?” where they sign in.",
        )
