"""Stores the text of public pages for the search index, in sync with the pages."""

from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Model
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.search.index import RelatedFields, SearchField
from wagtail.signals import post_page_move

from home.content.walker import Kind, walk
from home.content_version import bump_content_version, start_of_day
from home.page_tree.visibility import Change, page_visibility_changed
from home.pages import BasePage, public_pages
from home.receivers import live_page_saved
from search.indexing.documents import TEXT_FIELDS, LinkedDocument, SearchDocument
from search.indexing.linked_documents import (
    files_linked_from,
    read_new_files,
    refresh_files,
    section_of,
    sync_linked_documents,
)

# These have their own columns, and so weights.
SEPARATE_FIELDS = frozenset({"title", "search_words", "summary"})


def extract_text(page: BasePage) -> dict[str, str]:
    """Return a page's text by index field, read from its `search_fields`."""
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


def _texts(instance: Model, fields: Iterable) -> Iterator[str]:
    for field in fields:
        if isinstance(field, RelatedFields):
            for related in field.get_value(instance).all():
                yield from _texts(related, field.fields)
        elif isinstance(field, SearchField) and (value := field.get_value(instance)):
            yield from map(str, value if isinstance(value, list) else [value])


def document_values(page: BasePage, section_id: int | None) -> dict:
    """Return the values of a page's document except version and visibility."""
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


@receiver(live_page_saved)
def write_document(sender, instance: BasePage, **kwargs) -> None:
    """Write a live page's text, in the transaction that publishes the page."""
    values = document_values(instance, section_of(instance.path))
    SearchDocument.objects.update_or_create(
        pk=instance.pk,
        defaults={
            **values,
            "is_public": public_pages().filter(pk=instance.pk).exists(),
            "version": bump_content_version(),
        },
    )
    sync_linked_documents(instance)


@receiver(page_visibility_changed)
def sync_visibility(
    sender, change: Change, page_ids: list[int], is_public: bool, **kwargs
) -> None:
    if change in (Change.UNPUBLISHED, Change.DELETED):
        deindex(page_ids)
    elif change is not Change.PUBLISHED or not is_public:
        with transaction.atomic():
            SearchDocument.objects.filter(pk__in=page_ids).update(
                is_public=is_public, version=bump_content_version()
            )
            refresh_files(files_linked_from(page_ids))


def deindex(page_ids: list[int]) -> None:
    """Empty the documents of pages, so that every process drops them."""
    with transaction.atomic():
        SearchDocument.objects.filter(pk__in=page_ids).update(
            **dict.fromkeys(TEXT_FIELDS, ""),
            is_public=False,
            version=bump_content_version(),
        )
        files = files_linked_from(page_ids)
        LinkedDocument.objects.filter(page_id__in=page_ids).delete()
        refresh_files(files)


@receiver(post_page_move)
def sync_section(sender, instance: Page, **kwargs) -> None:
    with transaction.atomic():
        below = Page.objects.filter(path__startswith=instance.path).values("pk")
        SearchDocument.objects.filter(pk__in=below).update(
            section_id=section_of(instance.path), version=bump_content_version()
        )
        refresh_files(files_linked_from(below))


def rebuild() -> tuple[int, int]:
    """Store the text of all live pages and read all files that are not stored yet.

    For a database that was filled without the application. Returns how many pages
    there are, and how many files were read.
    """
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
