"""Who may open a document: anyone who may read a page that links to it, and staff.

Checked on each request, so a document disappears as soon as the last page that links
to it is unpublished, made private or expires, even if no job has run yet.
"""

from django.http import Http404, HttpRequest
from django.utils import timezone
from wagtail.models import Page

from home.content.rich_text_links import public_documents
from home.content_version.caching import has_session
from home.page_tree.admin_api import permitted_files
from home.pages import is_published
from search.indexing.documents import LinkedDocument


def is_public(document) -> bool:
    return public_documents({document.pk}, timezone.now()).exists()


def deny_unlinked_documents(document, request: HttpRequest) -> None:
    """Raise `Http404` unless the visitor may open the document; a Wagtail hook.

    Wagtail has checked the login or password of a private collection before.
    """
    if not (
        is_public(document)
        or document.collection.get_view_restrictions()
        or (has_session(request) and _may_open(request, document))
    ):
        raise Http404("No public page links to this document.")


def _may_open(request: HttpRequest, document) -> bool:
    """Say whether staff may use the document, or the visitor may read its page."""
    if permitted_files(request.user, type(document)).filter(pk=document.pk).exists():
        return True
    links = LinkedDocument.objects.filter(document_id=document.pk)
    pages = Page.objects.filter(pk__in=links.values("page_id"))
    return any(
        is_published(page, timezone.now())
        and all(each.accept_request(request) for each in page.get_view_restrictions())
        for page in pages.specific()
    )
