"""Stores which pages link to a file, and its text for the search index.

Search finds a file, and visitors may open it, while a public page links to it and its
collection is public.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import Http404, HttpRequest
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page
from wagtail.models.reference_index import ReferenceIndex

from home.caching import has_session
from home.content.link_blocks import public_documents, register_public_documents
from home.content.walker import id_from
from home.content_version import bump_content_version, only_internal_fields
from home.images.renditions import (
    collection_privacy_changed,
    restricted_collections,
)
from home.page_tree.explorable import permitted_files
from home.pages import is_published, public_pages, visible_pages
from search.indexing.documents import LinkedDocument, SearchFile
from search.indexing.files.extraction import read_file

logger = logging.getLogger(__name__)

Document = get_document_model()
SECTION_DEPTH = 3


def section_of(path: str) -> int | None:
    """Return the id of the page directly below the home page that a path belongs to."""
    top = path[: SECTION_DEPTH * Page.steplen]
    if len(top) < SECTION_DEPTH * Page.steplen:
        return None
    return Page.objects.filter(path=top).values_list("pk", flat=True).first()


def sync_linked_documents(page: Page) -> None:
    """Store which files a live page, its blocks and child rows link to."""
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


def files_linked_from(page_ids) -> list[int]:
    linked = LinkedDocument.objects.filter(page_id__in=page_ids)
    return list(linked.values_list("document_id", flat=True).distinct())


@register_public_documents
def documents_on_pages(ids: AbstractSet[int], at: datetime) -> Iterable[int]:
    """Return which of these documents a visible page links to."""
    linked = LinkedDocument.objects.filter(document_id__in=ids)
    pages = visible_pages(at).filter(pk__in=linked.values("page_id"))
    linked = linked.filter(page_id__in=pages.values("pk"))
    return linked.values_list("document_id", flat=True)


def refresh_files(document_ids: Iterable[int]) -> None:
    """Update whether files are public, and which page each is linked from.

    Of several pages, the one that expires last counts, then the oldest.
    """
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
        for document_id, document in documents.items():
            page = page_of.get(document_id)
            SearchFile.objects.update_or_create(
                pk=document_id,
                defaults={
                    "title": document.title,
                    "page_id": page.pk if page else None,
                    "section_id": section_of(page.path) if page else None,
                    "expires_at": page.expire_at if page else None,
                    "is_public": page is not None
                    and document.collection_id not in restricted,
                    "version": version,
                },
            )


@receiver(collection_privacy_changed)
def sync_collection_privacy(sender, path: str, **kwargs) -> None:
    files = Document.objects.filter(collection__path__startswith=path)
    refresh_files(files.values_list("pk", flat=True))


@receiver(post_save, sender=Document)
def index_uploaded_file(
    sender, instance, raw=False, update_fields=None, **kwargs
) -> None:
    """Read a new file once it is stored; sync its title and collection."""
    if raw or only_internal_fields(update_fields):
        return
    if instance.file_hash:
        # It may have been replaced because of what it said.
        replaced = SearchFile.objects.filter(pk=instance.pk).exclude(
            file_hash=instance.file_hash
        )
        replaced.update(body="", problem="", file_hash="")
    refresh_files([instance.pk])
    transaction.on_commit(lambda: read_document(instance), robust=True)


@receiver(post_delete, sender=Document)
def remove_file(sender, instance, **kwargs) -> None:
    LinkedDocument.objects.filter(document_id=instance.pk).delete()
    SearchFile.objects.filter(pk=instance.pk).update(
        title="", body="", is_public=False, version=bump_content_version()
    )


def read_document(document) -> bool:
    """Read the text of a file unless it is stored; say whether it was read.

    No upload fails because the reader, the storage or the database is unavailable:
    `rebuild_search_index` reads the file later.
    """
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
