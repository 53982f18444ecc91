"""The page on which leads erase the personal data of someone who asks for it (O4)."""

from django import forms
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Permission
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stockton_cms.operations.erasure.service import ACTION, erase

PERMISSION = "stockton_cms.erase_personal_data"


class EraseForm(forms.Form):
    email = forms.EmailField(
        label="Email address",
        help_text="Of the person who asked. You will see a report first.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the email address of the person who asked."},
    )
    everywhere = forms.BooleanField(
        label="Also remove it from pages and other public content",
        required=False,
        help_text="Leave this unticked for a staff email address that pages show as a "
        "contact. The report says where the address could not be removed.",
    )
    # For whom, and how far, the report on the screen is.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


@method_decorator(
    [
        permission_required(PERMISSION, raise_exception=True),
        sensitive_post_parameters("email", "seen"),
    ],
    name="dispatch",
)
class EraseView(WagtailAdminTemplateMixin, FormView):
    """Shows where an email address was found, then erases it.

    The address comes in the body of a post and is stored nowhere.
    """

    page_title = "Erase personal data"
    header_icon = "bin"
    template_name = "admin/erase_personal_data.html"
    form_class = EraseForm
    breadcrumbs_items = []

    def form_valid(self, form):
        data = form.cleaned_data
        asked = f"{data['everywhere']} {data['email'].casefold()}"
        # The report for this was shown, and then the button pressed.
        is_confirmed = "erase" in form.data and data["seen"] == asked
        report = erase(
            data["email"],
            data["everywhere"],
            dry_run=not is_confirmed,
            user=self.request.user,
        )
        return self.render_to_response(
            self.get_context_data(form=form, report=report, seen=asked)
        )


class EraseMenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm(PERMISSION)


def get_erase_permissions():
    return Permission.objects.filter(codename=PERMISSION.partition(".")[2])


@hooks.register("register_log_actions")
def register_action(actions):
    """Let the site history say that someone erased, and not whom."""
    actions.register_action(ACTION, "Erase personal data", "Erased on request")
