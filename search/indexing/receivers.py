"""Stores the text of public pages, and of the files they link to, for the index.

Search finds a file, and visitors may open it, while a public page links to it and its
collection is public.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import F, Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import Http404, HttpRequest
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page
from wagtail.models.reference_index import ReferenceIndex
from wagtail.search.index import BaseField, RelatedFields, SearchField
from wagtail.signals import post_page_move

from home.caching import has_session
from home.content.link_blocks import public_documents, register_public_documents
from home.content.walker import Kind, id_from, walk
from home.content_version import (
    bump_content_version,
    only_internal_fields,
    start_of_day,
)
from home.images.renditions import (
    collection_privacy_changed,
    restricted_collections,
)
from home.page_tree.explorable import permitted_files
from home.page_tree.visibility import Change, page_visibility_changed
from home.pages import BasePage, is_published, public_pages, visible_pages
from home.receivers import live_page_saved
from search.indexing.documents import (
    TEXT_FIELDS,
    LinkedDocument,
    SearchDocument,
    SearchFile,
)
from search.indexing.extraction import read_file

logger = logging.getLogger(__name__)

Document = get_document_model()
SECTION_PATH_LENGTH = 3 * Page.steplen
# These have their own columns, and so weights.
SEPARATE_FIELDS = frozenset({"title", "search_words", "summary"})


# Pages


def extract_text(page: BasePage) -> dict[str, str]:
    own = [
        field
        for field in page.get_search_fields()
        if getattr(field, "field_name", "") not in SEPARATE_FIELDS
    ]
    headings = (part.text for part in walk(page) if part.kind is Kind.HEADING)
    return {
        "title": page.title,
        "search_words": page.search_words,
        "summary": page.summary,
        "headings": "\n".join(headings),
        "body": "\n".join(filter(None, _texts(page, own))),
    }


def _texts(instance: Model, fields: Iterable[BaseField]) -> Iterator[str]:
    """Yield the lines of texts, such as a paragraph or a row of a table."""
    by_field = defaultdict(list)
    for part in walk(instance):
        by_field[part.place.partition(".")[0]].append(part)
    for field in fields:
        if isinstance(field, RelatedFields):
            for related in field.get_value(instance).all():
                yield from _texts(related, field.fields)
        elif isinstance(field, SearchField) and field.field_name in by_field:
            parts = by_field[field.field_name]
            for (_, row), group in groupby(parts, lambda each: (each.place, each.row)):
                lines = [line for part in group for line in part.lines]
                yield from [", ".join(lines)] if row else lines
        elif isinstance(field, SearchField) and (value := field.get_value(instance)):
            yield from map(str, value if isinstance(value, list) else [value])


def document_values(page: BasePage, section_id: int | None) -> dict:
    superseded = page.superseded_on
    return {
        **extract_text(page),
        "kind": page.public_kind,
        "section_id": section_id,
        "updated_at": page.last_published_at,
        "expires_at": page.expire_at,
        "is_notice": page.is_notice,
        "superseded_at": start_of_day(superseded) if superseded else None,
    }


def section_of(path: str) -> int | None:
    """Return the id of the page directly below the home page that a path belongs to."""
    top = path[:SECTION_PATH_LENGTH]
    if len(top) < SECTION_PATH_LENGTH:
        return None
    return Page.objects.filter(path=top).values_list("pk", flat=True).first()


@receiver(live_page_saved)
def write_document(sender, instance: BasePage, **kwargs) -> None:
    """Write a live page's text, in the transaction that publishes the page."""
    values = {
        **document_values(instance, section_of(instance.path)),
        "is_public": public_pages().filter(pk=instance.pk).exists(),
        "version": bump_content_version(),
    }
    SearchDocument.objects.update_or_create(pk=instance.pk, defaults=values)
    sync_linked_documents(instance)


@receiver(page_visibility_changed)
def sync_visibility(
    sender, change: Change, page_ids: list[int], is_public: bool, **kwargs
) -> None:
    if change in (Change.UNPUBLISHED, Change.DELETED):
        deindex(page_ids)
    elif change is not Change.PUBLISHED or not is_public:
        _update_documents(page_ids, is_public=is_public)


@receiver(post_page_move)
def sync_section(sender, instance: Page, **kwargs) -> None:
    below = Page.objects.filter(path__startswith=instance.path).values("pk")
    _update_documents(below, section_id=section_of(instance.path))


@transaction.atomic
def _update_documents(page_ids, is_gone: bool = False, **values) -> None:
    version = bump_content_version()
    SearchDocument.objects.filter(pk__in=page_ids).update(**values, version=version)
    linked = LinkedDocument.objects.filter(page_id__in=page_ids)
    files = set(linked.values_list("document_id", flat=True))
    if is_gone:
        linked.delete()
    refresh_files(files)


def deindex(page_ids: list[int]) -> None:
    """Empty the documents of pages, so that every process drops them."""
    values = {**dict.fromkeys(TEXT_FIELDS, ""), "is_public": False}
    _update_documents(page_ids, is_gone=True, **values)


def rebuild() -> tuple[int, int]:
    """Store all live pages and unread files, as after an import by SQL; count both."""
    pages = Page.objects.live().order_by("pk")
    gone = SearchDocument.objects.exclude(pk__in=pages)
    deindex(list(gone.values_list("pk", flat=True)))
    count = 0
    for pk in list(pages.values_list("pk", flat=True)):
        with transaction.atomic():
            # Locks out other writers: what is read now is still correct when written.
            bump_content_version()
            page = pages.filter(pk=pk).specific().first()
            if isinstance(page, BasePage):
                write_document(type(page), page)
                count += 1
    return count, read_new_files()


# Files


