"""Pages with which residents subscribe, manage their subscriptions and unsubscribe."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django import forms
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from community.models import Frequency, Subscriber, Subscription
from community.subscriptions import services
from community.subscriptions.links import (
    CONFIRM,
    KEY,
    MANAGE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ALL,
    InvalidLinkError,
    manage_url,
)
from community.subscriptions.targets import (
    MAX_DIGITS,
    SubscriptionTarget,
    get_target_or_404,
    get_targets,
)
from community.subscriptions.transactional_emails import (
    MAX_PER_DAY,
    NotSentError,
    is_mailbox_limit_reached,
    send_already_subscribed,
    send_confirmation,
    send_manage_link,
)
from home.content.email_addresses import EmailAddressFormField
from home.rate_limits import (
    OVERALL_PERIOD,
    RateLimit,
    RateLimitExceeded,
)

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Keeps the token out of other sites' logs and ours. Under `no-referrer`, browsers
    # without `Sec-Fetch-Site` would not send the origin of forms.
    "Referrer-Policy": "strict-origin",
}


class EmailForm(forms.Form):
    """An email address. `website` is a honeypot that people do not see."""

    email = EmailAddressFormField(
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We'll only use it to send you email updates.",
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Browsers silently cut what is pasted; our error message explains instead.
        self.fields["email"].widget.attrs.pop("maxlength", None)

    @property
    def is_spam(self) -> bool:
        return bool(self.data.get("website"))


class SubscribeForm(EmailForm):
    """Where to send updates, and how often."""

    frequency = forms.ChoiceField(
        label="How often do you want to get updates?",
        choices=Frequency.choices,
        initial=Frequency.AT_ONCE,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select how often you want to get updates",
            "invalid_choice": "Select how often you want to get updates",
        },
    )


class FrequencyForm(forms.ModelForm):
    class Meta:
        model = Subscription
        fields = ["frequency"]
        widgets = {"frequency": forms.RadioSelect}
        labels = {"frequency": "How often"}


def token_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view that reads a link: never cached, and a page for invalid links."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except InvalidLinkError:
            response = render(request, "community/invalid_link.html", status=404)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped


NOT_SENT = (
    "We could not send the email. Check your email address, or try again in a few "
    "minutes."
)
RATE_LIMITED = (
    "We are receiving a lot of requests at the moment, so we have not sent you an "
    "email. Wait 10 minutes and try again. If you share a network, for example in a "
    "library, you may have to wait an hour."
)
SUBSCRIBE_TEMPLATE = "community/subscribe.html"
MANAGE_TEMPLATE = "community/request_manage_link.html"


def rate_limited(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """Show the form again with status 429 (RFC 6585)."""
    return _show_error(request, template, context, RATE_LIMITED, 429)


def email_not_sent(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    return _show_error(request, template, context, NOT_SENT, 503)


def _show_error(
    request: HttpRequest, template: str, context: dict, error: str, status: int
) -> HttpResponse:
    context["form"].add_error(None, error)
    response = render(request, template, context, status=status)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response


def sign_up_limit() -> RateLimit:
    return RateLimit(
        "subscribing", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Show the form, or send the email to confirm."""
    at = timezone.now()
    target = get_target_or_404(request.GET.get("page", ""), at)
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "target": target, "action": _url("subscribe", target)}
    if not form.is_bound or not (form.is_spam or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, SUBSCRIBE_TEMPLATE, context, status=status)
    if not form.is_spam:
        try:
            _sign_up(request, form, target, at)
        except RateLimitExceeded:
            return rate_limited(request, SUBSCRIBE_TEMPLATE, context)
        except NotSentError:
            return email_not_sent(request, SUBSCRIBE_TEMPLATE, context)
    # Bots get the same response, so that they learn nothing.
    return redirect(_url("subscribe_sent", target))


def _url(name: str, target: SubscriptionTarget) -> str:
    query = {"page": target.page_id} if target.page_id else {}
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


def _sign_up(
    request: HttpRequest, form: SubscribeForm, target: SubscriptionTarget, at: datetime
) -> None:
    email, frequency = form.cleaned_data["email"], form.cleaned_data["frequency"]
    sign_up_limit().hit(request, at)
    if is_mailbox_limit_reached(email, at):
        return
    try:
        with transaction.atomic():
            subscription = services.request_subscription(
                email, target.page_id, frequency, at
            )
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    # Outside the transaction: a mail server may take seconds.
    if services.is_active(subscription):
        send_already_subscribed(subscription.subscriber, target, at)
    else:
        send_confirmation(subscription, target, at)


@never_cache
@require_safe
def check_your_email(request: HttpRequest) -> HttpResponse:
    """Say that an email has been sent, but not which."""
    target = get_target_or_404(request.GET.get("page", ""), timezone.now())
    context = {"target": target, "max_per_day": MAX_PER_DAY}
    return render(request, "community/check_your_email.html", context)


