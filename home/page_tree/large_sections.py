"""A warning when a page has too many children.

Sorting them manually shows every page at once: 12 s at 5,000.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail import hooks
from wagtail.models import Page

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
    messages.warning(request, f"{_too_many(parent)} This is too many to sort manually.")
    query = request.GET.copy()
    del query["ordering"]
    return redirect(f"{request.path}?{query.urlencode()}")


@hooks.register("after_create_page")
@hooks.register("after_move_page")
def warn_of_too_many_children(request, page):
    parent = page.get_parent(update=True)
    if parent.numchild > MAX_CHILDREN:
        messages.warning(
            request,
            f"{_too_many(parent)} Split this section into sub-sections.",
        )


def _too_many(parent: Page) -> str:
    title = parent.get_admin_display_title()
    return f"'{title}' has {parent.numchild:,} pages directly under it."
