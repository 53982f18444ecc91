"""The addresses below /account/: of allauth's, only those that staff need."""

from allauth.account import views as account
from csp.decorators import csp_update
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView
from wagtail.utils.urlpatterns import decorate_urlpatterns

from stockton_cms.accounts import single_sign_on

# Wagtail's own ways to sign in lead to ours, which looks at where `next` leads.
redirect_to_login = RedirectView.as_view(
    pattern_name="account_login", query_string=True
)


urlpatterns = [
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
# The picture that an authenticator app reads is in the page itself.
urlpatterns = decorate_urlpatterns(urlpatterns, csp_update({"img-src": ["data:"]}))
urlpatterns = decorate_urlpatterns(urlpatterns, never_cache)
