"""Which objects a user may know of in the admin.

Public pages and those of their own part of the tree; images, documents and snippets for
which they have a permission. Wagtail 8 checks less in choosers and bulk actions, and so
reveals every title to anyone who signs in. `chosen_values` applies the same rule to
forms.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, redirect
from wagtail import hooks
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.views.chooser import BrowseView
from wagtail.admin.views.reports.page_types_usage import PageTypesUsageReportView
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

from home.admin_requests import admin_request, permitted_pages
from home.content.walker import PLAIN_ID
from home.pages import public_pages

ANY_PERMISSION = ("view", "choose", "add", "change", "delete", "publish")
# How a chooser says that it offers pages of all types.
ANY_PAGE = (None, "", "wagtailcore.page")
CHOSEN_BY_ID = {
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_chosen_multiple",
}


def explorable(model: type[Model]) -> QuerySet:
    """Return the objects that the user may know of; all outside the admin."""
    request = admin_request.get()
    if request is None or request.user.is_superuser:
        return model._default_manager.all()
    if not issubclass(model, Page):
        policy = policy_registry.get_by_type(model)
        return policy.instances_user_has_any_permission_for(
            request.user, ANY_PERMISSION
        )
    return model._default_manager.filter(
        Q(pk__in=public_pages().values("pk")) | Q(pk__in=permitted_pages().values("pk"))
    )


def is_explorable(model: type[Model], pk) -> bool:
    """Return whether there is such an object and the user may know of it."""
    is_number = PLAIN_ID.fullmatch(str(pk))
    return bool(is_number) and explorable(model).filter(pk=pk).exists()


@hooks.register("construct_page_chooser_queryset")
def exclude_unexplorable_pages(pages: PageQuerySet, request: HttpRequest):
    return pages.filter(pk__in=explorable(Page).order_by().values("pk"))


def restrict_admin_lists() -> None:
    """Restrict Wagtail's bulk actions, page choosers and report of page types.

    Where users may not see a draft, the page has its public title.
    """

    def get_queryset(cls, model, object_ids):
        return get_list_or_404(explorable(model), pk__in=object_ids)

    def get_page_types(view):
        pages = explorable(Page).filter(content_type=OuterRef("pk"))
        latest = pages.order_by(F("latest_revision_created_at").desc(nulls_last=True))
        return page_types(view).annotate(
            last_edited_page_id=Subquery(latest.values("pk")[:1])
        )

    def browse(view, request, parent_page_id=None):
        # Wagtail begins at the root, far from what editors look after.
        if parent_page_id is None and request.GET.get("page_type") in ANY_PAGE:
            policy = policy_registry.get_by_type(Page)
            start = policy.explorable_root_instance(request.user)
            parent_page_id = start and start.pk
        return browse_from(view, request, parent_page_id)

    def get_title(page):
        is_renamed = page.draft_title not in ("", page.title)
        if is_renamed and not permitted_pages().filter(pk=page.pk).exists():
            return page.title
        return title_of_draft(page)

    title_of_draft = Page.get_admin_display_title
    Page.get_admin_display_title = get_title
    BulkAction.get_queryset = classmethod(get_queryset)
    browse_from = BrowseView.get
    BrowseView.get = browse
    page_types = PageTypesUsageReportView.get_queryset
    PageTypesUsageReportView.get_queryset = get_page_types


def restrict_to_explorable(view: Callable) -> Callable:
    """Wrap an admin view for `decorate_urlpatterns`, with its templates."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        token = admin_request.set(request)
        try:
            _reject_hidden_page_ids(request, kwargs)
            response = view(request, *args, **kwargs)
            return response.render() if hasattr(response, "render") else response
        finally:
            admin_request.reset(token)

    return wrapped


def _reject_hidden_page_ids(request: HttpRequest, kwargs: dict) -> None:
    if request.resolver_match.url_name in CHOSEN_BY_ID:
        asked = {*request.GET.getlist("id"), *map(str, kwargs.values())}
        if not all(is_explorable(Page, pk) for pk in asked):
            raise Http404("This page cannot be chosen.")


MAX_CHILDREN = 500
LISTS = {"wagtailadmin_explore", "wagtailadmin_explore_results"}


def limit_sorting(request: HttpRequest, kwargs: dict) -> HttpResponse | None:
    """Keep large sections paginated in the admin."""
    is_sorting = request.GET.get("ordering") == "ord"
    if not is_sorting or request.resolver_match.url_name not in LISTS:
        return None
    parents = Page.objects.filter(numchild__gt=MAX_CHILDREN)
    parent = parents.filter(pk=kwargs.get("parent_page_id")).first()
    if parent is None:
        return None
    messages.warning(
        request,
        f"'{parent.get_admin_display_title()}' has {parent.numchild:,} pages directly "
        "under it. This is too many to sort manually.",
    )
    query = request.GET.copy()
    del query["ordering"]
    return redirect(f"{request.path}?{query.urlencode()}")
