"""The votes on "Was this page useful?" and the optional comment after them.

Pages that ask are public and cached, so they hold no token and no time.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Page

from home.caching import has_session
from home.page_tree.addresses import site_path
from home.pages import visible_pages
from home.rate_limits import RateLimit, RateLimitExceeded
from search.feedback.enquiries.forms import CommentForm
from search.feedback.enquiries.views import form_limit, rate_limited
from search.feedback.page_feedback.models import PageFeedbackCount

ANSWERS = ("yes", "no")
# Votes for each message allowed: a reader of ten pages may vote on all of them.
VOTES_PER_ADDRESS, VOTES_OVERALL = 3, 10


def is_asked_about(page: Page, request: HttpRequest) -> bool:
    """Say whether to ask: no previews, and only pages that everyone may read.

    Visitors without a session see no other pages, which saves a query.
    """
    if not page.live or not page.pk or getattr(request, "is_preview", False):
        return False
    if not has_session(request):
        return True
    return visible_pages(timezone.now()).filter(pk=page.pk).exists()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page_feedback(request: HttpRequest, page_id: int) -> HttpResponse:
    at, is_sent = timezone.now(), request.method == "POST"
    limit = form_limit("votes", VOTES_PER_ADDRESS, VOTES_OVERALL)
    if is_sent and request.POST.get("website"):
        # A bot that learns nothing tries nothing else.
        return redirect("page_feedback_thanks", page_id)
    if is_sent and limit.is_reached(request, at):
        return rate_limited(request)
    page, said = _get_page(page_id, at), request.POST.get("useful")
    if said not in ANSWERS:
        return _render(request, "page_feedback", page, is_wrong=is_sent)
    # Its key changes at midnight, so two days mean once a day.
    once = RateLimit(f"votes on {page.pk}", 1, period=timedelta(days=2))
    if once.is_reached(request, at):
        return redirect("page_feedback_comment", page_id, said)
    try:
        with transaction.atomic():
            limit.hit(request, at)
            once.hit(request, at)
            PageFeedbackCount.objects.update_or_create(
                page=page,
                month_on=timezone.localdate(at).replace(day=1),
                defaults={said: F(said) + 1},
                create_defaults={said: 1},
            )
    except RateLimitExceeded:
        # Of two at once, as after a double click, the first counts.
        pass
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    return redirect("page_feedback_comment", page_id, said)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, page_id: int, said: str) -> HttpResponse:
    if said not in ANSWERS:
        raise Http404("Unknown answer.")
    at, limit = timezone.now(), form_limit("comments")
    form = CommentForm(request.POST if request.method == "POST" else None)
    if form.is_spam:
        return redirect("page_feedback_thanks", page_id)
    if form.is_bound and limit.is_reached(request, at):
        return rate_limited(request, form)
    page = _get_page(page_id, at)
    if not form.is_valid():
        is_wrong = bool(form.errors)
        return _render(
            request, "page_feedback_comment", page, form=form, is_wrong=is_wrong
        )
    form.instance.page, form.instance.was_useful = page, said == "yes"
    try:
        limit.hit(request, at)
        form.save()
    except RateLimitExceeded:
        return rate_limited(request, form)
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    return redirect("page_feedback_thanks", page_id)


@never_cache
@require_safe
def thanks(request: HttpRequest, page_id: int) -> HttpResponse:
    page = _get_page(page_id, timezone.now())
    return _render(request, "page_feedback_comment", page)


def _get_page(page_id: int, at: datetime) -> Page:
    page = get_object_or_404(visible_pages(at), pk=page_id)
    if not site_path(page.url_path):
        raise Http404("The page is not part of the site.")
    return page


def _render(
    request: HttpRequest, name: str, page: Page, is_wrong: bool = False, **context
) -> HttpResponse:
    context |= {"about": page, "href": site_path(page.url_path), "is_wrong": is_wrong}
    status = 422 if is_wrong else 200
    return render(request, f"search/{name}.html", context, status=status)
