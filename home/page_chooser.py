"""Which pages an officer may choose: those that they see, and published ones.

Wagtail 8's chooser shows the title of every draft to whoever may sign in.
"""

import re
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from wagtail import hooks
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

PAGE_ID = re.compile(r"[1-9]\d{0,8}", re.ASCII)
ASKED_BY_ID = {
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_chosen_multiple",
}


@hooks.register("construct_page_chooser_queryset")
def leave_out_drafts_of_others(pages: PageQuerySet, request: HttpRequest):
    """Return those of the pages that are published or in the officer's own part."""
    policy = policy_registry.get_by_type(Page)
    own = policy.explorable_instances(request.user)
    return pages.filter(live=True) | pages.filter(pk__in=own.order_by().values("pk"))


def without_drafts_of_others(view: Callable) -> Callable:
    """Wrap an admin view: the chooser tells nothing of pages that it does not list.

    For `decorate_urlpatterns`.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        name = request.resolver_match.url_name
        if request.user.is_authenticated and name in ASKED_BY_ID:
            asked = {*request.GET.getlist("id"), *map(str, kwargs.values())}
            numbers = filter(PAGE_ID.fullmatch, asked)
            pages = Page.objects.filter(pk__in=list(numbers))
            if leave_out_drafts_of_others(pages, request).count() < len(asked):
                raise Http404("There is no such page to choose.")
        return view(request, *args, **kwargs)

    return wrapped
