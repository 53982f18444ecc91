"""Ending e-mails by the link in each of them; by one click too (RFC 8058).

Mail servers send a POST on behalf of their user, without cookies, from anywhere: the
signed link is all the authority there is, and all it can do is to end e-mails (ADR 28).
A GET, as scanners of links send it, changes nothing.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from community.subscriptions.ending import end, end_all
from community.subscriptions.followed import get_followed
from community.subscriptions.links import KEY, UNSUBSCRIBE, UNSUBSCRIBE_ALL
from community.subscriptions.privacy import behind_link
from home.limits import with_small_body


@csrf_exempt
@behind_link
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
@behind_link
@with_small_body
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_all(request: HttpRequest) -> HttpResponse:
    """Show one button, or end all that somebody follows."""
    subscriber = UNSUBSCRIBE_ALL.read(request.GET.get(KEY, "")).subscriber
    if subscriber and request.method == "POST":
        end_all(subscriber)
    is_over = subscriber is None or not subscriber.subscriptions.exists()
    return render(request, "community/unsubscribe.html", {"is_over": is_over})
