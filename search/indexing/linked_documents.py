"""Keeps the text of files for the search index, in step with the pages that offer them.

A file is found while a public page offers it, and nobody is kept from its collection.
"""

import logging
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, Page
from wagtail.models.reference_index import ReferenceIndex

from home.content.rich_text_links import register_offers
from home.content_version.counter import bump_content_version, only_internal_fields
from home.images.private_collections import restricted_collections
from home.pages import public_pages, visible_pages
from search.indexing.documents import LinkedDocument, SearchFile
from search.indexing.files.extraction import read_file

logger = logging.getLogger(__name__)

Document = get_document_model()
SECTION_DEPTH = 3


def section_of(path: str) -> int | None:
    """Return the id of the page below the home page that a tree path belongs to."""
    top = path[: SECTION_DEPTH * Page.steplen]
    if len(top) < SECTION_DEPTH * Page.steplen:
        return None
    return Page.objects.filter(path=top).values_list("pk", flat=True).first()


def sync_linked_documents(page: Page) -> None:
    """Note which files a live page offers, and bring those files up to date."""
    offered = set(_documents_in(page))
    rows = LinkedDocument.objects.filter(page_id=page.pk)
    before = set(rows.values_list("document_id", flat=True))
    if not offered and not before:
        return
    rows.exclude(document_id__in=offered).delete()
    LinkedDocument.objects.bulk_create(
        LinkedDocument(page_id=page.pk, document_id=pk) for pk in offered - before
    )
    refresh_files(offered | before)


def _documents_in(page: Page) -> Iterable[int]:
    """Return the ids of the files that a page, its blocks and its rows refer to."""
    ReferenceIndex.create_or_update_for_object(page)
    references = ReferenceIndex.get_references_for_object(page)
    label = Document._meta.model_name
    found = references.filter(to_content_type__model=label)
    return (int(pk) for pk in found.values_list("to_object_id", flat=True))


def files_offered_below(page_ids) -> list[int]:
    """Return the ids of the files that these pages offer."""
    offered = LinkedDocument.objects.filter(page_id__in=page_ids)
    return list(offered.values_list("document_id", flat=True).distinct())


@register_offers
def documents_on_pages(ids: AbstractSet[int], at: datetime) -> Iterable[int]:
    """Return which of these documents a page offers that visitors may see."""
    offered = LinkedDocument.objects.filter(document_id__in=ids)
    pages = visible_pages(at).filter(pk__in=offered.values("page_id"))
    offered = offered.filter(page_id__in=pages.values("pk"))
    return offered.values_list("document_id", flat=True)


def refresh_files(document_ids: Iterable[int]) -> None:
    """Bring up to date whether files are public, and which page offers each.

    Of several pages the one counts that stays longest, then the oldest.
    """
    ids = list(document_ids)
    if ids:
        with transaction.atomic():
            # Makes others wait: what is read now is still true when it is written.
            _refresh(Document.objects.in_bulk(ids), bump_content_version())


def _refresh(documents: dict[int, models.Model], version: int) -> None:
    restricted = restricted_collections()
    offers: dict[int, list[tuple]] = {}
    rows = LinkedDocument.objects.filter(document_id__in=documents)
    page_of = public_pages().in_bulk(list(rows.values_list("page_id", flat=True)))
    for page_id, document_id in rows.values_list("page_id", "document_id"):
        if page := page_of.get(page_id):
            offers.setdefault(document_id, []).append(
                (page.expire_at is not None, _reversed(page.expire_at), page.pk)
            )
    for document_id, document in documents.items():
        best = min(offers.get(document_id, []), default=None)
        page = page_of[best[-1]] if best else None
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


def _reversed(moment: datetime | None) -> float:
    return -moment.timestamp() if moment else 0


@receiver([post_save, post_delete], sender=CollectionViewRestriction)
def sync_collection_privacy(sender, instance, **kwargs) -> None:
    """Bring the files of a collection up to date when its privacy has changed."""
    below = Collection.objects.filter(path__startswith=instance.collection.path)
    files = Document.objects.filter(collection__in=below)
    refresh_files(files.values_list("pk", flat=True))


@receiver(post_save, sender=Collection)
def follow_collection_move(sender, instance, raw=False, **kwargs) -> None:
    """Bring files up to date whose collection may have moved below a private one."""
    if not raw:
        # Wagtail moves a collection after it has saved it.
        transaction.on_commit(lambda: _refresh_collection(instance.pk), robust=True)


def _refresh_collection(pk: int) -> None:
    collection = Collection.objects.filter(pk=pk).first()
    if collection is not None:
        files = Document.objects.filter(collection__path__startswith=collection.path)
        refresh_files(files.values_list("pk", flat=True))


@receiver(post_save, sender=Document)
def index_uploaded_file(
    sender, instance, raw=False, update_fields=None, **kwargs
) -> None:
    """Read a new file, once it is stored; follow its title and its collection."""
    if raw or only_internal_fields(update_fields):
        return
    if instance.file_hash:
        # The officer may have replaced it because of what it said.
        replaced = SearchFile.objects.filter(pk=instance.pk).exclude(
            file_hash=instance.file_hash
        )
        replaced.update(body="", problem="", file_hash="")
    refresh_files([instance.pk])
    transaction.on_commit(lambda: read_document(instance), robust=True)


@receiver(post_delete, sender=Document)
def remove_file(sender, instance, **kwargs) -> None:
    """Take away the text of a deleted file."""
    LinkedDocument.objects.filter(document_id=instance.pk).delete()
    SearchFile.objects.filter(pk=instance.pk).update(
        title="", body="", is_public=False, version=bump_content_version()
    )


def read_document(document) -> bool:
    """Read the text of a file unless it is known; say whether it was read.

    A reader, a storage or a database that is away is no fault of the file, and no
    upload fails because of it: `rebuild_search_index` reads it later.
    """
    try:
        return _read_and_store(document)
    except Exception:
        logger.exception("Document %s is not read yet.", document.pk)
        return False


def _read_and_store(document) -> bool:
    rows = SearchFile.objects.filter(pk=document.pk)
    file_hash = document.get_file_hash()
    if rows.filter(file_hash=file_hash).exists():
        return False
    with document.open_file() as file:
        reading = read_file(file, document.file_extension)
    with transaction.atomic():
        # Reading takes seconds: meanwhile it may have been replaced or deleted.
        same = Document.objects.select_for_update().filter(
            pk=document.pk, file_hash=file_hash
        )
        if not same.exists():
            return False
        is_new = rows.filter(updated_at=None).exists()
        rows.update(
            body=reading.text,
            problem=reading.problem,
            file_hash=file_hash,
            updated_at=document.created_at if is_new else timezone.now(),
            version=bump_content_version(),
        )
    return True


def read_new_files() -> int:
    """Bring all files up to date and read those that are not; return how many."""
    documents = Document.objects.order_by("pk")
    refresh_files(documents.values_list("pk", flat=True))
    return sum(map(read_document, documents.iterator()))
