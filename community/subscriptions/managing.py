"""Seeing, changing and ending what one follows, by a link and no password (R4)."""

from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.models import Subscriber, Subscription
from community.subscriptions.answers import not_sent, too_many
from community.subscriptions.ending import end, end_all
from community.subscriptions.followed import MOST_FIGURES, get_followed
from community.subscriptions.forms import EmailForm, FrequencyForm
from community.subscriptions.links import KEY, MANAGE, LinkOverError, manage_url
from community.subscriptions.mails import MOST_A_DAY, NotSentError, send_manage_link
from community.subscriptions.privacy import behind_link
from home.limits import Limit, LimitReached, with_small_body

TEMPLATE = "community/manage_link.html"
# What has been done, by the word for it in the address.
DONE = {
    "changed": "We have changed how often we send you e-mails.",
    "stopped": "We have stopped these e-mails.",
    "stopped-all": "We have stopped all your e-mails.",
    "new-links": "The links in all older e-mails have stopped working.",
    "nothing": "You do not follow that any more. Nothing has changed.",
}


def link_limit() -> Limit:
    """Return how often somebody may ask for a link."""
    return Limit(
        "links to manage", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Send the link to whoever reads the e-mails of an address; the answer is one."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "most_a_day": MOST_A_DAY}
    if not form.is_bound or not (form.is_from_a_program or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, TEMPLATE, context, status=status)
    if not form.is_from_a_program:
        at = timezone.now()
        try:
            link_limit().use(request, at)
            send_manage_link(form.cleaned_data["email"], at)
        except LimitReached:
            return too_many(request, TEMPLATE, context)
        except NotSentError:
            return not_sent(request, TEMPLATE, context)
    return redirect("manage_link_sent")


@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """Say that an e-mail is on its way, whatever is in it."""
    context = {"most_a_day": MOST_A_DAY}
    return render(request, "community/check_your_email.html", context)


@behind_link
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Show what somebody follows, or do what they have chosen."""
    subscriber = MANAGE.read(request.GET.get(KEY, "")).subscriber
    if subscriber is None:
        raise LinkOverError
    if request.method == "POST":
        done = _do(request.POST.get("do", ""), subscriber, request.POST)
        # Without the origin, which a visitor's browser chooses.
        address = manage_url(subscriber).removeprefix(settings.WAGTAILADMIN_BASE_URL)
        return redirect(f"{address}&{urlencode({'done': done})}")
    context = {
        "rows": _rows(subscriber, timezone.now()),
        "is_stopped": subscriber.stopped_at is not None,
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "community/manage_following.html", context)


def _do(what: str, subscriber: Subscriber, data) -> str:
    """Do what a button says; return the word for it. In another tab it may be done."""
    if what == "stop-all":
        end_all(subscriber)
        return "stopped-all"
    if what == "new-links":
        subscriber.links_version = F("links_version") + 1
        subscriber.save(update_fields=["links_version"])
        subscriber.refresh_from_db(fields=["links_version"])
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
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_FIGURES
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
