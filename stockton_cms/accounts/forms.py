"""The forms of sign-in: allauth's, with labels and errors in the site's own words."""

from typing import ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts

from home.content.fields import EmailAddressFormField


class OwnLabels:
    """Gives fields their labels, and takes away placeholders, which repeat them."""

    labels: ClassVar[dict[str, str]] = {}
    help_texts: ClassVar[dict[str, str]] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in self.labels.items():
            field = self.fields[name]
            field.label = label
            field.help_text = self.help_texts.get(name, field.help_text)
            field.error_messages["required"] = f"Enter your {label.lower()}"
            field.widget.attrs.pop("placeholder", None)


class SignInForm(OwnLabels, account.LoginForm):
    labels = {"login": "Username or email address", "password": "Password"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"

    @property
    def single_sign_on_name(self) -> str:
        apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS")
        return apps[0]["name"] if apps else ""


class ForgottenPasswordForm(account.ResetPasswordForm):
    email = EmailAddressFormField(
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class NewPasswordForm(OwnLabels, account.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "New password again"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # As text: allauth's is a list, which cannot be in a hint.
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())

    def clean(self):
        data = super().clean()
        is_given = data.get("password1") and self.data.get("password2")
        if is_given and self.has_error("password2"):
            self.errors["password2"] = self.error_class(["The passwords do not match"])
        return data


class ConfirmPasswordForm(OwnLabels, account.ReauthenticateForm):
    labels = {"password": "Password"}


class CodeMixin(OwnLabels):
    labels = {"code": "Authentication code"}

    @property
    def has_app(self) -> bool:
        return is_mfa_enabled(self.user, [Authenticator.Type.TOTP])


class CodeForm(CodeMixin, mfa.AuthenticateForm):
    pass


class ConfirmCodeForm(CodeMixin, mfa.ReauthenticateForm):
    pass


class SetUpAppForm(OwnLabels, ActivateTOTPForm):
    labels = CodeMixin.labels


class AddPasskeyForm(OwnLabels, AddWebAuthnForm):
    """Adds a passkey, which signs in on its own unless the device cannot."""

    labels = {"name": "Passkey name", "passwordless": "Sign in without a password"}
    help_texts = {
        "name": "For example, ‘Work laptop’",
        "passwordless": "Your device asks for your fingerprint, face or PIN instead. "
        "Leave this unticked for basic security keys, which only work with a password.",
    }


class RenamePasskeyForm(OwnLabels, EditWebAuthnForm):
    labels = {"name": "Passkey name"}
