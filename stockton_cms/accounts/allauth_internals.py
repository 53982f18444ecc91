"""All that we use of django-allauth besides its documented API; tests call each."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.core.internal import ratelimit
from allauth.mfa import app_settings
from allauth.mfa.totp.internal import auth as authenticator_app
from allauth.socialaccount.internal import jwtkit
from django.core.cache import caches
from django.utils.connection import ConnectionProxy

__all__ = ["find_account", "ratelimit", "record_authentication"]

# allauth counts attempts, and remembers used codes, in the default cache, which
# each process may have for itself and which a Redis that is unavailable leaves empty.
USES_CACHE = (ratelimit, authenticator_app, jwtkit)
for module in USES_CACHE:
    module.cache = ConnectionProxy(caches, "sign_in")


def mark_code_used(app: authenticator_app.TOTP, code: str) -> bool:
    # allauth forgets it after one period, but the tolerance lets it last for more.
    lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    key = app._get_used_cache_key(code)
    return authenticator_app.cache.add(key, "y", timeout=lasts)


authenticator_app.TOTP._mark_code_used = mark_code_used


def find_account(*, username: str = "", email: str = "", **others):
    """Return the account of the person who typed a user name or an email address."""
    login = email or username
    users = filter_users_by_email(login, prefer_verified=True, for_login=True)
    return get_user_by_username(login) or (users[0] if users else None)
