"""Pages with which residents subscribe, manage their subscriptions and unsubscribe.

Pages that are not public are never named.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

from django import forms
from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import FormView
from wagtail.models import Page

from community.models import (
    CommunityIndexPage,
    Frequency,
    PartnershipPage,
    PolicyUpdatePage,
    Subscriber,
    Subscription,
)
from community.subscriptions import emails, services
from community.subscriptions.emails import InvalidLinkError, SignedLink
from home.caching import has_session
from home.content.fields import (
    EmailAddressFormField,
    address_key,
    mailbox_key,
)
from home.content.walker import PLAIN_ID
from home.notifications.outbox import in_one_line
from home.page_tree.addresses import site_path
from home.pages import visible_pages
from home.rate_limits import OVERALL_PERIOD, RateLimit, RateLimitExceeded

logger = logging.getLogger(__name__)

NOT_SENT = (
    "We could not send the email. Try again in a few minutes. If it happens again, "
    "check your email address."
)
RATE_LIMITED = (
    "We are receiving a lot of requests at the moment, so we have not sent you an "
    "email. Wait 10 minutes and try again. If you share a network, for example in a "
    "library, you may have to wait an hour."
)
PAGE_TYPES = (CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# Anyone can enter someone else's address.
MAX_PER_DAY = 5
MAILBOX_LIMIT = RateLimit(
    "emails to one mailbox", MAX_PER_DAY, period=timedelta(days=1)
)


@dataclass(frozen=True)
class SubscriptionTarget:
    """A page, or all policy updates; one that is not public has no `href`."""

    title: str
    href: str = ""
    page_id: int | None = None

    @property
    def query(self) -> str:
        return f"?page={self.page_id}" if self.page_id else ""


def get_targets(page_ids, at) -> dict[int | None, SubscriptionTarget]:
    """Return what anonymous visitors may know of each page; None: all policies."""
    targets = dict.fromkeys(page_ids, SubscriptionTarget("A page that is not public"))
    for page in visible_pages(at).type(*PAGE_TYPES).filter(pk__in=page_ids - {None}):
        if href := site_path(page.url_path):
            title = in_one_line(page.title)
            targets[page.pk] = SubscriptionTarget(title, href, page.pk)
    if None in page_ids:
        href = reverse("policy_updates")
        targets[None] = SubscriptionTarget("All policy updates", href)
    return targets


def get_target(page_id: int | None, at: datetime) -> SubscriptionTarget:
    return get_targets({page_id}, at)[page_id]


def get_target_or_404(text: str, at: datetime) -> SubscriptionTarget:
    """Return what `?page=` names, or all policies; private pages are not found."""
    if not text:
        return get_target(None, at)
    if PLAIN_ID.fullmatch(text) and (target := get_target(int(text), at)).href:
        return target
    raise Http404("Page not found.")


def subscribe_url(page: Page | None, request: HttpRequest) -> str:
    """Return the address of a page's sign-up form; "" where there is none.

    Visitors without a session never get a private page, so only those with one cost
    a query.
    """
    is_target = isinstance(page, PAGE_TYPES) and page.live and page.pk
    if not is_target or getattr(request, "is_preview", False):
        return ""
    if has_session(request) and not get_target(page.pk, timezone.now()).href:
        return ""
    return f"{reverse('subscribe')}?page={page.pk}"


class EmailForm(forms.Form):
    email = EmailAddressFormField(
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We'll only use it to send you email updates.",
    )


class FrequencyForm(forms.Form):
    frequency = forms.ChoiceField(
        label="How often do you want to get updates?",
        choices=Frequency.choices,
        initial=Frequency.AT_ONCE,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], "Select how often you want to get updates"
        ),
    )


class SubscribeForm(FrequencyForm, EmailForm):
    pass


@method_decorator(never_cache, name="dispatch")
class EmailView(FormView):
    """Sends the email that a form asks for; any address gets the same response."""

    http_method_names = ["get", "head", "post"]
    limit_name: str

    def post(self, request, *args, **kwargs):
        # A honeypot that people do not see.
        if request.POST.get("website"):
            return redirect(self.get_success_url())
        return super().post(request)

    def form_valid(self, form):
        at = timezone.now()
        limits = settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
        try:
            RateLimit(self.limit_name, *limits).hit(self.request, at)
        except RateLimitExceeded:
            return self._show_error(form, RATE_LIMITED, 429)
        try:
            hit = MAILBOX_LIMIT.hit(mailbox_key(form.cleaned_data["email"]), at)
        except RateLimitExceeded:
            return super().form_valid(form)
        message = self.make_email(form, at)
        try:
            # Outside any transaction: a mail server may take seconds.
            message.send()
        except Exception as error:
            hit.delete()
            # The server's text may hold the email address.
            logger.error("A subscription email was not sent: %s", type(error).__name__)
            return self._show_error(form, NOT_SENT, 503)
        return super().form_valid(form)

    def form_invalid(self, form, status=422):
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def _show_error(self, form: EmailForm, error: str, status: int) -> HttpResponse:
        form.add_error(None, error)
        response = self.form_invalid(form, status)
        response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
        return response


class SubscribeView(EmailView):
    form_class = SubscribeForm
    template_name = "community/subscribe.html"
    limit_name = "subscribing"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.target = get_target_or_404(request.GET.get("page", ""), timezone.now())

    def get_context_data(self, **kwargs):
        return super().get_context_data(target=self.target, **kwargs)

    def get_success_url(self):
        return f"{reverse('subscribe_sent')}{self.target.query}"

    def make_email(self, form, at):
        subscription = services.request_subscription(
            page_id=self.target.page_id, at=at, **form.cleaned_data
        )
        return emails.sign_up_email(subscription, self.target.title)


class RequestManageLinkView(EmailView):
    form_class = EmailForm
    template_name = "community/request_manage_link.html"
    limit_name = "links to manage"
    success_url = reverse_lazy("manage_link_sent")

    def make_email(self, form, at):
        email = form.cleaned_data["email"]
        subscriber = Subscriber.objects.filter(email_key=address_key(email)).first()
        return emails.manage_link_email(email, subscriber)


@never_cache
@require_safe
def check_your_email(request: HttpRequest, is_sign_up: bool = True) -> HttpResponse:
    page = request.GET.get("page", "")
    target = get_target_or_404(page, timezone.now()) if is_sign_up else None
    context = {"target": target, "max_per_day": MAX_PER_DAY}
    return render(request, "community/check_your_email.html", context)


def view_of_link(link: SignedLink) -> Callable[[Callable], Callable[..., HttpResponse]]:
    """Wrap a view of what a link's token says; a GET must change nothing."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            try:
                response = view(request, *link.read(request.GET.get(emails.KEY, "")))
            except InvalidLinkError:
                response = render(request, "community/invalid_link.html", status=404)
            response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
            # Keeps the token out of other sites' logs and ours. Under `no-referrer`,
            # browsers without `Sec-Fetch-Site` would not send the origin of forms.
            response["Referrer-Policy"] = "strict-origin"
            return response

        return wrapped

    return decorate


