"""How the pages behind our links keep them secret."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

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

from community.models import Subscriber, Subscription
from community.subscriptions.forms import EmailForm, FollowForm, FrequencyForm
from community.subscriptions.links import (
    CONFIRM,
    KEY,
    MANAGE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ALL,
    InvalidLinkError,
    manage_url,
)
from community.subscriptions.services import (
    confirm_subscription,
    end,
    end_all,
    is_active,
    request_subscription,
)
from community.subscriptions.targets import (
    MAX_DIGITS,
    SubscriptionTarget,
    get_followed,
    get_followed_or_404,
)
from community.subscriptions.transactional_emails import (
    MAX_A_DAY,
    NotSentError,
    has_had_enough,
    send_already,
    send_confirmation,
    send_manage_link,
)
from home.rate_limits import (
    OVERALL_PERIOD,
    RateLimit,
    RateLimitExceeded,
    with_small_body,
)

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Nobody is told what stands after the host, not even we; browsers without
    # `Sec-Fetch-Site` still say whose form it is, as they do not under `no-referrer`.
    "Referrer-Policy": "strict-origin",
}


def token_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view that reads a link: kept by nobody, and friendly where it is over."""

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
    "The email could not be sent. Check the address, or try again in a few minutes."
)
TOO_MANY = (
    "We have had very many requests, from where you are or from everywhere. Nothing "
    "has been sent. Wait for ten minutes and try again; people who share a network, "
    "as in a library, may have to wait for an hour."
)


