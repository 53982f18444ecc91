"""The lock around changes to the page tree.

Treebeard works out new paths from the pages it has read, so concurrent changes
overwrite each other (measured: wrong child counts and URL paths on both databases). One
lock, taken before pages are read, serialises them.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps

from django.contrib import messages
from django.db import OperationalError, models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page

from home.content.drafts import NotReadyError
from home.content_version import extend_lock_timeout
from home.images.storage import is_disk_full_error
from home.jobs import take_lock
from home.notifications.outbox import suppress_notifications
from home.page_tree.addresses import redirect_old_addresses

logger = logging.getLogger(__name__)

# Unique among the advisory locks of this database.
TREE_LOCK_ID = 7_301_001
TREE_FIELDS = ("path", "depth", "numchild", "url_path", "slug")


@contextmanager
def tree_lock() -> Iterator[None]:
    """Open a transaction that alone may change the page tree.

    Read the pages inside it. May be nested. Raises `OperationalError` if the lock is
    not free within 20 seconds.
    """
    with transaction.atomic():
        extend_lock_timeout()
        take_lock(TREE_LOCK_ID)
        yield


def reread_position(page: models.Model, keep_slug: bool = False) -> str:
    """Reread a page's place in the tree; return its `url_path` there.

    With `keep_slug`, a changed slug stays, and saving sets the URL path. Raises the
    class's `DoesNotExist` if the page has been deleted.
    """
    fresh = page.base_page_model.objects.values(*TREE_FIELDS, "live").get(pk=page.pk)
    # For `home.page_tree.visibility`.
    page.was_live = fresh.pop("live")
    url_path_in_database = fresh["url_path"]
    if keep_slug and page.slug != fresh["slug"]:
        del fresh["slug"], fresh["url_path"]
    for field, value in fresh.items():
        setattr(page, field, value)
    for cached in ("_cached_parent_obj", "_cached_depth"):
        page.__dict__.pop(cached, None)
    return url_path_in_database


class TreeLockMixin:
    """Page methods that change the tree, or a slug in it, under the lock."""

    def save(self, *args, **kwargs):
        if self.pk is None or kwargs.get("update_fields"):
            return super().save(*args, **kwargs)
        with tree_lock():
            url_path_before = reread_position(self, keep_slug=True)
            result = super().save(*args, **kwargs)
            redirect_old_addresses(self, url_path_before, self.url_path)
            return result

    def save_revision(self, *args, **kwargs):
        with tree_lock():
            reread_position(self, keep_slug=True)
            return super().save_revision(*args, **kwargs)

    def add_child(self, *args, **kwargs):
        with tree_lock():
            reread_position(self)
            return super().add_child(*args, **kwargs)

    def add_sibling(self, *args, **kwargs):
        with tree_lock():
            reread_position(self)
            return super().add_sibling(*args, **kwargs)

    def move(self, target, *args, **kwargs):
        with tree_lock():
            reread_position(self)
            reread_position(target)
            if target.path.startswith(self.path) and target.pk != self.pk:
                raise InvalidMoveToDescendant("A page cannot be moved under itself.")
            return super().move(target, *args, **kwargs)

    def copy(self, *args, **kwargs):
        with tree_lock(), suppress_notifications():
            reread_position(self)
            if kwargs.get("to") is not None:
                reread_position(kwargs["to"])
            return super().copy(*args, **kwargs)

    def delete(self, *args, **kwargs):
        with tree_lock():
            reread_position(self)
            return super().delete(*args, **kwargs)

    def publish(self, *args, **kwargs):
        with tree_lock():
            return super().publish(*args, **kwargs)

    def unpublish(self, *args, **kwargs):
        with tree_lock():
            return super().unpublish(*args, **kwargs)


def in_one_transaction(view: Callable) -> Callable:
    """Wrap an admin view for `decorate_urlpatterns`: POSTs are atomic.

    Views of pages and of bulk actions take the tree lock before they read a page;
    previews change nothing and stay outside.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        # What the admin answers for an unknown address has no name. Its own copying
        # does not call the `copy` above.
        name = request.resolver_match.url_name or ""
        if request.method != "POST" or "preview" in name:
            return view(request, *args, **kwargs)
        is_tree = "wagtailadmin_pages" in request.resolver_match.namespaces
        changes_tree = is_tree or name == "wagtail_bulk_action"
        quietly = suppress_notifications if name == "copy" else nullcontext
        try:
            with tree_lock() if changes_tree else transaction.atomic(), quietly():
                return view(request, *args, **kwargs)
        except (OperationalError, OSError) as error:
            if is_disk_full_error(error):
                logger.exception("Nothing was saved: the disk is full.")
                return render(request, "home/disk_full.html", status=507)
            if isinstance(error, OSError) or "lock" not in str(error):
                raise
            return render(request, "home/tree_locked.html", status=503)
        except NotReadyError as error:
            return refuse_publication(request, error)
        except (InvalidMoveToDescendant, Page.DoesNotExist):
            messages.error(
                request,
                "Nothing was changed, because someone else has just moved or deleted "
                "one of these pages. Find the page and try again.",
            )
            return redirect("wagtailadmin_explore_root")

    return wrapped


def refuse_publication(request: HttpRequest, error: NotReadyError) -> HttpResponse:
    messages.error(
        request,
        f"'{error.instance}' cannot be published yet. Nothing was changed. "
        f"{' '.join(error.messages)}",
    )
    address = AdminURLFinder(request.user).get_edit_url(error.instance)
    if request.headers.get("x-requested-with") == "XMLHttpRequest":
        # Wagtail's comment dialog follows the redirect itself.
        return JsonResponse({"step": "success", "redirect": address})
    return redirect(address or "wagtailadmin_home")