@token_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show one button, or confirm; a GET, as link scanners send it, changes nothing."""
    at = timezone.now()
    subscription = CONFIRM.read(request.GET.get(KEY, "")).subscription
    if subscription is None:
        raise InvalidLinkError
    target = get_targets({subscription.page_id}, at)[subscription.page_id]
    if not target.is_public:
        raise InvalidLinkError
    if request.method == "POST":
        services.confirm_subscription(subscription, at)
        return redirect(request.get_full_path())
    context = {
        "target": target,
        "subscription": subscription,
        "is_done": services.is_active(subscription),
    }
    return render(request, "community/confirm_subscription.html", context)


# What has been done, by its name in the URL.
DONE = {
    "changed": "You have changed how often we email you.",
    "stopped": "You have unsubscribed from these updates.",
    "stopped-all": "You have unsubscribed from all email updates.",
    "new-links": "The links in all our older emails have stopped working.",
    "nothing": "You have already unsubscribed from these updates. Nothing has changed.",
}


def link_limit() -> RateLimit:
    return RateLimit(
        "links to manage", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_manage_link(request: HttpRequest) -> HttpResponse:
    """Show the form, or email the link; the response is the same for any address."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "max_per_day": MAX_PER_DAY}
    if not form.is_bound or not (form.is_spam or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, MANAGE_TEMPLATE, context, status=status)
    if not form.is_spam:
        at = timezone.now()
        try:
            link_limit().hit(request, at)
            send_manage_link(form.cleaned_data["email"], at)
        except RateLimitExceeded:
            return rate_limited(request, MANAGE_TEMPLATE, context)
        except NotSentError:
            return email_not_sent(request, MANAGE_TEMPLATE, context)
    return redirect("manage_link_sent")


@never_cache
@require_safe
def manage_link_sent(request: HttpRequest) -> HttpResponse:
    context = {"max_per_day": MAX_PER_DAY}
    return render(request, "community/check_your_email.html", context)


@token_required
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Show a subscriber's subscriptions, or change them."""
    subscriber = MANAGE.read(request.GET.get(KEY, "")).subscriber
    if subscriber is None:
        raise InvalidLinkError
    if request.method == "POST":
        done = _do(request.POST.get("do", ""), subscriber, request.POST)
        # Without the origin, which a visitor's browser chooses.
        address = manage_url(subscriber).removeprefix(settings.WAGTAILADMIN_BASE_URL)
        return redirect(f"{address}&{urlencode({'done': done})}")
    context = {
        "rows": _rows(subscriber, timezone.now()),
        "is_stopped": subscriber.suppressed_at is not None,
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "community/manage_subscriptions.html", context)


def _do(action: str, subscriber: Subscriber, data) -> str:
    """Do what a button says; return which of DONE has been done."""
    if action == "stop-all":
        services.unsubscribe_all(subscriber)
        return "stopped-all"
    if action == "new-links":
        subscriber.token_version = F("token_version") + 1
        subscriber.save(update_fields=["token_version"])
        subscriber.refresh_from_db(fields=["token_version"])
        return "new-links"
    verb, _, number = action.partition(" ")
    subscription = _get_subscription(subscriber, number)
    if subscription and verb == "stop":
        services.unsubscribe(subscription)
        return "stopped"
    form = FrequencyForm(data, instance=subscription, prefix=number)
    if subscription and verb == "change" and form.is_valid():
        own = Subscription.objects.filter(pk=subscription.pk)
        own.update(frequency=form.cleaned_data["frequency"])
        return "changed"
    return "nothing"


def _get_subscription(subscriber: Subscriber, number: str) -> Subscription | None:
    is_number = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    if not is_number:
        return None
    return subscriber.subscriptions.filter(pk=int(number)).first()


def _rows(subscriber: Subscriber, at: datetime) -> list[dict]:
    subscriptions = list(subscriber.subscriptions.order_by("pk"))
    targets = get_targets({each.page_id for each in subscriptions}, at)
    return [
        {
            "subscription": each,
            "target": targets[each.page_id],
            "form": FrequencyForm(instance=each, prefix=str(each.pk)),
        }
        for each in subscriptions
    ]


@csrf_exempt
@token_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Show one button, or end one subscription; repeating it is harmless.

    A POST does not redirect: mail servers that send one click do not follow it.
    """
    link = UNSUBSCRIBE.read(request.GET.get(KEY, ""))
    subscription = link.subscription
    target = get_targets({link.page_id}, timezone.now())[link.page_id]
    if subscription and request.method == "POST":
        services.unsubscribe(subscription)
        subscription = None
    context = {"target": target, "is_done": subscription is None}
    return render(request, "community/unsubscribe.html", context)


@csrf_exempt
@token_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_all(request: HttpRequest) -> HttpResponse:
    """Show one button, or end all subscriptions of a subscriber."""
    subscriber = UNSUBSCRIBE_ALL.read(request.GET.get(KEY, "")).subscriber
    if subscriber and request.method == "POST":
        services.unsubscribe_all(subscriber)
    is_done = subscriber is None or not subscriber.subscriptions.exists()
    return render(request, "community/unsubscribe.html", {"is_done": is_done})
