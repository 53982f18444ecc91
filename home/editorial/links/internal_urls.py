"""Resolves URLs of this website from the database alone."""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from home.content.walker import id_from
from home.page_tree.addresses import url_path_at


def is_own_address(address: str) -> bool:
    """Say whether a URL or path belongs to this website."""
    if address.startswith("/"):
        return not address.startswith("//")
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme.lower() not in {"http", "https"}:
        return False
    # Wildcards may include other people's sites.
    own = {name.lower() for name in settings.ALLOWED_HOSTS if name[:1] not in "*."}
    return host in own or Site.objects.filter(hostname__iexact=host).exists()


def find_target(address: str) -> dict:
    """Return the target of an internal URL as `PageLink` values.

    `site_path` means that it is broken; no value, that it works but is neither a page
    nor a document.
    """
    parts = urlsplit(address)
    path = parts.path or "/"
    match = _match(unquote(path)) or _match(f"{unquote(path)}/")
    name = match.url_name if match else ""
    if name == "wagtaildocs_serve":
        return {"document_id": id_from(match.args[0])}
    if match and name not in {"wagtail_serve", "a_to_z"}:
        return {}
    if name == "a_to_z":
        path = f"/{match.kwargs['section_path']}/"
    if page_id := _page_at(parts._replace(path=path).geturl()) or _page_at(path):
        return {"target_page_id": page_id}
    old_path = Redirect.normalise_path(unquote(path))
    redirect = Redirect.objects.filter(old_path=old_path).order_by("-site").first()
    if redirect is None:
        return {"site_path": path}
    # A redirect to a URL is not checked.
    page_id = redirect.redirect_page_id
    return {"target_page_id": page_id} if page_id else {}


def _match(path: str):
    try:
        return resolve(path)
    except Resolver404:
        return None


def _page_at(address: str) -> int | None:
    url_path = url_path_at(address)
    if not url_path or "\0" in url_path:
        return None
    # The slug has an index, which the whole path has not.
    slug = url_path.rstrip("/").rpartition("/")[2]
    found = Page.objects.filter(slug=slug, url_path=url_path)
    return found.values_list("pk", flat=True).first()
