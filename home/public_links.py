"""What anybody may follow of the links that officers have once written."""

import re
from datetime import datetime

from bs4 import BeautifulSoup
from django.db.models import Q
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, Page

from home.pages import visible_pages

GONE = "a page that is no longer here"
PLAIN_ID = re.compile(r"[0-9]{1,18}")


def restricted_collections() -> set[int]:
    """Return the ids of the collections whose files are not for everybody."""
    restrictions = CollectionViewRestriction.objects.select_related("collection")
    conditions = Q(pk=None)
    for restriction in restrictions:
        conditions |= Q(path__startswith=restriction.collection.path)
    return set(Collection.objects.filter(conditions).values_list("pk", flat=True))


def with_public_links(html: str, at: datetime) -> str:
    """Return rich text with only such links to pages and files as anybody may open.

    The words of other links stay, but for those that are the title of what they led to.
    """
    if "linktype" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    _unlink(soup, "page", Page.objects, visible_pages(at))
    documents = get_document_model().objects
    open_documents = documents.exclude(collection__in=restricted_collections())
    _unlink(soup, "document", documents, open_documents)
    return str(soup)


def _unlink(soup: BeautifulSoup, kind: str, everything, for_everybody) -> None:
    links = soup.find_all("a", linktype=kind)
    ids = {link["id"] for link in links if PLAIN_ID.fullmatch(link.get("id", ""))}
    shown = {
        str(pk) for pk in for_everybody.filter(pk__in=ids).values_list("pk", flat=True)
    }
    titles = set(everything.filter(pk__in=ids).values_list("title", flat=True))
    for link in links:
        if link.get("id") in shown:
            continue
        if link.get_text().strip() in titles:
            link.string = GONE
        link.unwrap()
