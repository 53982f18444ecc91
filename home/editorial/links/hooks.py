"""What the broken-link report adds to the Wagtail admin."""

from django.contrib import messages
from django.urls import path, reverse
from django.utils import timezone
from wagtail import hooks

from home.editorial.links.broken import Problem, broken_links
from home.editorial.links.report import (
    BrokenLinksMenuItem,
    BrokenLinksView,
    check_link_again,
)

MAX_LISTED = 3


@hooks.register("register_admin_urls")
def register_broken_links_urls():
    """Add the report and its button."""
    view = BrokenLinksView
    return [
        path("reports/broken-links/", view.as_view(), name=view.index_url_name),
        path(
            "reports/broken-links/results/",
            view.as_view(results_only=True),
            name=view.index_results_url_name,
        ),
        path(
            "reports/broken-links/<int:pk>/check/",
            check_link_again,
            name="check_link_again",
        ),
    ]


@hooks.register("register_reports_menu_item")
def register_broken_links_menu_item():
    """Add the report to the reports."""
    address = reverse(BrokenLinksView.index_url_name)
    return BrokenLinksMenuItem("Broken links", address, icon_name="link")


@hooks.register("after_publish_page")
def warn_of_broken_links(request, page):
    """Say, after a page was published, which of its links lead nowhere."""
    links = broken_links(timezone.now()).filter(page=page.pk)
    for link in links.exclude(problem=Problem.OTHER_SITE)[:MAX_LISTED]:
        messages.warning(
            request, f"Check the link '{link.text}': {Problem(link.problem).label}."
        )
