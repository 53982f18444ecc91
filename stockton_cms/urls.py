"""All addresses of the site."""

from allauth.account import views as account
from csp.decorators import csp_update
from django.contrib.sitemaps import views as sitemap_views
from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView, TemplateView
from wagtail import urls as wagtail_urls
from wagtail import views as wagtail_views
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps import Sitemap
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.documents.views import serve
from wagtail.models import CollectionViewRestriction, PageViewRestriction
from wagtail.utils.urlpatterns import decorate_urlpatterns

from community import views as community
from community.alerts.visibility import dismiss_alert
from community.policies.versions import comparison, history
from home.editorial.preview_links import read_draft
from home.images.storage import FILE_FOLDER
from home.page_tree.addresses import bind_site
from home.pages import visible_pages
from home.rate_limits import limit_password_attempts
from search.feedback import views
from search.views import search, suggestions
from stockton_cms.accounts import single_sign_on
from stockton_cms.accounts.mfa import require_mfa
from stockton_cms.admin_views import admin_view
from stockton_cms.media import picture, staff_picture, with_headers_of_a_file
from stockton_cms.monitoring import health


class PageSitemap(Sitemap):
    def items(self):
        root = self.get_wagtail_site().root_page
        pages = visible_pages(timezone.now()).descendant_of(root, inclusive=True)
        return pages.order_by("path").defer_streamfields().specific()


class PagePathConverter(StringConverter):
    regex = r"[-\w]+(?:/[-\w]+)*"


register_converter(PagePathConverter, "page")

FILE_NAME = rf"{FILE_FOLDER}[-.0-9A-Z_a-z]{{1,255}}"

handler500 = "stockton_cms.error_pages.server_error"

# Of allauth's addresses, only those that staff need.
account_urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_reset, name="account_reset_password"),
    path(
        "password/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/done/",
        RedirectView.as_view(pattern_name="account_login"),
        name="account_reset_password_from_key_done",
    ),
    path(
        "password/<slug:uidb36>/<slug:key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("two-factor/", include("allauth.mfa.urls")),
    path("single-sign-on/", single_sign_on.start, name="single_sign_on"),
    path("single-sign-on/back/", single_sign_on.back, name="single_sign_on_back"),
]
for decorator in (
    # The picture that an authenticator app reads is in the page itself.
    csp_update({"img-src": ["data:"]}),
    never_cache,
):
    account_urlpatterns = decorate_urlpatterns(account_urlpatterns, decorator)
# Wagtail's own ways to sign in know neither limits nor two-factor authentication.
redirect_to_login = RedirectView.as_view(
    pattern_name="account_login", query_string=True
)
admin_urlpatterns = decorate_urlpatterns(wagtailadmin_urls.urlpatterns, admin_view)

urlpatterns = [
    path("-/live", health.live, name="live"),
    path("-/ready", health.ready, name="ready"),
    path("-/status", health.status, name="status"),
    path("-/metrics", health.metrics, name="metrics"),
    path(
        "robots.txt",
        TemplateView.as_view(template_name="robots.txt", content_type="text/plain"),
        name="robots",
    ),
    path(
        "sitemap.xml",
        sitemap_views.sitemap,
        {"sitemaps": {"pages": PageSitemap}},
        name="sitemap",
    ),
    path("account/", include(account_urlpatterns)),
    path("admin/login/", redirect_to_login),
    path("_util/login/", redirect_to_login),
    # Nor does its way out: a link of another site to it would take the cookie away.
    path("admin/logout/", account.logout),
    path("admin/", include(admin_urlpatterns)),
    path(
        "documents/authenticate_with_password/<int:restriction_id>/",
        limit_password_attempts(
            serve.authenticate_with_password, CollectionViewRestriction
        ),
    ),
    path(
        "documents/",
        include(
            decorate_urlpatterns(wagtaildocs_urls.urlpatterns, with_headers_of_a_file)
        ),
    ),
    path(
        "_util/authenticate_with_password/<int:restriction_id>/<int:page_id>/",
        limit_password_attempts(
            wagtail_views.authenticate_with_password, PageViewRestriction
        ),
    ),
    path("preview/<slug:token>/", read_draft, name="preview_link"),
    path("search/", search, name="search"),
    path("search/suggestions/", suggestions, name="search_suggestions"),
    path("cant-find-it/", views.enquiry, name="enquiry"),
    path("cant-find-it/thanks/", views.thanks, name="enquiry_thanks_anyone"),
    path("cant-find-it/thanks/<slug:reference>/", views.thanks, name="enquiry_thanks"),
    path("cant-find-it/answers/", views.find_answer, name="find_answer"),
    path("cant-find-it/answers/<str:reference>/", views.answer, name="enquiry_answer"),
    path(
        "was-this-page-useful/<int:page_id>/",
        views.page_feedback,
        name="page_feedback",
    ),
    path(
        "was-this-page-useful/<int:page_id>/thanks/",
        views.feedback_thanks,
        name="page_feedback_thanks",
    ),
    path(
        "was-this-page-useful/<int:page_id>/<slug:said>/",
        views.comment,
        name="page_feedback_comment",
    ),
    path("alerts/<int:alert_id>/close/", dismiss_alert, name="dismiss_alert"),
    # Renditions only: originals and documents have no address of their own. In
    # production nginx answers for the first, from the folder or from its cache.
    # Wagtail's names are plain; the operating system has an error for longer ones.
    re_path(rf"^media/(?P<path>images{FILE_NAME})$", picture, name="picture"),
    re_path(
        rf"^media/(?P<path>staff_images{FILE_NAME})$",
        require_mfa(staff_picture),
        name="staff_picture",
    ),
    path("<page:section_path>/a-to-z/", community.a_to_z, name="a_to_z"),
    path("policy-updates/", community.policy_updates, name="policy_updates"),
    path("follow/", include("community.subscriptions.urls")),
    # No page has such addresses: slugs hold no dots.
    path("policy-updates.atom", community.policy_feed, name="policy_feed"),
    path(
        "<page:section_path>/updates.atom", community.section_feed, name="section_feed"
    ),
    path(
        "<page:policy_path>/consultation.ics",
        community.consultation_calendar,
        name="consultation_calendar",
    ),
    path("<page:policy_path>/history/", history, name="policy_history"),
    path("<page:policy_path>/history/compare/", comparison, name="policy_comparison"),
    path("", include(decorate_urlpatterns(wagtail_urls.urlpatterns, bind_site))),
]