def sync_linked_documents(page: Page) -> None:
    ReferenceIndex.create_or_update_for_object(page)
    references = ReferenceIndex.get_references_for_object(page)
    found = references.filter(to_content_type__model=Document._meta.model_name)
    linked = set(map(id_from, found.values_list("to_object_id", flat=True)))
    rows = LinkedDocument.objects.filter(page_id=page.pk)
    before = set(rows.values_list("document_id", flat=True))
    if linked or before:
        rows.exclude(document_id__in=linked).delete()
        LinkedDocument.objects.bulk_create(
            LinkedDocument(page_id=page.pk, document_id=pk) for pk in linked - before
        )
        refresh_files(linked | before)


def refresh_files(document_ids: Iterable[int]) -> None:
    """Update which page, the last to expire, offers each file, and if it is public."""
    if not (ids := list(document_ids)):
        return
    with transaction.atomic():
        # Locks out other writers: what is read now is still correct when written.
        version = bump_content_version()
        documents = Document.objects.in_bulk(ids)
        restricted = restricted_collections()
        linked = LinkedDocument.objects.filter(document_id__in=documents)
        documents_on = defaultdict(list)
        for page_id, document_id in linked.values_list("page_id", "document_id"):
            documents_on[page_id].append(document_id)
        pages = public_pages().filter(pk__in=linked.values("page_id"))
        page_of: dict[int, Page] = {}
        for page in pages.order_by(F("expire_at").desc(nulls_first=True), "pk"):
            for document_id in documents_on[page.pk]:
                page_of.setdefault(document_id, page)
        for pk, document in documents.items():
            page = page_of.get(pk)
            is_open = document.collection_id not in restricted
            values = {
                "title": document.title,
                "page_id": page.pk if page else None,
                "section_id": section_of(page.path) if page else None,
                "expires_at": page.expire_at if page else None,
                "is_public": page is not None and is_open,
                "version": version,
            }
            SearchFile.objects.update_or_create(pk=pk, defaults=values)


@receiver(collection_privacy_changed)
def sync_collection_privacy(sender, path: str, **kwargs) -> None:
    files = Document.objects.filter(collection__path__startswith=path)
    refresh_files(files.values_list("pk", flat=True))


@receiver(post_save, sender=Document)
def index_uploaded_file(
    sender, instance, raw=False, update_fields=None, **kwargs
) -> None:
    if raw or only_internal_fields(update_fields):
        return
    if file_hash := instance.file_hash:
        # It may have been replaced because of what it said.
        other = SearchFile.objects.filter(pk=instance.pk).exclude(file_hash=file_hash)
        other.update(body="", problem="", file_hash="")
    refresh_files([instance.pk])
    transaction.on_commit(lambda: read_document(instance), robust=True)


@receiver(post_delete, sender=Document)
def remove_file(sender, instance, **kwargs) -> None:
    LinkedDocument.objects.filter(document_id=instance.pk).delete()
    SearchFile.objects.filter(pk=instance.pk).update(
        title="", body="", is_public=False, version=bump_content_version()
    )


def read_document(document) -> bool:
    """Read a file unless it is stored; after an error, `rebuild_search_index` does."""
    rows = SearchFile.objects.filter(pk=document.pk)
    try:
        file_hash = document.get_file_hash()
        if rows.filter(file_hash=file_hash).exists():
            return False
        with document.open_file() as file:
            reading = read_file(file, document.file_extension)
        with transaction.atomic():
            # Reading takes seconds: the file may have been replaced or deleted.
            same = Document.objects.filter(pk=document.pk, file_hash=file_hash)
            if not same.select_for_update().exists():
                return False
            is_new = rows.filter(updated_at=None).exists()
            rows.update(
                body=reading.text,
                problem=reading.problem,
                file_hash=file_hash,
                updated_at=document.created_at if is_new else timezone.now(),
                version=bump_content_version(),
            )
    except Exception:
        logger.exception("Document %s is not read yet.", document.pk)
        return False
    return True


def read_new_files() -> int:
    """Refresh all files and read those that are not stored yet; return how many."""
    documents = Document.objects.order_by("pk")
    refresh_files(documents.values_list("pk", flat=True))
    return sum(map(read_document, documents.iterator()))


# Who may open a file


@register_public_documents
def documents_on_pages(ids: AbstractSet[int], at: datetime) -> Iterable[int]:
    linked = LinkedDocument.objects.filter(document_id__in=ids)
    pages = visible_pages(at).filter(pk__in=linked.values("page_id"))
    linked = linked.filter(page_id__in=pages.values("pk"))
    return linked.values_list("document_id", flat=True)


def is_public(document) -> bool:
    return public_documents({document.pk}, timezone.now()).exists()


def deny_unlinked_documents(document, request: HttpRequest) -> None:
    """Raise `Http404` unless the visitor may open the document; a Wagtail hook.

    Anyone who may read a page that links to it may, and staff. Checked on each request,
    so a document disappears as soon as the last page that links to it is unpublished,
    made private or expires, even if no job has run yet. Wagtail has checked the login
    or password of a private collection before.
    """
    if not (
        is_public(document)
        or document.collection.get_view_restrictions()
        or (has_session(request) and _may_open(request, document))
    ):
        raise Http404("No public page links to this document.")


def _may_open(request: HttpRequest, document) -> bool:
    if permitted_files(request.user, type(document)).filter(pk=document.pk).exists():
        return True
    links = LinkedDocument.objects.filter(document_id=document.pk)
    pages = Page.objects.filter(pk__in=links.values("page_id"))
    return any(
        is_published(page, timezone.now())
        and all(each.accept_request(request) for each in page.get_view_restrictions())
        for page in pages.specific()
    )
