"""Addresses of pages, and redirects from their old ones (P11)."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from urllib.parse import unquote, urlsplit

from django.db.models import Q
from django.dispatch import Signal, receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site
from wagtail.models.sites import get_site_for_hostname
from wagtail.signals import post_page_move

from home.caching import has_session
from home.content_version import cache_per_content_version

BATCH_SIZE = 500

# Sent in the transaction that gives a page, and all below it, new addresses.
addresses_changed = Signal()


@cache_per_content_version
def _site_at(host_and_port: tuple[str, str]) -> Site | None:
    try:
        site = get_site_for_hostname(*host_and_port)
    except Site.DoesNotExist:
        return None
    site.root_page = site.root_page.specific
    return site


def get_site_for(request: HttpRequest) -> Site | None:
    """Return the request's site, or None before there is one; seldom with a query."""
    if not hasattr(request, "_wagtail_site") and not has_session(request):
        hostname, _ = split_domain_port(request.get_host())
        known = _site_at((hostname, request.get_port()))
        site = copy(known)
        if site is not None:
            # Copies, because serving a page may set attributes on it.
            site.root_page = copy(known.root_page)
        # Where `Site.find_for_request` caches the site.
        request._wagtail_site = site
    return Site.find_for_request(request)


def bind_site(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        get_site_for(request)
        return view(request, *args, **kwargs)

    return wrapped


def site_root(request: HttpRequest) -> Page | None:
    site = get_site_for(request)
    return site.root_page if site else None


def site_origin(request: HttpRequest) -> str:
    """Return the scheme and host in the site's record, not those of the request."""
    site = get_site_for(request)
    return site.root_url if site else ""


def public_path(url_path: str, root: Page) -> str:
    return "/" + url_path[len(root.url_path) :]


def site_path(url_path: str) -> str:
    """Return the address of a page, without a query; empty if no site has it."""
    for root in Site.get_site_root_paths():
        if url_path.startswith(root.root_path):
            return "/" + url_path[len(root.root_path) :]
    return ""


def url_path_at(address: str) -> str | None:
    """Return the `url_path` of a path or a full address; None if it is not ours."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if not parts.netloc and not (parts.path.startswith("/") and not parts.scheme):
        return None
    sites = Site.objects.select_related("root_page")
    for site in sites.order_by("-is_default_site"):
        if not parts.netloc or parts.hostname == site.hostname:
            steps = [step for step in unquote(parts.path).split("/") if step]
            return site.root_page.url_path + "".join(f"{step}/" for step in steps)
    return None


def page_number(text: str, most: int = 9_999) -> int:
    """Return the number after `?page=`; raise `Http404` if it is not valid."""
    is_number = text.isascii() and text.isdigit() and len(text) < 5
    if not is_number or not 1 <= int(text) <= most:
        raise Http404("This results page does not exist.")
    return int(text)


def children_of(path: str) -> Q:
    """Match the pages right below a tree path: `LIKE` would scan all on SQLite."""
    depth = len(path) // Page.steplen + 1
    return Q(depth=depth, path__range=Page._get_children_path_interval(path))


def descendants_of(path: str) -> Q:
    """Match all below a tree path; digits and letters sort alike everywhere."""
    return Q(path__range=Page._get_children_path_interval(path))


def parent_path(path: str) -> str:
    return path[: -Page.steplen]


def paths_down_to(path: str) -> list[str]:
    return [path[:end] for end in range(Page.steplen, len(path) + 1, Page.steplen)]


@receiver(post_page_move)
def redirect_after_move(
    sender, instance: Page, url_path_before: str, url_path_after: str, **kwargs
) -> None:
    redirect_old_addresses(instance, url_path_before, url_path_after)


def redirect_old_addresses(page: Page, before: str, after: str) -> None:
    """Create redirects for a page, and all live pages below it, whose path has changed.

    `before` and `after` are the page's `url_path`. Call it in the transaction that
    changes them. A page that moves to another site gets none.

    Wagtail creates its own after the transaction, when the page may already have been
    deleted, and fails on SQLite for a section with 5,000 pages.
    """
    if before == after:
        return
    addresses_changed.send(sender=type(page), instance=page)
    pages = Page.objects.live().filter(Q(path=page.path) | descendants_of(page.path))
    moved = list(pages.values_list("pk", "url_path"))
    for site in Site.objects.select_related("root_page"):
        root = site.root_page.url_path
        if not (before.startswith(root) and after.startswith(root)):
            continue
        old = f"/{before[len(root) :]}"
        for start in range(0, len(moved), BATCH_SIZE):
            redirects = [
                Redirect(
                    site=site,
                    old_path=Redirect.normalise_path(f"{old}{url_path[len(after) :]}"),
                    redirect_page_id=pk,
                    automatically_created=True,
                )
                for pk, url_path in moved[start : start + BATCH_SIZE]
            ]
            # They replace automatic ones, but not those made by staff.
            paths = [redirect.old_path for redirect in redirects]
            replaced = Redirect.objects.filter(automatically_created=True, site=site)
            replaced.filter(old_path__in=paths).delete()
            Redirect.objects.bulk_create(redirects, ignore_conflicts=True)
