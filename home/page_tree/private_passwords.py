"""Limits wrong passwords for private pages and documents."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from home.rate_limits import RateLimit, RateLimitExceeded

PERIOD = timedelta(minutes=5)
# As at sign-in. An office behind one address is blocked for minutes only.
MAX_WRONG_PER_NETWORK = 5
# Only an attacker with many addresses reaches this.
MAX_WRONG_OVERALL = 300


def limit_password_attempts(
    view: Callable[..., HttpResponse], restriction_model: type[Model]
) -> Callable[..., HttpResponse]:
    kind = restriction_model._meta.model_name

    @wraps(view)
    def wrapped(request: HttpRequest, restriction_id: int, **kwargs) -> HttpResponse:
        get_object_or_404(restriction_model, pk=restriction_id)
        if request.method != "POST":
            return view(request, restriction_id, **kwargs)
        name = f"{kind} {restriction_id}"
        limit = RateLimit(name, MAX_WRONG_PER_NETWORK, MAX_WRONG_OVERALL, PERIOD)
        try:
            # Before the password is checked, so that parallel requests all count.
            hit = limit.hit(request, timezone.now())
        except RateLimitExceeded:
            return _too_many(request)
        response = view(request, restriction_id, **kwargs)
        if response.status_code == 302:
            hit.delete()
        return response

    return wrapped


def _too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "too_many_passwords.html", status=429)
    response["Retry-After"] = str(int(PERIOD.total_seconds()))
    return response
