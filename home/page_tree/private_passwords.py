"""The passwords of private pages and documents: how often they may be tried."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from home.rate_limits import RateLimit, RateLimitExceeded, with_small_body

PERIOD = timedelta(minutes=5)
# As at sign-in. An office behind one network address waits for minutes only.
WRONG_FROM_A_NETWORK = 5
# Far more than people who mistype: only a guesser with many addresses gets there.
WRONG_OVERALL = 300


def with_few_guesses(
    view: Callable[..., HttpResponse], restriction_model: type[Model]
) -> Callable[..., HttpResponse]:
    """Wrap one of Wagtail's views that take a password: wrong ones are counted."""
    kind = restriction_model._meta.model_name

    @with_small_body
    @wraps(view)
    def wrapped(request: HttpRequest, restriction_id: int, **kwargs) -> HttpResponse:
        get_object_or_404(restriction_model, pk=restriction_id)
        if request.method != "POST":
            return view(request, restriction_id, **kwargs)
        name = f"{kind} {restriction_id}"
        limit = RateLimit(name, WRONG_FROM_A_NETWORK, WRONG_OVERALL, PERIOD)
        try:
            # Before the password is looked at, so that many at once count as many.
            use = limit.use(request, timezone.now())
        except RateLimitExceeded:
            return _too_many(request)
        response = view(request, restriction_id, **kwargs)
        if response.status_code == 302:
            use.delete()
        return response

    return wrapped


def _too_many(request: HttpRequest) -> HttpResponse:
    """Ask to wait: 429 (RFC 6585)."""
    response = render(request, "too_many_passwords.html", status=429)
    response["Retry-After"] = str(int(PERIOD.total_seconds()))
    return response
