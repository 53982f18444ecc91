"""The "Can't find it" form and the page that thanks for it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from search.enquiries.forms import EnquiryForm, fresh_time
from search.enquiries.models import Enquiry
from search.words import clean_query


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enquiry(request: HttpRequest) -> HttpResponse:
    """Show the form, or store what was sent; after errors all that was typed stays."""
    if request.method == "POST":
        form = EnquiryForm(request.POST)
        if form.is_from_a_program:
            # A program that learns nothing does not try anything else.
            return redirect("enquiry_thanks_anyone")
        if form.is_valid():
            stored = form.save()
            return redirect("enquiry_thanks", reference=stored.reference)
    else:
        form = EnquiryForm(
            initial={
                "query": clean_query(request.GET.get("query", "")),
                "from_path": request.GET.get("from", "")[:500],
            }
        )
    context = {"form": form, "shown_at": fresh_time()}
    status = 422 if form.errors else 200
    return render(request, "search/enquiry.html", context, status=status)


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str = "") -> HttpResponse:
    """Thank for an enquiry, with its reference."""
    if reference:
        get_object_or_404(Enquiry, reference=reference)
    return render(request, "search/enquiry_thanks.html", {"reference": reference})
