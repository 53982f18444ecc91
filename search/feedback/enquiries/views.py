"""The "Can't find it" form, its thank-you page and the answer page."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from home.content.rich_text_links import strip_private_links
from home.rate_limits import OVERALL_PERIOD, RateLimit, RateLimitExceeded
from search.feedback.enquiries.answer_emails import OUTCOMES
from search.feedback.enquiries.forms import EnquiryForm
from search.feedback.enquiries.models import Enquiry, group_reference, make_reference
from search.tokens import clean_query


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enquiry(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = EnquiryForm(request.POST)
        if form.is_spam:
            # A bot that learns nothing tries nothing else.
            return redirect("enquiry_thanks_anyone")
        at, limit = timezone.now(), form_limit("enquiries")
        if limit.is_reached(request, at):
            return rate_limited(request, form)
        if form.is_valid():
            try:
                # Committed at once, so that a request that times out later counts too.
                limit.hit(request, at)
            except RateLimitExceeded:
                return rate_limited(request, form)
            return redirect("enquiry_thanks", store_enquiry(form).reference)
    else:
        form = EnquiryForm(
            initial={
                "query": clean_query(request.GET.get("query", "")),
                "from_path": request.GET.get("from", "")[:500],
            }
        )
    status = 422 if form.errors else 200
    return render(request, "search/enquiry.html", {"form": form}, status=status)


def form_limit(name: str, times_address: int = 1, times_overall: int = 1) -> RateLimit:
    return RateLimit(
        name,
        settings.FORM_LIMIT_PER_ADDRESS * times_address,
        settings.FORM_LIMIT_OVERALL * times_overall,
    )


def store_enquiry(form: EnquiryForm) -> Enquiry:
    """Store a valid form, once if the same form is sent twice."""
    sent = form.cleaned_data
    key = f"{sent['shown_at']} {sent['email']} {sent['message']}"
    values = {name: sent[name] for name in form.Meta.fields}
    return Enquiry.objects.get_or_create(values, reference=make_reference(key))[0]


def rate_limited(request: HttpRequest, form=None) -> HttpResponse:
    """Respond with 429; what was typed stays in its form.

    The page has no alerts or navigation, as thousands may be asked for at once.
    """
    context = {"form": form}
    response = render(request, "search/rate_limited.html", context, status=429)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response


def find_by_reference(typed: str) -> Enquiry | None:
    """Find it in any case, with or without hyphens and spaces."""
    characters = re.sub(r"[^A-Z0-9]", "", typed.upper())
    return Enquiry.objects.filter(reference=group_reference(characters)).first()


def hide_reference(response: HttpResponse) -> HttpResponse:
    """Keep the reference in the address from search engines and other sites."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str = "") -> HttpResponse:
    if reference and find_by_reference(reference) is None:
        raise Http404("Reference not found.")
    response = render(request, "search/enquiry_thanks.html", {"reference": reference})
    return hide_reference(response) if reference else response


@never_cache
@require_safe
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the answer and nothing the sender wrote: others may have the reference."""
    found = find_by_reference(reference)
    if found is None:
        missing = render(request, "search/reference_not_found.html", status=404)
        return hide_reference(missing)
    context = {
        "enquiry": found,
        "answer": strip_private_links(found.answer, timezone.now()),
        "outcome": OUTCOMES.get(found.outcome, ""),
    }
    return hide_reference(render(request, "search/answer.html", context))
