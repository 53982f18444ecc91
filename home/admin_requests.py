"""Requests to the admin that no form sends, answered with 400 or 404.

Wagtail and its forms parse numbers, JSON and filters wherever they meet them, and raise
all kinds of errors for anything else.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps

from django.core.exceptions import (
    BadRequest,
    FieldError,
    ObjectDoesNotExist,
    ValidationError,
)
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

logger = logging.getLogger(__name__)

# Raised for values that are invalid, of another type, or missing.
UNREADABLE = (
    BadRequest,
    ValidationError,
    FieldError,
    DataError,
    NoReverseMatch,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
)


def unreadable_input_as_400(view: Callable) -> Callable:
    """Wrap an admin view: unreadable input gets a 400; it may be our bug, so log it."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ObjectDoesNotExist as error:
            raise Http404("This item does not exist.") from error
        except UNREADABLE:
            if request.method == "GET" and not request.GET:
                raise
            logger.exception("An admin request could not be processed.")
            return render(request, "home/unreadable.html", status=400)

    return wrapped


# The request of a signed-in user; None outside the admin.
admin_request: ContextVar[HttpRequest | None] = ContextVar(
    "admin_request", default=None
)


def permitted_pages() -> PageQuerySet:
    """Return the pages whose drafts the user may see; all pages outside the admin."""
    request = admin_request.get()
    if request is None:
        return Page.objects.all()
    policy = policy_registry.get_by_type(Page)
    return policy.explorable_instances(request.user).order_by()


class ExplorableChoicesMixin:
    """Rejects a form whose blocks or rich text contain something not offered."""

    def clean(self):
        data = super().clean()
        if getattr(admin_request.get(), "has_rejected_choice", False):
            text = "no longer exists, or you cannot access it. Choose another."
            self.add_error(None, f"A page, image or document you chose {text}")
        return data
