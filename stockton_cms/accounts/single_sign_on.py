"""Sign-in with the council's own accounts: OpenID Connect, by settings alone (O5)."""

import logging
from secrets import compare_digest, token_urlsafe

from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.decorators import rate_limit
from allauth.socialaccount import app_settings
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from home.content.fields import normalise_email

logger = logging.getLogger(__name__)


class CouncilAdapter(OpenIDConnectOAuth2Adapter):
    """Checks the signature and the nonce, as allauth may not (OIDC Core 3.1.3.7)."""

    def __init__(self, request: HttpRequest, provider_id: str = ""):
        super().__init__(request, provider_id or get_app()["provider_id"])

    def get_provider(self):
        provider = super().get_provider()
        provider.oauth2_adapter_class = CouncilAdapter
        return provider

    def get_callback_url(self, request: HttpRequest, app) -> str:
        return f"{settings.WAGTAILADMIN_BASE_URL}{reverse('single_sign_on_back')}"

    def complete_login(self, request: HttpRequest, app, token, **kwargs) -> SocialLogin:
        """Return who signs in; nothing else that the provider says is stored."""
        self.did_fetch_access_token = False  # Else the signature is not looked at.
        claims = self._decode_id_token(app, kwargs["response"]["id_token"])
        check_claims(claims, app)
        provider = self.get_provider()
        login = provider.sociallogin_from_response(request, {"id_token": claims})
        login.account.extra_data = {}
        login.nonce = claims["nonce"]
        login.vouched_address = get_verified_email(claims, app)
        return login


def check_claims(claims: dict, app) -> None:
    """Refuse what the libraries let pass: no expiry, or a token for others as well."""
    subject = claims["sub"]
    # One that the database can hold.
    is_name = 0 < len(subject) <= app_settings.UID_MAX_LENGTH and is_plain(subject)
    is_ours = claims["aud"] in (app.client_id, [app.client_id])
    if not (is_name and is_ours and "exp" in claims):
        raise OAuth2Error("The claims are not as they must be")


def is_plain(text: str) -> bool:
    # In small letters, the sign for Kelvin would be the `k` of someone else's address.
    return text.isascii() and text.isprintable()


def get_verified_email(claims: dict, app) -> str:
    """Return the email address of a person that is truly theirs, or nothing.

    Microsoft Entra never says whether it is: there `OIDC_EMAIL_DOMAINS` counts.
    """
    address = str(claims.get("email") or "")
    is_verified = claims.get("email_verified")
    if is_verified is None:
        domain = address.rpartition("@")[2].lower()
        is_verified = domain in app.settings["email_domains"]
    is_theirs = is_verified in (True, "true") and is_plain(address)
    return normalise_email(address) if is_theirs else ""


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not compare_digest(sociallogin.state["nonce"], str(sociallogin.nonce)):
            raise OAuth2Error("The nonce is another one")
        if sociallogin.is_existing:
            return
        user = find_account(sociallogin)
        if user is None:
            raise ImmediateHttpResponse(refuse(request, "no account", "unknown"))
        # allauth's own way would save the user as well, over what changes meanwhile.
        sociallogin.user = sociallogin.account.user = user
        sociallogin.account.save()

    def on_authentication_error(self, request, provider, **kwargs) -> None:
        exception = kwargs.get("exception")
        reason = exception or request.GET.get("error", "")[:100] or "no such state"
        kind = "cancelled" if kwargs.get("error") == AuthError.CANCELLED else "failed"
        raise ImmediateHttpResponse(refuse(request, reason, kind))


def find_account(sociallogin: SocialLogin):
    """Return the one account with the person's address, unless it is another's.

    The first time; from then on the provider's own name for the person counts.
    """
    address = sociallogin.vouched_address
    users = get_user_model().objects.filter(email=address) if address else []
    provider = sociallogin.account.provider
    taken = SocialAccount.objects.filter(provider=provider, user__in=users)
    return users[0] if len(users) == 1 and not taken.exists() else None


def get_app() -> dict:
    providers = settings.SOCIALACCOUNT_PROVIDERS
    if "openid_connect" not in providers:
        raise Http404
    return providers["openid_connect"]["APPS"][0]


def refuse(request: HttpRequest, reason: object, kind: str = "failed") -> HttpResponse:
    logger.warning("Single sign-on failed: %s", reason)
    context = {"kind": kind, "name": get_app()["name"]}
    return render(request, "account/single_sign_on_failed.html", context, status=403)


@require_POST
@rate_limit(action="login")
def start(request: HttpRequest) -> HttpResponse:
    nonce = token_urlsafe()
    try:
        response = (
            CouncilAdapter(request)
            .get_provider()
            .redirect(
                request,
                AuthProcess.LOGIN,
                get_next_redirect_url(request),
                auth_params={"nonce": nonce},
                nonce=nonce,
            )
        )
    except Exception as error:  # The provider is unavailable, or answers anything.
        return refuse(request, repr(error))
    # Browsers follow no redirect of a form to where our policy lets no form be sent.
    context = {"name": get_app()["name"], "address": response.url}
    return render(request, "account/single_sign_on_start.html", context)


@require_GET
def back(request: HttpRequest) -> HttpResponse:
    try:
        return OAuth2CallbackView.adapter_view(CouncilAdapter(request))(request)
    except Exception as error:
        return refuse(request, repr(error))
