"""Which links in rich text are public."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from bs4 import BeautifulSoup
from django.db.models import QuerySet
from wagtail.documents import get_document_model
from wagtail.models import Page

from home.content.walker import PLAIN_ID
from home.images.renditions import restricted_collections
from home.pages import visible_pages

PublicDocumentsFunction = Callable[[AbstractSet[int], datetime], Iterable[int]]

_public_documents_functions: list[PublicDocumentsFunction] = []

GONE = "a page that is no longer available"


def register_public_documents(
    function: PublicDocumentsFunction,
) -> PublicDocumentsFunction:
    """Register a function that returns which of these documents are linked publicly.

    It takes document ids and a time, and returns the ids that something visible links
    to.
    """
    if function not in _public_documents_functions:
        _public_documents_functions.append(function)
    return function


def public_documents(ids: AbstractSet[int], at: datetime) -> QuerySet:
    """Return those of these documents that any visitor may download."""
    offered = {
        pk for function in _public_documents_functions for pk in function(ids, at)
    }
    documents = get_document_model().objects.filter(pk__in=offered & ids)
    return documents.exclude(collection__in=restricted_collections())


def strip_private_links(html: str, at: datetime) -> str:
    """Return rich text without links to private pages and documents.

    The link text stays, unless it is the title of the private page or document.
    """
    if "linktype" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    _unlink(
        soup, "page", Page.objects, lambda ids: visible_pages(at).filter(pk__in=ids)
    )
    documents = get_document_model().objects
    _unlink(soup, "document", documents, lambda ids: public_documents(ids, at))
    return str(soup)


def _unlink(soup: BeautifulSoup, kind: str, everything, get_public) -> None:
    links = soup.find_all("a", linktype=kind)
    ids = {int(link["id"]) for link in links if PLAIN_ID.fullmatch(link.get("id", ""))}
    shown = {str(pk) for pk in get_public(ids).values_list("pk", flat=True)}
    titles = set(everything.filter(pk__in=ids).values_list("title", flat=True))
    for link in links:
        if link.get("id") in shown:
            continue
        if link.get_text().strip() in titles:
            link.string = GONE
        link.unwrap()
