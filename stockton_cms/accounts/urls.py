"""The addresses below /account/: of allauth's, only those that staff need."""

from allauth.account import views as account
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import include, path
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView
from wagtail.utils.urlpatterns import decorate_urlpatterns

from stockton_cms.accounts import single_sign_on


def redirect_to_login(request: HttpRequest) -> HttpResponse:
    """Send to the one place to sign in, and back afterwards if that is on this site."""
    address = resolve_url(settings.LOGIN_URL)
    back = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    return redirect(f"{address}?{urlencode({'next': back})}" if is_ours else address)


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
