"""What a request says of whoever sent it."""

from django.conf import settings
from django.http import HttpRequest


def has_session(request: HttpRequest) -> bool:
    """Say whether the request comes with a session, whatever that is worth.

    Only staff have one. For everybody else pages are the same, without a token.
    """
    return settings.SESSION_COOKIE_NAME in request.COOKIES
