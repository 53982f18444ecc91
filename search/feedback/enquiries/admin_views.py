"""What officers do with an enquiry: assign, answer, close and open it again (R7)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from home.people import name_of
from search.feedback.enquiries.admin_forms import AnswerForm, AssignForm, CloseForm
from search.feedback.enquiries.models import Enquiry, EnquiryStatus
from search.feedback.enquiries.permissions import may_handle, record

INDEX, INSPECT = "search_enquiry_modeladmin_index", "search_enquiry_modeladmin_inspect"


def enquiry_gone(request: HttpRequest) -> HttpResponse:
    """Say that there is no such enquiry, or no longer."""
    context = {"header_title": "Enquiry not found", "page_title": "Enquiry not found"}
    return render(request, "search/enquiry_not_found.html", context, status=404)


def get_enquiry(request: HttpRequest, pk: int) -> Enquiry | None:
    """Return the enquiry, or None; raise PermissionDenied for whoever has no business.

    A post locks the row until its transaction ends, so that steps follow one another.
    """
    if not may_handle(request.user):
        raise PermissionDenied
    enquiries = Enquiry.objects.all()
    if request.method == "POST":
        enquiries = enquiries.select_for_update()
    return enquiries.filter(pk=pk).first()


class EnquiryActionView(WagtailAdminTemplateMixin, FormView):
    """A form on one enquiry."""

    template_name = "search/enquiry_action.html"
    header_icon = "help"
    submit_label = ""
    is_for_open = True

    def dispatch(self, request, *args, **kwargs):
        """Find the enquiry; send back where the step can no longer be taken."""
        self.enquiry = get_enquiry(request, kwargs["pk"])
        if not self.enquiry:
            return enquiry_gone(request)
        if self.is_for_open and not self.enquiry.is_open:
            who = name_of(self.enquiry.closed_by)
            by = f" by {who}" if who else ""
            messages.warning(
                request,
                f"Enquiry {self.enquiry} has been closed already{by}. Nothing was "
                "changed. Open it again if something is left to do.",
            )
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        """Give the form the enquiry."""
        return {**super().get_form_kwargs(), "enquiry": self.enquiry}

    def form_valid(self, form):
        """Take the step, note it in the history, and go back to the enquiry."""
        at = timezone.now()
        if what := form.save(by=self.request.user, at=at):
            record(self.enquiry, self.request.user, at, what)
            said = f"Enquiry {self.enquiry} is {what[0].lower()}{what[1:]}."
            messages.success(self.request, said)
        else:
            messages.info(self.request, "Nothing was changed.")
        return redirect(self.get_success_url())

    def get_success_url(self):
        """Return the address of the enquiry."""
        return reverse(INSPECT, args=[self.enquiry.pk])

    def get_page_subtitle(self):
        """Return the reference."""
        return self.enquiry.reference

    def get_breadcrumbs_items(self):
        """Lead back to the enquiry and to the list."""
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse(INDEX), "label": "Enquiries"},
            {"url": self.get_success_url(), "label": self.enquiry.reference},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        """Add what the form's template asks for."""
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "enquiry": self.enquiry,
            "media": context["form"].media,
            "submit_button_label": self.submit_label,
            "submit_button_active_label": "Saving…",
        }


class AssignView(EnquiryActionView):
    """Gives it to a colleague, or to oneself."""

    form_class = AssignForm
    page_title = "Assign enquiry"
    submit_label = "Assign"


class AnswerView(EnquiryActionView):
    """Writes what the resident reads, also where it is closed already."""

    form_class = AnswerForm
    page_title = "Answer enquiry"
    submit_label = "Save the answer"
    is_for_open = False


class CloseView(EnquiryActionView):
    """Closes it, and says what came of it."""

    form_class = CloseForm
    page_title = "Close enquiry"
    submit_label = "Close this enquiry"


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed enquiry again; twice changes nothing."""
    enquiry = get_enquiry(request, pk)
    if not enquiry:
        return enquiry_gone(request)
    if not enquiry.is_open:
        at = timezone.now()
        Enquiry.objects.filter(pk=pk).update(
            status=EnquiryStatus.OPEN,
            outcome="",
            belongs_to="",
            closed_at=None,
            closed_by=None,
        )
        record(enquiry, request.user, at, "Opened again")
    messages.success(request, f"Enquiry {enquiry} is open.")
    return redirect(INSPECT, pk)


admin_urlpatterns = [
    path("enquiries/<int:pk>/assign/", AssignView.as_view(), name="assign_enquiry"),
    path("enquiries/<int:pk>/answer/", AnswerView.as_view(), name="answer_enquiry"),
    path("enquiries/<int:pk>/close/", CloseView.as_view(), name="close_enquiry"),
    path("enquiries/<int:pk>/reopen/", reopen, name="reopen_enquiry"),
]
