"""Values that no form of the admin sends, answered with 400 or 404.

Wagtail and the forms below it turn numbers, JSON and filters into what they need
wherever they meet them, and fail on anything else.
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
from modelsearch.backends.base import FieldError as SearchFieldError
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

logger = logging.getLogger(__name__)

# What is raised for a value that cannot be read, is of another kind, or is missing.
UNREADABLE = (
    BadRequest,
    ValidationError,
    FieldError,
    SearchFieldError,
    DataError,
    NoReverseMatch,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
)


def with_clear_refusals(view: Callable) -> Callable:
    """Wrap an admin view: what cannot be read is refused in plain words.

    For `decorate_urlpatterns`. A fault of ours may look the same, so it is logged.
    """

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


# The request of someone who is signed in; None outside the admin.
admin_request: ContextVar[HttpRequest | None] = ContextVar(
    "admin_request", default=None
)


def pages_of_their_part() -> PageQuerySet:
    """Return the pages whose drafts whoever asks may see; all outside the admin."""
    request = admin_request.get()
    if request is None:
        return Page.objects.all()
    policy = policy_registry.get_by_type(Page)
    return policy.explorable_instances(request.user).order_by()


class OfferedOnlyMixin:
    """Refuses a form in whose blocks or texts something was chosen that nobody offered.

    `home.page_tree.chosen_values` notes it. Fields of their own say so themselves.
    """

    def clean(self):
        """Say that something was refused, as no block says what it has dropped."""
        data = super().clean()
        if getattr(admin_request.get(), "refused_choice", False):
            text = "no longer exists, or you cannot access it. Choose another."
            self.add_error(None, f"A page, image or document you chose {text}")
        return data
