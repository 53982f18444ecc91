"""What one save of a page writes, in all tables, to see whether all of it is there."""

from django.db.models import Model
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision

from home.content_version import get_content_version
from home.editorial.models import PageLink
from home.models import ChangeNote
from search.models import SearchDocument

TABLES: tuple[type[Model], ...] = (
    Revision,
    PageLogEntry,
    ModelLogEntry,
    ChangeNote,
    Redirect,
)


def state_of(page: Page) -> dict:
    """Return what the database holds of a page and of the first page below it."""
    fresh = type(page).objects.get(pk=page.pk)
    below = fresh.get_children().first()
    latest = fresh.get_latest_revision()
    document = SearchDocument.objects.filter(pk=page.pk).first()
    return {
        "title, address": (fresh.title, fresh.slug, fresh.url_path),
        "address below": below and below.url_path,
        "draft": latest and (latest.content["title"], latest.content["slug"]),
        "draft is live": latest and fresh.live_revision_id == latest.pk,
        "search": document and document.title,
        "links": list(
            PageLink.objects.filter(page=page).values_list("text", flat=True)
        ),
        "version": get_content_version(),
        **{model.__name__: model.objects.count() for model in TABLES},
    }
