"""What anybody may follow of the links that officers have once written."""

import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from bs4 import BeautifulSoup
from django.db.models import QuerySet
from wagtail.documents import get_document_model
from wagtail.models import Page

from home.images.private_collections import restricted_collections
from home.pages import visible_pages

OffersFunction = Callable[[AbstractSet[int], datetime], Iterable[int]]

_offers_functions: list[OffersFunction] = []

GONE = "a page that is no longer available"
PLAIN_ID = re.compile(r"[0-9]{1,18}")


def register_offers(function: OffersFunction) -> OffersFunction:
    """Register a function that knows of documents which visitors are offered.

    It takes ids and a moment, and returns those that something visible leads to then.
    """
    if function not in _offers_functions:
        _offers_functions.append(function)
    return function


def public_documents(ids: AbstractSet[int], at: datetime) -> QuerySet:
    """Return those of these documents that any visitor may have at this moment."""
    offered = {pk for function in _offers_functions for pk in function(ids, at)}
    documents = get_document_model().objects.filter(pk__in=offered & ids)
    return documents.exclude(collection__in=restricted_collections())


def strip_private_links(html: str, at: datetime) -> str:
    """Return rich text with only such links to pages and files as anybody may open.

    The words of other links stay, but for those that are the title of what they led to.
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


def _unlink(soup: BeautifulSoup, kind: str, everything, for_everybody) -> None:
    links = soup.find_all("a", linktype=kind)
    ids = {int(link["id"]) for link in links if PLAIN_ID.fullmatch(link.get("id", ""))}
    shown = {str(pk) for pk in for_everybody(ids).values_list("pk", flat=True)}
    titles = set(everything.filter(pk__in=ids).values_list("title", flat=True))
    for link in links:
        if link.get("id") in shown:
            continue
        if link.get_text().strip() in titles:
            link.string = GONE
        link.unwrap()
