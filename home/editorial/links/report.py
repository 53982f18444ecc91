"""The report of broken links: what is wrong, where to fix it, and "Check again"."""

from collections.abc import Iterable

import django_filters
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.models import Page, PageLogEntry
from wagtail.permission_policies import BasePermissionPolicy, ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.links.broken import Problem, broken_links, broken_links_for
from home.editorial.links.index import LINK_SOURCES
from home.editorial.links.models import ExternalLink, PageLink
from home.page_tree.addresses import descendants_of
from home.page_tree.explorable import explorable
from home.reports import Report, ScreenColumn, register_report, sections

MAX_LISTED = 3
UNPUBLISH_ACTIONS = (
    "wagtail.unpublish",
    "wagtail.delete",
    "wagtail.unpublish.scheduled",
)


class LinksPermissionPolicy(BasePermissionPolicy):
    """For everyone who may change a page, or anything else that links are read from."""

    def user_has_any_permission(self, user, actions):
        return PagePermissionPolicy().user_has_any_permission(user, actions) or any(
            ModelPermissionPolicy(model).user_has_any_permission(user, actions)
            for model in LINK_SOURCES
        )


class BrokenLinkFilterSet(WagtailFilterSet):
    site = django_filters.ChoiceFilter(
        label="Links to",
        method="filter_site",
        choices=[("own", "This website"), ("other", "Another website")],
    )
    problem = django_filters.ChoiceFilter(label="Issue", choices=Problem.choices)
    section = django_filters.ModelChoiceFilter(
        label="Section",
        method="filter_section",
        queryset=sections,
    )
    owner_name = django_filters.CharFilter(
        label="Content owner", lookup_expr="icontains"
    )

    class Meta:
        model = PageLink
        fields = []

    def filter_site(self, queryset, name, value):
        return queryset.filter(external__isnull=value == "own")

    def filter_section(self, queryset, name, value):
        """Keep the links on a section's page and on all pages below it."""
        pages = Page.objects.filter(Q(pk=value.pk) | descendants_of(value.path))
        return queryset.filter(page__in=pages.values("pk"))


class CheckAgainColumn(ScreenColumn):
    cell_template_name = "home/recheck_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        """Add the form, except for internal links, which are always up to date."""
        context = super().get_cell_context_data(instance, parent_context)
        if instance.external_id:
            address = reverse("check_link_again", args=[instance.pk])
            query = context["request"].GET.urlencode()
            context["action"] = f"{address}?{query}" if query else address
            context["csrf_token"] = get_token(context["request"])
        return context


class BrokenLinksView(Report):
    slug = "broken-links"
    page_title = "Broken links"
    header_icon = "link"
    model = PageLink
    permission_policy = LinksPermissionPolicy(PageLink)
    any_permission_required = {"change"}
    filterset_class = BrokenLinkFilterSet
    default_ordering = ("page__path", "pk")
    columns = [
        TitleColumn("source", label="Page", get_url=lambda link: link.edit_url),
        Column("text", label="Link text"),
        Column("target_label", label="Links to"),
        Column("problem_label", label="Issue"),
        Column("owner_name", label="Content owner"),
        DateColumn("since", label="Since"),
        CheckAgainColumn("check_again", label="Check again"),
    ]

    def get_base_queryset(self):
        links = broken_links_for(self.request.user, timezone.now())
        return links.select_related("page", "target_page", "document", "external")

    def decorate_paginated_queryset(self, object_list):
        describe(object_list, self.request.user)
        return object_list


def describe(links: Iterable[PageLink], user) -> None:
    """Add what the columns of the report show to each link."""
    finder = AdminURLFinder(user)
    others = _other_sources(links)
    target_ids = {link.target_page_id for link in links if link.target_page_id}
    known = set(explorable(Page).filter(pk__in=target_ids).values_list("pk", flat=True))
    ends = PageLogEntry.objects.filter(
        page_id__in=target_ids, action__in=UNPUBLISH_ACTIONS
    )
    ended_at = dict(ends.order_by("timestamp").values_list("page_id", "timestamp"))
    for link in links:
        source = link.page or others.get((link.content_type_id, link.object_id))
        link.source = str(source)
        # The row is only shown to those who may edit the page, so this is not checked.
        link.edit_url = (
            reverse("wagtailadmin_pages:edit", args=[link.page_id])
            if link.page_id
            else finder.get_edit_url(source)
        )
        link.target_label = _target_label(link, known)
        is_theirs = link.problem == Problem.OTHER_SITE
        link.problem_label = (
            link.external.get_outcome_display()
            if is_theirs
            else Problem(link.problem).label
        )
        link.since = _since(link, ended_at.get(link.target_page_id))


def _other_sources(links: Iterable[PageLink]) -> dict:
    ids: dict[int, set] = {}
    for link in links:
        if link.content_type_id:
            ids.setdefault(link.content_type_id, set()).add(link.object_id)
    return {
        (type_id, pk): source
        for type_id, pks in ids.items()
        for pk, source in ContentType.objects.get_for_id(type_id)
        .model_class()
        ._base_manager.in_bulk(pks)
        .items()
    }


def _target_label(link: PageLink, known: set[int]) -> str:
    if link.external_id:
        return link.external.address
    if link.site_path:
        return link.site_path
    if link.problem == Problem.DELETED:
        return "A deleted page"
    if link.problem == Problem.FILE_DELETED:
        return "A deleted document"
    if link.target_page_id and link.target_page_id not in known:
        return "A page you do not have permission to view"
    return str(link.target_page or link.document)


def _since(link: PageLink, ended_at):
    """Return since when the link has been broken; None if unknown."""
    if link.problem == Problem.OTHER_SITE:
        return link.external.failing_since
    if link.problem == Problem.EXPIRED and link.target_page.expire_at:
        return max(link.target_page.expire_at, link.found_at)
    if ended_at:
        return max(ended_at, link.found_at)
    was_never_there = (
        link.problem == Problem.NOT_PUBLISHED
        and link.target_page.first_published_at is None
    )
    return link.found_at if was_never_there or link.site_path else None


@require_POST
def check_link_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a link at the next run of the job."""
    links = broken_links_for(request.user, timezone.now())
    link = get_object_or_404(links, pk=pk, external__isnull=False)
    ExternalLink.objects.filter(pk=link.external_id).update(
        next_check_at=timezone.now()
    )
    messages.success(
        request,
        "The link will be checked again in the next few minutes. If it works, it "
        "will be removed from this list.",
    )
    query = request.GET.urlencode()
    return redirect(reverse("broken_links_report") + (f"?{query}" if query else ""))


register_report(
    BrokenLinksView,
    path("<int:pk>/check/", check_link_again, name="check_link_again"),
)


@hooks.register("after_publish_page")
def warn_of_broken_links(request, page):
    links = broken_links(timezone.now()).filter(page=page.pk)
    for link in links.exclude(problem=Problem.OTHER_SITE)[:MAX_LISTED]:
        messages.warning(
            request, f"Check the link '{link.text}': {Problem(link.problem).label}."
        )
