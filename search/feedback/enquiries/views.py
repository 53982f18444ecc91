"""The "Can't find it" form, its thank-you page and the answer page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from home.content.rich_text_links import strip_private_links
from home.rate_limits import OVERALL_PERIOD, RateLimitExceeded
from search.feedback.actions import ActionKind
from search.feedback.enquiries.answer_emails import OUTCOMES
from search.feedback.enquiries.forms import EnquiryForm, signed_timestamp
from search.feedback.enquiries.models import RepeatedEnquiry
from search.feedback.enquiries.services import (
    enquiry_limit,
    find_by_reference,
    store_enquiry,
)
from search.tokens import clean_query


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enquiry(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = EnquiryForm(request.POST)
        if form.is_spam:
            # A bot that learns nothing tries nothing else.
            return redirect("enquiry_thanks_anyone")
        at = timezone.now()
        if enquiry_limit().is_reached(request, at):
            return rate_limited(request, form)
        if form.is_valid():
            try:
                stored = store_enquiry(form, request, at)
            except RateLimitExceeded:
                return rate_limited(request, form)
            return redirect("enquiry_thanks", reference=stored.reference)
    else:
        form = EnquiryForm(
            initial={
                "query": clean_query(request.GET.get("query", "")),
                "from_path": request.GET.get("from", "")[:500],
            }
        )
    context = {"form": form, "shown_at": signed_timestamp()}
    status = 422 if form.errors else 200
    return render(request, "search/enquiry.html", context, status=status)


def rate_limited(request: HttpRequest, form=None, address: str = "") -> HttpResponse:
    """Respond with 429; what was typed stays in its form.

    `address` is where a comment goes. The page has no alerts or navigation, as
    thousands may be asked for at once.
    """
    context = {"form": form, "address": address, "shown_at": signed_timestamp()}
    response = render(request, "search/rate_limited.html", context, status=429)
    response["Retry-After"] = str(int(OVERALL_PERIOD.total_seconds()))
    return response


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
    enquiry = found.enquiry if isinstance(found, RepeatedEnquiry) else found
    is_others = enquiry.outcome == ActionKind.NOT_OURS
    context = {
        "reference": found.reference,
        "received_at": found.created_at,
        "answered_at": enquiry.answered_at,
        "answer": strip_private_links(enquiry.answer, timezone.now()),
        "closed_at": enquiry.closed_at,
        "outcome": OUTCOMES.get(enquiry.outcome, ""),
        "belongs_to": enquiry.belongs_to if is_others else "",
    }
    return hide_reference(render(request, "search/answer.html", context))
