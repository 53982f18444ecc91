"""Preview links in the Wagtail admin: button, addresses, words of the history."""

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogFormatter

from home.editorial.preview_links.views import PreviewLinksView, RevokeView


@hooks.register("register_admin_urls")
def register_preview_link_urls():
    """Add the addresses below each page."""
    base = "pages/<int:page_id>/preview-links/"
    return [
        path(base, PreviewLinksView.as_view(), name="preview_links"),
        path(
            f"{base}<int:link_id>/revoke/",
            RevokeView.as_view(),
            name="revoke_preview_link",
        ),
    ]


@hooks.register("register_page_header_buttons")
def add_preview_links_button(page, user, view_name, next_url=None):
    """Add "Preview links" to what an officer can do with a page."""
    if page.permissions_for_user(user).can_edit():
        address = reverse("preview_links", args=[page.pk])
        yield Button("Preview links", address, icon_name="link", priority=67)


@hooks.register("register_log_actions")
def register_preview_link_actions(actions):
    """Let the page's history tell who could read its draft."""

    @actions.register_action("home.preview_link.create")
    class Created(LogFormatter):
        label = "Create preview link"

        def format_message(self, log_entry):
            return f"Created a preview link for '{log_entry.data['note']}'"

    @actions.register_action("home.preview_link.revoke")
    class Revoked(LogFormatter):
        label = "Revoke preview link"

        def format_message(self, log_entry):
            return f"Revoked the preview link for '{log_entry.data['note']}'"
