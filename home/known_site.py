"""Which site a visitor is on, asked of the database once for each content version."""

from collections.abc import Callable
from copy import copy
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from wagtail.models import Site
from wagtail.models.sites import get_site_for_hostname

from home.content_clock import once_per_version
from home.visitors import has_session


@once_per_version
def _site_at(host_and_port: tuple[str, str]) -> Site | None:
    """Return the site as Wagtail finds it, with its root page."""
    try:
        site = get_site_for_hostname(*host_and_port)
    except Site.DoesNotExist:
        return None
    site.root_page = site.root_page.specific
    return site


def site_of(request: HttpRequest) -> Site | None:
    """Return the request's site, or None before there is one; seldom with a query."""
    if not hasattr(request, "_wagtail_site") and not has_session(request):
        hostname, _ = split_domain_port(request.get_host())
        known = _site_at((hostname, request.get_port()))
        site = copy(known)
        if site is not None:
            # Copies, because whoever serves a page may leave things on it.
            site.root_page = copy(known.root_page)
        # Where `Site.find_for_request` keeps what it has found.
        request._wagtail_site = site
    return Site.find_for_request(request)


def with_known_site(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of Wagtail, for `decorate_urlpatterns`: it need not ask again."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        site_of(request)
        return view(request, *args, **kwargs)

    return wrapped
