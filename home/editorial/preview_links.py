"""Links with which someone without an account can read one draft (P10)."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView
from wagtail import hooks
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page

from home.editorial.models import PreviewLink

DAYS = {1: "1 day", 7: "1 week", 14: "2 weeks", 30: "30 days"}


class PreviewLinkForm(forms.ModelForm):
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
        link = self.instance
        link.expires_at = link.created_at + timedelta(days=self.cleaned_data["days"])
        return super().save(commit)


@never_cache
@require_safe
def read_draft(request: HttpRequest, token: str) -> HttpResponse:
    """Show the latest draft of the link's page, and no other page."""
    working = PreviewLink.objects.filter(expires_at__gt=timezone.now())
    link = working.select_related("page").filter(token=token).first()
    if link is None:
        response = render(request, "home/preview_link_expired.html", status=404)
    else:
        page = link.page.get_latest_revision_as_object()
        request.is_preview = True
        request.preview_link = link
        # Links on the page must not contain the secret.
        request.path = request.path_info = page.get_url(request) or "/"
        response = page.serve_preview(request, page.default_preview_mode)
        if hasattr(response, "render"):
            response = response.render()
    # Not in RFC 9110, but search engines honour it.
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # Keeps the secret URL from sites that the draft links to.
    response["Referrer-Policy"] = "same-origin"
    return response


def editable_page(request: HttpRequest, page_id: int) -> Page:
    page = get_object_or_404(Page, pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    return page


class PreviewLinksView(
    GenericPageBreadcrumbsMixin, WagtailAdminTemplateMixin, FormView
):
    page_title = "Preview links"
    header_icon = "link"
    template_name = "home/preview_links.html"
    form_class = PreviewLinkForm

    def setup(self, request, page_id):
        super().setup(request, page_id)
        self.object = editable_page(request, page_id)

    def get_page_subtitle(self):
        return self.object.get_admin_display_title()

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs):
        links = PreviewLink.objects.filter(
            page=self.object, expires_at__gt=timezone.now()
        ).select_related("created_by")
        return super().get_context_data(links=links, page=self.object, **kwargs)

    def form_valid(self, form):
        form.instance.page = self.object
        form.instance.created_by = self.request.user
        link = form.save()
        log(self.object, "home.preview_link.create", data={"note": link.note})
        messages.success(
            self.request,
            f"Preview link for '{link.note}' created. Copy it from the list below.",
        )
        return redirect("preview_links", self.object.pk)


@require_POST
def revoke(request: HttpRequest, page_id: int, link_id: int) -> HttpResponse:
    page = editable_page(request, page_id)
    if link := PreviewLink.objects.filter(page=page, pk=link_id).first():
        link.delete()
        log(page, "home.preview_link.revoke", data={"note": link.note})
    messages.success(request, "Preview link revoked. It no longer works.")
    return redirect("preview_links", page.pk)


@hooks.register("register_admin_urls")
def register_preview_link_urls():
    base = "pages/<int:page_id>/preview-links/"
    return [
        path(base, PreviewLinksView.as_view(), name="preview_links"),
        path(f"{base}<int:link_id>/revoke/", revoke, name="revoke_preview_link"),
    ]


@hooks.register("register_page_header_buttons")
def add_preview_links_button(page, user, view_name, next_url=None):
    if page.permissions_for_user(user).can_edit():
        address = reverse("preview_links", args=[page.pk])
        yield Button("Preview links", address, icon_name="link", priority=67)


@hooks.register("register_log_actions")
def register_preview_link_actions(actions):
    for name, done in (("create", "Created a"), ("revoke", "Revoked the")):

        @actions.register_action(f"home.preview_link.{name}")
        class Formatter(LogFormatter):
            label = f"{name.capitalize()} preview link"
            message = f"{done} preview link for"

            def format_message(self, log_entry):
                return f"{self.message} '{log_entry.data['note']}'"
