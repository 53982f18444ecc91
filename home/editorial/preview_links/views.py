"""Making and taking back preview links, and reading a page by one."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.log_actions import log
from wagtail.models import Page

from home.content.dates import format_time
from home.editorial.preview_links.models import PreviewLink

DAYS = {1: "1 day", 7: "1 week", 14: "2 weeks", 30: "30 days"}


class PreviewLinkForm(forms.ModelForm):
    """Who the link is for, and for how long."""

    days = forms.TypedChoiceField(
        label="How long should the link work?",
        choices=DAYS.items(),
        coerce=int,
        initial=7,
        widget=forms.RadioSelect,
        help_text="The link expires after this. You can revoke it at any time.",
    )

    class Meta:
        model = PreviewLink
        fields = ["note"]
        help_texts = {"note": "For example, 'Cllr Smith'. Only editors can see this."}
        error_messages = {"note": {"required": "Enter who the link is for."}}

    def save(self, commit=True):
        """Make the link, which works from now on."""
        link = self.instance
        link.expires_at = link.created_at + timedelta(days=self.cleaned_data["days"])
        return super().save(commit)


# RFC 9110 has no word for it; search engines read this one.
PRIVATE_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The secret address is not told to sites that the draft links to.
    "Referrer-Policy": "same-origin",
}


@never_cache
@require_safe
def read_draft(request: HttpRequest, token: str) -> HttpResponse:
    """Show the latest draft of the page to whoever has its link, and no other page."""
    link = (
        PreviewLink.objects.working(timezone.now())
        .filter(token=token)
        .select_related("page")
        .first()
    )
    if link is None:
        response = render(request, "home/preview_link_expired.html", status=404)
    else:
        page = link.page.get_latest_revision_as_object()
        request.is_preview = True
        request.preview_link = link
        # What the page leads to must not carry the secret on.
        request.path = request.path_info = page.get_url(request) or "/"
        response = page.serve_preview(request, page.default_preview_mode)
        if hasattr(response, "render"):
            response = response.render()
    for name, value in PRIVATE_HEADERS.items():
        response[name] = value
    return response


class EditablePageMixin:
    """Gives a view its page, for those who may edit it."""

    def setup(self, request, *args, **kwargs):
        """Find the page, or answer 404."""
        super().setup(request, *args, **kwargs)
        self.object = get_object_or_404(Page, pk=kwargs["page_id"])

    def dispatch(self, request, *args, **kwargs):
        """Refuse those who may not edit the page."""
        if not self.object.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self):
        """Return to the links of the page."""
        return reverse("preview_links", args=[self.object.pk])


class PreviewLinksView(
    EditablePageMixin,
    GenericPageBreadcrumbsMixin,
    WagtailAdminTemplateMixin,
    FormView,
):
    """The preview links of one page, and the form that makes another."""

    page_title = "Preview links"
    header_icon = "link"
    template_name = "home/preview_links.html"
    form_class = PreviewLinkForm

    def get_page_subtitle(self):
        """Return the page's title."""
        return self.object.get_admin_display_title()

    def get_breadcrumbs_items(self):
        """Lead through the tree to the page."""
        here = {"url": "", "label": self.page_title}
        return [*self.breadcrumbs_items, here]

    def get_context_data(self, **kwargs):
        """Add the links that work."""
        links = PreviewLink.objects.working(timezone.now()).filter(page=self.object)
        rows = [
            (
                link,
                self.request.build_absolute_uri(link.get_absolute_url()),
                format_time(link.expires_at),
            )
            for link in links.select_related("created_by")
        ]
        return super().get_context_data(rows=rows, page=self.object, **kwargs)

    def form_valid(self, form):
        """Make the link."""
        form.instance.page = self.object
        form.instance.created_by = self.request.user
        link = form.save()
        log(self.object, "home.preview_link.create", data={"note": link.note})
        messages.success(
            self.request,
            f"Preview link for '{link.note}' created. Copy it from the list below.",
        )
        return super().form_valid(form)


class RevokeView(EditablePageMixin, View):
    http_method_names = ["post"]

    def post(self, request, page_id, link_id):
        """Delete the link, unless somebody has done so already."""
        link = PreviewLink.objects.filter(page=self.object, pk=link_id).first()
        if link:
            link.delete()
            log(self.object, "home.preview_link.revoke", data={"note": link.note})
        messages.success(request, "Preview link revoked. It no longer works.")
        return redirect(self.get_success_url())