def _find(subscriber: Subscriber | None, page_id: int | None) -> Subscription | None:
    return subscriber and subscriber.subscriptions.filter(page=page_id).first()


@view_of_link(emails.CONFIRM)
def confirm(request, subscriber, page_id):
    at = timezone.now()
    subscription, target = _find(subscriber, page_id), get_target(page_id, at)
    if not (subscription and target.href):
        raise InvalidLinkError
    if request.method == "POST":
        services.confirm_subscription(subscription, at)
        return redirect(request.get_full_path())
    context = {"target": target, "subscription": subscription}
    return render(request, "community/confirm_subscription.html", context)


@view_of_link(emails.MANAGE)
def manage(request, subscriber, page_id):
    if subscriber is None:
        raise InvalidLinkError
    if request.method == "POST":
        done = _do(request.POST, subscriber)
        # Without the origin, which a visitor's browser chooses.
        address = f"{emails.MANAGE.url(subscriber)}&done={done}"
        return redirect(address.removeprefix(settings.WAGTAILADMIN_BASE_URL))
    subscriptions = list(subscriber.subscriptions.order_by("pk"))
    targets = get_targets({each.page_id for each in subscriptions}, timezone.now())
    rows = [
        {
            "subscription": each,
            "target": targets[each.page_id],
            "form": FrequencyForm(
                initial={"frequency": each.frequency}, prefix=str(each.pk)
            ),
        }
        for each in subscriptions
    ]
    is_stopped, done = subscriber.suppressed_at is not None, request.GET.get("done")
    context = {"rows": rows, "is_stopped": is_stopped, "done": done}
    return render(request, "community/manage_subscriptions.html", context)


def _do(data, subscriber: Subscriber) -> str:
    """Do what a button says; return what has been done, for the next page."""
    verb, _, number = data.get("do", "").partition(" ")
    if verb == "stop-all":
        services.unsubscribe_all(subscriber)
        return "stopped-all"
    if verb == "new-links":
        subscriber.token_version = F("token_version") + 1
        subscriber.save(update_fields=["token_version"])
        subscriber.refresh_from_db(fields=["token_version"])
        return "new-links"
    own = {str(each.pk): each for each in subscriber.subscriptions.all()}
    form = FrequencyForm(data, prefix=number)
    if verb == "stop" and number in own:
        services.unsubscribe(own[number])
        return "stopped"
    if verb == "change" and number in own and form.is_valid():
        # Not `save`, which would bring back one that has just ended.
        subscriber.subscriptions.filter(pk=number).update(**form.cleaned_data)
        return "changed"
    return "nothing"


@csrf_exempt
@view_of_link(emails.UNSUBSCRIBE)
def unsubscribe(request, subscriber, page_id):
    """Show one button, or end one subscription; repeating it is harmless.

    A POST does not redirect: mail servers that send one click do not follow it.
    """
    subscription = _find(subscriber, page_id)
    if subscription and request.method == "POST":
        services.unsubscribe(subscription)
        subscription = None
    target = get_target(page_id, timezone.now())
    context = {"target": target, "is_done": subscription is None}
    if subscriber:
        others = subscriber.subscriptions.active().exclude(page=page_id)
        context["has_others"] = others.exists()
    return render(request, "community/unsubscribe.html", context)


@csrf_exempt
@view_of_link(emails.UNSUBSCRIBE_ALL)
def unsubscribe_all(request, subscriber, page_id):
    if subscriber and request.method == "POST":
        services.unsubscribe_all(subscriber)
    is_done = subscriber is None or not subscriber.subscriptions.exists()
    return render(request, "community/unsubscribe.html", {"is_done": is_done})
