"""What the forms say when nothing can be sent just now; what was typed stays."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from home.limits import OVERALL_PERIOD

NOT_SENT = (
    "The e-mail could not be sent. Check the address, or try again in a few minutes."
)
TOO_MANY = (
    "We have had very many requests, from where you are or from everywhere. Nothing "
    "has been sent. Wait for ten minutes and try again; people who share a network, "
    "as in a library, may have to wait for an hour."
)


def too_many(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """Say that no more is taken for the moment: 429 (RFC 6585)."""
    return _refused(request, template, context, TOO_MANY, 429)


def not_sent(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """Say that the mail server did not take the e-mail."""
    return _refused(request, template, context, NOT_SENT, 503)


def _refused(
    request: HttpRequest, template: str, context: dict, why: str, status: int
) -> HttpResponse:
    context["form"].add_error(None, why)
    response = render(request, template, context, status=status)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response
