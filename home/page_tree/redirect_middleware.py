"""Redirects from old addresses to new ones."""

from http import HTTPStatus
from urllib.parse import urlsplit

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from wagtail import hooks
from wagtail.contrib.redirects import middleware
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from home.page_tree.addresses import url_path_at
from home.pages import is_published, public_pages


class RedirectMiddleware(middleware.RedirectMiddleware):
    """Wagtail's, but never reveals the address of a page that is hidden."""

    def process_response(self, request: HttpRequest, response: HttpResponse):
        if response.status_code != HTTPStatus.NOT_FOUND:
            return response
        path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
        for each in dict.fromkeys([path, urlsplit(path).path]):
            if redirect := middleware.get_redirect(request, each):
                return _get_response(request, redirect) or response
        return response


def _get_response(request: HttpRequest, redirect: Redirect) -> HttpResponse | None:
    """Return a redirect, or what Wagtail answers to visitors of a private page."""
    link = redirect.link
    page = redirect.redirect_page or _page_at(link or "")
    if not link or (page and not is_published(page, timezone.now())):
        return None

    def lead(*arguments) -> HttpResponse:
        permanent = redirect.is_permanent
        kind = HttpResponsePermanentRedirect if permanent else HttpResponseRedirect
        return kind(link)

    if page is None or public_pages().filter(pk=page.pk).exists():
        return lead()
    page, nothing = page.specific, ([], {})
    for hook in hooks.get_hooks("before_serve_page"):
        answer = hook(page, request, *nothing)
        if isinstance(answer, HttpResponse):
            return answer
    serve = lead
    for hook in reversed(hooks.get_hooks("on_serve_page")):
        serve = hook(serve)
    answer = serve(page, request, *nothing)
    return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer


def _page_at(link: str) -> Page | None:
    path = url_path_at(link)
    if path is None:
        return None
    # Only the slug has an index.
    slug = path.rstrip("/").rpartition("/")[2]
    return Page.objects.filter(slug=slug, url_path=path).first()
