"""The sitemap and robots.txt."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap

from home.pages import visible_pages


class PageSitemap(Sitemap):
    def items(self):
        root = self.get_wagtail_site().root_page
        pages = visible_pages(timezone.now()).descendant_of(root, inclusive=True)
        return pages.order_by("path").defer_streamfields().specific()


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Allow all but the admin and lists of search results; name the sitemap."""
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('wagtailadmin_home')}",
        f"Disallow: {reverse('account_login')}",
        f"Disallow: {reverse('search')}?",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain")
