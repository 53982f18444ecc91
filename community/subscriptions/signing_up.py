"""Following a page by e-mail: the form, and the link that confirms it (R4).

The answer to the form is the same whether or not the address follows the page already:
only whoever reads its e-mails is told.
"""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.subscriptions.answers import not_sent, too_many
from community.subscriptions.followed import (
    Followed,
    get_followed,
    get_followed_or_404,
)
from community.subscriptions.forms import FollowForm
from community.subscriptions.links import CONFIRM, KEY, LinkOverError
from community.subscriptions.mails import (
    MOST_A_DAY,
    NotSentError,
    has_had_enough,
    send_already,
    send_confirmation,
)
from community.subscriptions.privacy import behind_link
from community.subscriptions.wishes import confirm_wish, is_in_force, note_wish
from home.limits import Limit, LimitReached, with_small_body

TEMPLATE = "community/follow.html"


def sign_up_limit() -> Limit:
    """Return how many sign-ups are taken."""
    return Limit(
        "following", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


@never_cache
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Show the form, or send an e-mail to confirm what was typed."""
    at = timezone.now()
    followed = get_followed_or_404(request.GET.get("page", ""), at)
    form = FollowForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "followed": followed, "action": _at("follow", followed)}
    if not form.is_bound or not (form.is_from_a_program or form.is_valid()):
        status = 422 if form.errors else 200
        return render(request, TEMPLATE, context, status=status)
    if not form.is_from_a_program:
        try:
            _sign_up(request, form, followed, at)
        except LimitReached:
            return too_many(request, TEMPLATE, context)
        except NotSentError:
            return not_sent(request, TEMPLATE, context)
    # A program that learns nothing does not try anything else.
    return redirect(_at("follow_sent", followed))


def _at(name: str, followed: Followed) -> str:
    query = {"page": followed.page_id} if followed.page_id else {}
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


def _sign_up(request: HttpRequest, form: FollowForm, followed: Followed, at) -> None:
    email, frequency = form.cleaned_data["email"], form.cleaned_data["frequency"]
    sign_up_limit().use(request, at)
    if has_had_enough(email, at):
        return
    try:
        with transaction.atomic():
            wish = note_wish(email, followed.page_id, frequency, at)
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    # Outside the transaction: a mail server may take seconds.
    if is_in_force(wish):
        send_already(wish.subscriber, followed, at)
    else:
        send_confirmation(wish, followed, at)


@never_cache
@require_safe
def check_your_email(request: HttpRequest) -> HttpResponse:
    """Say that an e-mail is on its way, whatever is in it."""
    followed = get_followed_or_404(request.GET.get("page", ""), timezone.now())
    context = {"followed": followed, "most_a_day": MOST_A_DAY}
    return render(request, "community/check_your_email.html", context)


@behind_link
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show one button, or confirm; a GET, as scanners of links send it, does nothing.

    A page that is gone, or private since, is not named.
    """
    at = timezone.now()
    subscription = CONFIRM.read(request.GET.get(KEY, "")).subscription
    if subscription is None:
        raise LinkOverError
    followed = get_followed({subscription.page_id}, at)[subscription.page_id]
    if not followed.is_public:
        raise LinkOverError
    if request.method == "POST":
        confirm_wish(subscription, at)
        return redirect(request.get_full_path())
    is_done = is_in_force(subscription)
    context = {"followed": followed, "wish": subscription, "is_done": is_done}
    return render(request, "community/confirm_following.html", context)
