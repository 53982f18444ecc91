"""All addresses of the site."""

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.contrib.sitemaps import views as sitemap_views
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from community.views import dismiss_alert
from home.tree import in_one_transaction
from search.enquiries.views import enquiry, thanks
from search.views import search
from stockton_cms import health
from stockton_cms.crawlers import PageSitemap, robots

handler404 = "stockton_cms.errors.not_found"
handler500 = "stockton_cms.errors.server_error"

# What Wagtail 8's editor needs; residents never get it.
ADMIN_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}
admin_urlpatterns = decorate_urlpatterns(
    decorate_urlpatterns(wagtailadmin_urls.urlpatterns, in_one_transaction),
    csp(ADMIN_POLICY),
)

urlpatterns = [
    path("-/live", health.live, name="live"),
    path("-/ready", health.ready, name="ready"),
    path("robots.txt", robots, name="robots"),
    path(
        "sitemap.xml",
        sitemap_views.sitemap,
        {"sitemaps": {"pages": PageSitemap}},
        name="sitemap",
    ),
    path("admin/", include(admin_urlpatterns)),
    path("documents/", include(wagtaildocs_urls)),
    path("search/", search, name="search"),
    path("cant-find-it/", enquiry, name="enquiry"),
    path("cant-find-it/thanks/", thanks, name="enquiry_thanks_anyone"),
    path("cant-find-it/thanks/<slug:reference>/", thanks, name="enquiry_thanks"),
    path("alerts/<int:alert_id>/close/", dismiss_alert, name="dismiss_alert"),
    # Renditions only: originals and documents have no address of their own. In
    # production nginx answers for this path.
    re_path(
        r"^media/(?P<path>images/[^/]+)$",
        serve,
        {"document_root": settings.MEDIA_ROOT},
    ),
    path("", include(wagtail_urls)),
]
