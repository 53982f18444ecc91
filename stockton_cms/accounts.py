"""Who may sign in and how (feature O5): our rules on top of django-allauth's."""

import logging
from smtplib import SMTPException
from threading import Thread

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal import auth as authenticator_app
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.internal import jwtkit
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.core.mail import EmailMessage
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils.connection import ConnectionProxy
from qrcode.image.svg import SvgPathFillImage

from home.email_addresses import (
    EmailAddressFormField,
    normalise_email,
    validate_email_address,
)
from stockton_cms.second_step import is_setting_up_first

logger = logging.getLogger(__name__)
NO_MATCH = "This name or e-mail address and this password do not belong together."

# allauth counts tries, and remembers codes that were used, in the default cache, which
# each process may have for itself and which a Redis that is away leaves empty.
for module in (ratelimit, authenticator_app, jwtkit):
    module.cache = ConnectionProxy(caches, "sign_in")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators; tries are counted for the account itself."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": NO_MATCH,
        "username_password_mismatch": NO_MATCH,
        "too_many_login_attempts": "Too many tries. Wait five minutes and try again.",
        "rate_limited": "Too many tries. Wait five minutes and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return that nobody signs up."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials) -> str:
        """Name the account, whether by user name or e-mail address, in capitals or not.

        allauth's own key has the typed name and the `Host` of the request in it: each
        other port or way to write the name would begin to count anew.
        """
        user = find_account(**credentials)
        typed = credentials.get("email") or credentials.get("username", "")
        return f"account {user.pk}" if user else f"nobody {typed.lower()}"

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Ask for the password once more, but not right after sign-in.

        That is while the first second step is set up; later it is asked for each time.
        """
        return not is_setting_up_first(self.request) and (
            super().is_reauthentication_required(app=app, **kwargs)
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address for a new password, whatever `Host` it was asked with."""
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", args=[uid, token])
        return f"{settings.WAGTAILADMIN_BASE_URL}{path}"

    def send_password_reset_mail(self, user, email: str, context: dict) -> None:
        """Send after the answer, which takes as long as where there is no account."""
        prefix = "account/email/password_reset_key"
        message = self.render_mail(prefix, user.email, context)
        Thread(target=send_if_possible, args=[message]).start()


class SecondStepAdapter(DefaultMFAAdapter):
    """Draws the picture for authenticator apps on white, which dark pages need."""

    def build_totp_svg(self, url: str) -> str:
        """Return the picture of an address as SVG."""
        drawn = qrcode.make(url, image_factory=SvgPathFillImage)
        return drawn.to_string().decode()


def find_account(*, username: str = "", email: str = "", **others):
    """Return the account of whoever typed a user name or an e-mail address."""
    login = email or username
    users = filter_users_by_email(login, prefer_verified=True, for_login=True)
    return get_user_by_username(login) or (users[0] if users else None)


def send_if_possible(message: EmailMessage) -> bool:
    """Send a mail and return whether the mail server has taken it."""
    try:
        message.send()
    except (OSError, SMTPException):
        logger.exception("A mail about an account was not sent")
        return False
    return True


# Administrators type addresses in Wagtail's own form, whose field is Django's.
get_user_model()._meta.get_field("email").validators.append(validate_email_address)


@receiver(pre_save, sender=get_user_model())
def write_address_small(instance, **kwargs):
    """Let people be found by their email address, however it was typed."""
    instance.email = normalise_email(instance.email)


class SignInForm(LoginForm):
    """The first step: a name and a password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    @property
    def single_sign_on_name(self) -> str:
        """Return what the council's own sign-in service is called, if there is one."""
        apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS")
        return apps[0]["name"] if apps else ""


class ForgottenPasswordForm(ResetPasswordForm):
    """Where to send the link to a new password."""

    email = EmailAddressFormField(
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey: one that signs in by itself, unless the device cannot."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name of the passkey"
        self.fields["name"].help_text = "Such as 'Work laptop', to tell it from others."
        self.fields["passwordless"].label = "Sign in without a password"
        self.fields["passwordless"].help_text = (
            "The device asks for your finger, face or PIN instead. Leave it off for "
            "simple security keys, which work after your password only."
        )
