"""The report of broken links: what is wrong, where to fix it, and "Check again"."""

import django_filters
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.models import Page
from wagtail.permission_policies import BasePermissionPolicy, ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from home import reports
from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.links import LINK_SOURCES, Problem, broken_links, broken_links_for
from home.editorial.models import PageLink, page_edit_url
from home.page_tree.explorable import explorable

MAX_LISTED = 3


class LinksPermissionPolicy(BasePermissionPolicy):
    """For everyone who may change a page, or anything else that links are read from."""

    def user_has_any_permission(self, user, actions):
        return PagePermissionPolicy().user_has_any_permission(user, actions) or any(
            ModelPermissionPolicy(model).user_has_any_permission(user, actions)
            for model in LINK_SOURCES
        )


class BrokenLinkFilterSet(reports.PageReportFilterSet):
    problem = django_filters.ChoiceFilter(label="Issue", choices=Problem.choices)

    class Meta:
        model = PageLink
        fields = []


class CheckAgainColumn(reports.ScreenColumn):
    cell_template_name = "home/recheck_cell.html"


class BrokenLinksView(reports.Report):
    slug = "broken-links"
    page_title = "Broken links"
    header_icon = "link"
    model = PageLink
    results_template_name = "home/broken_links_results.html"
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
        DateColumn(
            "since",
            label="Failing since",
            accessor=lambda link: link.external and link.external.failing_since,
        ),
        CheckAgainColumn("check_again", label="Check again", accessor="target_label"),
    ]

    def get_base_queryset(self):
        links = broken_links_for(self.request.user, timezone.now())
        targets = links.select_related("page", "target_page", "document", "external")
        return reports.with_owners(targets).prefetch_related("other_source")

    def decorate_paginated_queryset(self, object_list):
        finder = AdminURLFinder(self.request.user)
        target_ids = {link.target_page_id for link in object_list}
        known = explorable(Page).filter(pk__in=target_ids - {None})
        known_ids = set(known.values_list("pk", flat=True))
        for link in object_list:
            link.source = str(link.page or link.other_source)
            # Each row is shown only to those who may edit the page: no need to check.
            link.edit_url = (
                page_edit_url(link.page_id)
                if link.page_id
                else finder.get_edit_url(link.other_source)
            )
            link.target_label = _target_label(link, known_ids)
            link.problem_label = Problem(link.problem).label
            if link.problem == Problem.OTHER_SITE:
                link.problem_label = link.external.get_outcome_display()
        return object_list


def _target_label(link: PageLink, known_ids: set[int]) -> str:
    if link.external_id:
        return link.external.address
    if link.site_path:
        return link.site_path
    if link.problem == Problem.DELETED:
        return "A deleted page"
    if link.problem == Problem.FILE_DELETED:
        return "A deleted document"
    if link.target_page_id and link.target_page_id not in known_ids:
        return "A page you do not have permission to view"
    return str(link.target_page or link.document)


@require_POST
def check_link_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a link at the next run of the job."""
    links = broken_links_for(request.user, timezone.now())
    link = get_object_or_404(links, pk=pk, external__isnull=False)
    link.external.next_check_at = timezone.now()
    link.external.save(update_fields=["next_check_at"])
    messages.success(
        request,
        "The link will be checked again in the next few minutes. If it works, it "
        "will be removed from this list.",
    )
    return redirect(reverse("broken_links_report", query=request.GET))


reports.register_report(
    BrokenLinksView, path("<int:pk>/check/", check_link_again, name="check_link_again")
)


@register_dashboard_tasks
def links_to_fix(user, at):
    count, report = broken_links_for(user, at).count(), reverse("broken_links_report")
    yield counted_task(count, "broken link", "broken links", report)


@hooks.register("after_publish_page")
def warn_of_broken_links(request, page):
    links = broken_links(timezone.now()).filter(page=page.pk)
    for link in links.exclude(problem=Problem.OTHER_SITE)[:MAX_LISTED]:
        messages.warning(
            request, f"Check the link '{link.text}': {Problem(link.problem).label}."
        )
