"""Views to assign, answer, close and reopen an enquiry."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from home.content.text import name_of
from search.feedback.actions import ActionKind
from search.feedback.enquiries.admin_forms import AnswerForm
from search.feedback.enquiries.models import Enquiry
from search.feedback.permissions import may_handle
from search.feedback.staff_forms import AssignForm, CloseForm

INDEX, INSPECT = "search_enquiry_modeladmin_index", "search_enquiry_modeladmin_inspect"


def enquiry_not_found(request: HttpRequest) -> HttpResponse:
    context = {"header_title": "Enquiry not found", "page_title": "Enquiry not found"}
    return render(request, "search/enquiry_not_found.html", context, status=404)


def get_enquiry(request: HttpRequest, pk: int) -> Enquiry | None:
    """Return the enquiry, or None; raise PermissionDenied.

    A POST locks the row until its transaction ends.
    """
    if not may_handle(request.user):
        raise PermissionDenied
    enquiries = Enquiry.objects.all()
    if request.method == "POST":
        enquiries = enquiries.select_for_update()
    return enquiries.filter(pk=pk).first()


class EnquiryActionView(WagtailAdminTemplateMixin, FormView):
    template_name = "search/enquiry_action.html"
    header_icon = "mail"
    submit_label = ""
    is_for_open = True

    def dispatch(self, request, *args, **kwargs):
        self.enquiry = get_enquiry(request, kwargs["pk"])
        if not self.enquiry:
            return enquiry_not_found(request)
        if self.is_for_open and not self.enquiry.is_open:
            who = name_of(self.enquiry.closed_by)
            by = f" by {who}" if who else ""
            messages.warning(
                request,
                f"Enquiry {self.enquiry} has already been closed{by}. Nothing was "
                "changed. Reopen it if there is more to do.",
            )
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        own = {"case": self.enquiry, "user": self.request.user}
        return {**super().get_form_kwargs(), **own}

    def form_valid(self, form):
        if action := form.perform(timezone.now()):
            messages.success(self.request, f"Enquiry {self.enquiry}. {action}.")
        else:
            messages.info(self.request, "No changes were made.")
        return redirect(form.next_url or self.get_success_url())

    def get_success_url(self):
        return reverse(INSPECT, args=[self.enquiry.pk])

    def get_page_subtitle(self):
        return self.enquiry.reference

    def get_breadcrumbs_items(self):
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse(INDEX), "label": "Enquiries"},
            {"url": self.get_success_url(), "label": self.enquiry.reference},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "enquiry": self.enquiry,
            "media": context["form"].media,
            "submit_button_label": self.submit_label,
            "submit_button_active_label": "Saving…",
        }


class AssignView(EnquiryActionView):
    form_class = AssignForm
    page_title = "Assign enquiry"
    submit_label = "Assign"


class AnswerView(EnquiryActionView):
    form_class = AnswerForm
    page_title = "Answer enquiry"
    submit_label = "Send answer"
    is_for_open = False


class CloseView(EnquiryActionView):
    form_class = CloseForm
    page_title = "Close enquiry"
    submit_label = "Close enquiry"


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    enquiry = get_enquiry(request, pk)
    if not enquiry:
        return enquiry_not_found(request)
    if not enquiry.is_open:
        enquiry.do(ActionKind.REOPENED, request.user, timezone.now())
    messages.success(request, f"Enquiry {enquiry} reopened.")
    return redirect(INSPECT, pk)


admin_urlpatterns = [
    path("enquiries/<int:pk>/assign/", AssignView.as_view(), name="assign_enquiry"),
    path("enquiries/<int:pk>/answer/", AnswerView.as_view(), name="answer_enquiry"),
    path("enquiries/<int:pk>/close/", CloseView.as_view(), name="close_enquiry"),
    path("enquiries/<int:pk>/reopen/", reopen, name="reopen_enquiry"),
]
