"""Values that no form of the admin sends, answered with 400 or 404.

Wagtail and the forms below it turn numbers, JSON and filters into what they need
wherever they meet them, and fail on anything else.
"""

import logging
from collections.abc import Callable
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
            raise Http404("There is no such thing.") from error
        except UNREADABLE:
            if request.method == "GET" and not request.GET:
                raise
            logger.exception("A request to the admin could not be read.")
            return render(request, "home/unreadable.html", status=400)

    return wrapped