def too_many(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """Say that no more is taken for the moment: 429 (RFC 6585)."""
    return _refused(request, template, context, TOO_MANY, 429)


def not_sent(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """Say that the mail server did not take the email."""
    return _refused(request, template, context, NOT_SENT, 503)


def _refused(
    request: HttpRequest, template: str, context: dict, why: str, status: int
) -> HttpResponse:
    context["form"].add_error(None, why)
    response = render(request, template, context, status=status)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response


SUBSCRIBE_TEMPLATE = "community/subscribe.html"


def sign_up_limit() -> RateLimit:
    """Return how many sign-ups are taken."""
    return RateLimit(
        "following", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Show the form, or send an email to confirm what was typed."""
    at = timezone.now()
    followed = get_followed_or_404(request.GET.get("page", ""), at)
    form = FollowForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "followed": followed, "action": _at("follow", followed)}
    if not form.is_bound or not (form.is_spam or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, SUBSCRIBE_TEMPLATE, context, status=status)
    if not form.is_spam:
        try:
            _sign_up(request, form, followed, at)
        except RateLimitExceeded:
            return too_many(request, SUBSCRIBE_TEMPLATE, context)
        except NotSentError:
            return not_sent(request, SUBSCRIBE_TEMPLATE, context)
    # A program that learns nothing does not try anything else.
    return redirect(_at("follow_sent", followed))


def _at(name: str, followed: SubscriptionTarget) -> str:
    query = {"page": followed.page_id} if followed.page_id else {}
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


def _sign_up(
    request: HttpRequest, form: FollowForm, followed: SubscriptionTarget, at
) -> None:
    email, frequency = form.cleaned_data["email"], form.cleaned_data["frequency"]
    sign_up_limit().hit(request, at)
    if has_had_enough(email, at):
        return
    try:
        with transaction.atomic():
            wish = request_subscription(email, followed.page_id, frequency, at)
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    # Outside the transaction: a mail server may take seconds.
    if is_active(wish):
        send_already(wish.subscriber, followed, at)
    else:
        send_confirmation(wish, followed, at)


@never_cache
@require_safe
def check_your_email(request: HttpRequest) -> HttpResponse:
    """Say that an email is on its way, whatever is in it."""
    followed = get_followed_or_404(request.GET.get("page", ""), timezone.now())
    context = {"followed": followed, "max_per_day": MAX_A_DAY}
    return render(request, "community/check_your_email.html", context)


@token_required
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show one button, or confirm; a GET, as scanners of links send it, does nothing.

    A page that is gone, or private since, is not named.
    """
    at = timezone.now()
    subscription = CONFIRM.read(request.GET.get(KEY, "")).subscription
    if subscription is None:
        raise InvalidLinkError
    followed = get_followed({subscription.page_id}, at)[subscription.page_id]
    if not followed.is_public:
        raise InvalidLinkError
    if request.method == "POST":
        confirm_subscription(subscription, at)
        return redirect(request.get_full_path())
    is_done = is_active(subscription)
    context = {"followed": followed, "wish": subscription, "is_done": is_done}
    return render(request, "community/confirm_subscription.html", context)


MANAGE_TEMPLATE = "community/manage_link.html"
# What has been done, by the word for it in the address.
DONE = {
    "changed": "We have changed how often we send you emails.",
    "stopped": "We have stopped these emails.",
    "stopped-all": "We have stopped all your emails.",
    "new-links": "The links in all older emails have stopped working.",
    "nothing": "You do not follow that any more. Nothing has changed.",
}


def link_limit() -> RateLimit:
    """Return how often somebody may ask for a link."""
    return RateLimit(
        "links to manage", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Send the link to whoever reads the emails of an address; the answer is one."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "max_per_day": MAX_A_DAY}
    if not form.is_bound or not (form.is_spam or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, MANAGE_TEMPLATE, context, status=status)
    if not form.is_spam:
        at = timezone.now()
        try:
            link_limit().hit(request, at)
            send_manage_link(form.cleaned_data["email"], at)
        except RateLimitExceeded:
            return too_many(request, MANAGE_TEMPLATE, context)
        except NotSentError:
            return not_sent(request, MANAGE_TEMPLATE, context)
    return redirect("manage_link_sent")


@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """Say that an email is on its way, whatever is in it."""
    context = {"max_per_day": MAX_A_DAY}
    return render(request, "community/check_your_email.html", context)


@token_required
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Show what somebody follows, or do what they have chosen."""
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


def _do(what: str, subscriber: Subscriber, data) -> str:
    """Do what a button says; return the word for it. In another tab it may be done."""
    if what == "stop-all":
        end_all(subscriber)
        return "stopped-all"
    if what == "new-links":
        subscriber.token_version = F("token_version") + 1
        subscriber.save(update_fields=["token_version"])
        subscriber.refresh_from_db(fields=["token_version"])
        return "new-links"
    verb, _, number = what.partition(" ")
    wish = _own(subscriber, number)
    if wish and verb == "stop":
        end(wish)
        return "stopped"
    form = FrequencyForm(data, instance=wish, prefix=number)
    if wish and verb == "change" and form.is_valid():
        own = Subscription.objects.filter(pk=wish.pk)
        own.update(frequency=form.cleaned_data["frequency"])
        return "changed"
    return "nothing"


def _own(subscriber: Subscriber, number: str) -> Subscription | None:
    is_number = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    own = subscriber.subscriptions.filter(pk=int(number)) if is_number else None
    return own.first() if own is not None else None


def _rows(subscriber: Subscriber, at: datetime) -> list[dict]:
    """Return what somebody follows, with the form for each, the oldest wish first."""
    wishes = list(subscriber.subscriptions.order_by("pk"))
    followed = get_followed({wish.page_id for wish in wishes}, at)
    return [
        {
            "wish": wish,
            "followed": followed[wish.page_id],
            "form": FrequencyForm(instance=wish, prefix=str(wish.pk)),
        }
        for wish in wishes
    ]


@csrf_exempt
@token_required
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Show one button, or end one wish; whoever has done so already is told the same.

    The answer to a POST is no redirect: mail servers do not follow one.
    """
    named = UNSUBSCRIBE.read(request.GET.get(KEY, ""))
    subscription = named.subscription
    followed = get_followed({named.page_id}, timezone.now())[named.page_id]
    if subscription and request.method == "POST":
        end(subscription)
        subscription = None
    context = {"followed": followed, "is_over": subscription is None}
    return render(request, "community/unsubscribe.html", context)


@csrf_exempt
@token_required
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_all(request: HttpRequest) -> HttpResponse:
    """Show one button, or end all that somebody follows."""
    subscriber = UNSUBSCRIBE_ALL.read(request.GET.get(KEY, "")).subscriber
    if subscriber and request.method == "POST":
        end_all(subscriber)
    is_over = subscriber is None or not subscriber.subscriptions.exists()
    return render(request, "community/unsubscribe.html", {"is_over": is_over})
