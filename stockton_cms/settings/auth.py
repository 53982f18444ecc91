"""How people sign in, wherever the site runs; what differs between places is not here.

Read by `__init__.py`. The names are those of django-allauth 65 and Wagtail.
"""

from stockton_cms.settings.environment import check, required, text

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"

ACCOUNT_ADAPTER = "stockton_cms.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "stockton_cms.accounts.forms.SignInForm",
    "reset_password": "stockton_cms.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "stockton_cms.accounts.forms.NewPasswordForm",
    "reauthenticate": "stockton_cms.accounts.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Anyone who may not use the admin would be sent back and forth between it and sign-in.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
# Administrators enter addresses; there is no sign-up.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Links die with the password, the email address and a sign-in. allauth's own would
# write a row of `EmailAddress`, which outlives a changed address, for each account
# that anyone asks about.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = (
    "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Until the browser is closed, at most for SESSION_COOKIE_AGE.
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords: from a device that is known by device, else by address and by
    # account. Wrong codes, which only someone with the password can send: by account.
    "login_failed": "5/5m/key",
    "login_failed_by_stranger": "5/5m/ip,5/5m/key",
    "reset_password": "10/5m/ip,3/5m/key",
}

MFA_ADAPTER = "stockton_cms.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "stockton_cms.accounts.forms.CodeForm",
    "reauthenticate": "stockton_cms.accounts.forms.ConfirmCodeForm",
    "activate_totp": "stockton_cms.accounts.forms.SetUpAppForm",
    "add_webauthn": "stockton_cms.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "stockton_cms.accounts.forms.RenamePasskeyForm",
}
# Nor does an address that no one has confirmed keep anyone from setting it up.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Stockton CMS"

SOCIALACCOUNT_ADAPTER = "stockton_cms.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# Administrators invite people, who choose their own passwords; an address is what
# single sign-on and forgotten passwords go by, so no one changes their own.
WAGTAILUSERS_PASSWORD_ENABLED = False
# Nor does Wagtail change passwords: attempts at the old one would not be counted.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False


# What was tried at sign-in: the same for all processes, and there whenever anyone can
# sign in, as Redis may not be. When it is full, attempts would be forgotten.
SIGN_IN_CACHE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "sign_in_tries",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}


def single_sign_on() -> dict:
    """Return django-allauth's settings for the council's OpenID Connect provider.

    Empty without `OIDC_…`. People are known by issuer and subject together (OpenID
    Connect Core 5.7), so the issuer's address is also what names the provider here.
    """
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    if not any(map(text, names)):
        return {}
    issuer, client_id, secret = map(required, names)
    is_secure = issuer.startswith(("https://", "http://127.0.0.1:"))
    # The length of allauth's column; PostgreSQL would refuse each first sign-in.
    is_right = is_secure and len(issuer) <= 200
    as_said = "as the provider itself says it: https://…, at most 200 characters"
    check("OIDC_ISSUER", is_right, as_said)
    domains = text("OIDC_EMAIL_DOMAINS").lower()
    app = {
        "provider_id": issuer,
        "name": text("OIDC_NAME", "your council account"),
        "client_id": client_id,
        "secret": secret,
        "settings": {
            "server_url": issuer.rstrip("/"),
            "openid_configuration_overrides": {"issuer": issuer},
            "oauth_pkce_enabled": True,
            "email_domains": domains.replace(",", " ").split(),
        },
    }
    return {"openid_connect": {"APPS": [app]}}
