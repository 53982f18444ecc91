"""Who may have a document: whoever may read something that leads to it, and staff.

Asked at each request, so a document goes at the second at which the last page that
offers it is taken down, made private or expires, whether or not a job has run yet.
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
    """Say whether any visitor may have a document now."""
    return public_documents({document.pk}, timezone.now()).exists()


def refuse_documents_that_nobody_is_offered(document, request: HttpRequest) -> None:
    """Raise `Http404` for whoever may not have a document; for a hook of Wagtail's.

    Those of a private collection are for whoever has got past its login or password.
    """
    if not (
        is_public(document)
        or document.collection.get_view_restrictions()
        or (has_session(request) and _may_have(request, document))
    ):
        raise Http404("No page offers this document.")


def _may_have(request: HttpRequest, document) -> bool:
    """Say whether staff may use a document, or a visitor may read its private page."""
    if permitted_files(request.user, type(document)).filter(pk=document.pk).exists():
        return True
    offered = LinkedDocument.objects.filter(document_id=document.pk)
    pages = Page.objects.filter(pk__in=offered.values("page_id"))
    return any(
        is_published(page, timezone.now())
        and all(each.accept_request(request) for each in page.get_view_restrictions())
        for page in pages.specific()
    )
