"""The "Can't find it" form and its answers, and "Was this page useful?".

Pages that ask are public and cached, so they hold no token and no time.
"""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Page

from home.caching import has_session
from home.content.link_blocks import strip_private_links
from home.page_tree.addresses import site_path, site_root
from home.pages import visible_pages
from home.rate_limits import OVERALL_PERIOD, RateLimit, RateLimitExceeded
from search.feedback.emails import notify_of_new
from search.feedback.forms import CommentForm, EnquiryForm, PublicForm
from search.feedback.models import (
    OUTCOMES,
    Enquiry,
    PageFeedbackCount,
    group_reference,
    make_reference,
)
from search.feedback.topics import promoted_for
from search.tokens import clean_query

ANSWERS = ("yes", "no")
COMMENT_PAGE = "search/page_feedback_comment.html"
# Votes for each message allowed: a reader of ten pages may vote on all of them.
VOTES_PER_ADDRESS, VOTES_OVERALL = 3, 10

accepts_form = require_http_methods(["GET", "HEAD", "POST"])


def form_limit(name: str, times_address: int = 1, times_overall: int = 1) -> RateLimit:
    return RateLimit(
        name,
        settings.FORM_LIMIT_PER_ADDRESS * times_address,
        settings.FORM_LIMIT_OVERALL * times_overall,
    )


def rate_limited(request: HttpRequest, form: PublicForm | None = None) -> HttpResponse:
    """Respond with 429, by a page without alerts: thousands may ask for it at once."""
    context = {"form": form}
    response = render(request, "search/rate_limited.html", context, status=429)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response


def show_again(
    request: HttpRequest, form: PublicForm, limit: RateLimit, template: str, **context
) -> HttpResponse | None:
    """Return the page of a form, or None once it is valid and counted."""
    at = timezone.now()
    try:
        if form.is_bound and limit.is_reached(request, at):
            raise RateLimitExceeded
        if form.is_valid():
            # Committed at once, so that a request that times out later counts too.
            limit.hit(request, at)
            return None
    except RateLimitExceeded:
        return rate_limited(request, form)
    context["form"] = form
    return render(request, template, context, status=422 if form.errors else 200)


@never_cache
@accepts_form
def enquiry(request: HttpRequest) -> HttpResponse:
    form = EnquiryForm(
        request.POST if request.method == "POST" else None,
        initial={
            "query": clean_query(request.GET.get("query", "")),
            "from_path": request.GET.get("from", "")[:500],
        },
    )
    if form.is_spam:
        # A bot that learns nothing tries nothing else.
        return redirect("enquiry_thanks_anyone")
    page = show_again(request, form, form_limit("enquiries"), "search/enquiry.html")
    return page or redirect("enquiry_thanks", store_enquiry(form).reference)


def store_enquiry(form: EnquiryForm) -> Enquiry:
    # Once, if the same form is sent twice.
    sent = form.cleaned_data
    key = f"{sent['shown_at']} {sent['email']} {sent['message']}"
    values = {name: sent[name] for name in form.Meta.fields}
    reference = make_reference(key)
    with transaction.atomic():
        found, is_new = Enquiry.objects.get_or_create(values, reference=reference)
        if is_new:
            notify_of_new(found)
    return found


def find_by_reference(typed: str) -> Enquiry | None:
    return Enquiry.objects.filter(reference=group_reference(typed)).first()


def render_private(request: HttpRequest, *args, **kwargs) -> HttpResponse:
    """Keep the reference in the address from search engines and other sites."""
    response = render(request, *args, **kwargs)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str = "") -> HttpResponse:
    if reference and find_by_reference(reference) is None:
        raise Http404("Reference not found.")
    context = {"reference": reference}
    return render_private(request, "search/enquiry_thanks.html", context)


@never_cache
@require_safe
def find_answer(request: HttpRequest) -> HttpResponse:
    """Lead to the answer whose reference was typed into a form."""
    typed = re.sub(r"\W", "", request.GET.get("reference", ""))[:40]
    return redirect("enquiry_answer", typed) if typed else redirect("enquiry")


@never_cache
@require_safe
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the answer and nothing the sender wrote: others may have the reference."""
    found = find_by_reference(reference)
    if found is None:
        return render_private(request, "search/reference_not_found.html", status=404)
    at = timezone.now()
    context = {
        "enquiry": found,
        "answer": strip_private_links(found.answer, at),
        "promoted": promoted_for(found, site_root(request), at),
        "outcome": OUTCOMES.get(found.outcome, ""),
    }
    return render_private(request, "search/answer.html", context)


def is_asked_about(page: Page, request: HttpRequest) -> bool:
    # No previews, and only pages that everyone may read. Visitors without a session
    # see no others, which saves a query.
    if not page.live or not page.pk or getattr(request, "is_preview", False):
        return False
    if not has_session(request):
        return True
    return visible_pages(timezone.now()).filter(pk=page.pk).exists()


def get_page(page_id: int, at: datetime) -> tuple[Page, str]:
    page = get_object_or_404(visible_pages(at), pk=page_id)
    if not (path := site_path(page.url_path)):
        raise Http404("The page is not part of the site.")
    return page, path


@never_cache
@accepts_form
def page_feedback(request: HttpRequest, page_id: int) -> HttpResponse:
    at, is_sent = timezone.now(), request.method == "POST"
    limit = form_limit("votes", VOTES_PER_ADDRESS, VOTES_OVERALL)
    if is_sent and request.POST.get("website"):
        return redirect("page_feedback_thanks", page_id)
    if is_sent and limit.is_reached(request, at):
        return rate_limited(request)
    page, path = get_page(page_id, at)
    said = request.POST.get("useful")
    if said not in ANSWERS:
        context = {"about": page, "href": path, "is_wrong": is_sent}
        status = 422 if is_sent else 200
        return render(request, "search/page_feedback.html", context, status=status)
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
@accepts_form
def comment(request: HttpRequest, page_id: int, said: str) -> HttpResponse:
    if said not in ANSWERS:
        raise Http404("Unknown answer.")
    form = CommentForm(request.POST if request.method == "POST" else None)
    if form.is_spam:
        return redirect("page_feedback_thanks", page_id)
    page, path = get_page(page_id, timezone.now())
    form.instance.page, form.instance.was_useful = page, said == "yes"
    limit, context = form_limit("comments"), {"about": page, "href": path}
    if again := show_again(request, form, limit, COMMENT_PAGE, **context):
        return again
    try:
        form.save()
    except IntegrityError as error:
        raise Http404("The page has just been deleted.") from error
    return redirect("page_feedback_thanks", page_id)


@never_cache
@require_safe
def feedback_thanks(request: HttpRequest, page_id: int) -> HttpResponse:
    page, path = get_page(page_id, timezone.now())
    return render(request, COMMENT_PAGE, {"about": page, "href": path})
