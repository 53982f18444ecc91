"""What the site as a whole adds to the Wagtail admin."""

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from wagtail import hooks
from wagtail.admin.menu import DismissibleMenuItem, MenuItem
from wagtail.admin.views.account import AvatarSettingsPanel, NameEmailSettingsPanel
from wagtail.admin.views.reports.aging_pages import AgingPagesView
from wagtail.admin.views.reports.page_types_usage import PageTypesUsageReportView

from stockton_cms.accounts.mfa import guard_private_document, guard_private_page
from stockton_cms.admin_views import session, sign_in_addresses
from stockton_cms.editor_guide import GuideView
from stockton_cms.operations.erasure.admin import (
    EraseMenuItem,
    EraseView,
    get_erase_permissions,
)

# Before Wagtail asks who may see them.
hooks.register("before_serve_page", guard_private_page, order=-1)
hooks.register("before_serve_document", guard_private_document, order=-1)
hooks.register("register_permissions", get_erase_permissions)


@hooks.register("register_admin_urls")
def register_urls():
    return [
        path("guide/", GuideView.as_view(), name="guide"),
        path("erase-personal-data/", EraseView.as_view(), name="erase_personal_data"),
        path("session/", session, name="admin_session"),
    ]


@hooks.register("register_settings_menu_item")
def register_erase_menu_item():
    url = reverse("erase_personal_data")
    return EraseMenuItem("Erase personal data", url, icon_name="bin", order=9_000)


@hooks.register("register_help_menu_item")
def register_guide_menu_item():
    url = reverse("guide")
    return MenuItem("Guide for editors", url, icon_name="info-circle", order=1)


# Wagtail's own entries, by name: the label, icon and place that replace theirs.
WAGTAIL_ENTRIES = {
    "images": {"order": 500},
    "documents": {"order": 600},
    "reports": {"icon_name": "table"},
    "aging-pages": {"label": "Ageing pages"},
    "page-types-usage": {"label": "Page types", "icon_name": "grid"},
    "workflows": {"icon_name": "order"},
    "workflow-tasks": {"icon_name": "success"},
    "groups": {"icon_name": "key"},
    "site-settings": {"icon_name": "sliders"},
}


@hooks.register("construct_main_menu")
@hooks.register("construct_reports_menu")
@hooks.register("construct_settings_menu")
def arrange_menu(request, menu_items):
    for item in menu_items:
        vars(item).update(WAGTAIL_ENTRIES.get(item.name, {}))


@hooks.register("construct_help_menu")
def leave_out_guides_of_others(request, menu_items):
    """Take out Wagtail's guide and news, which know neither our words nor our rules."""
    menu_items[:] = [
        item for item in menu_items if not isinstance(item, DismissibleMenuItem)
    ]


@hooks.register("insert_global_admin_js")
def add_unsaved_text_script():
    return format_html(
        '<script src="{script}" data-session-url="{session_url}" '
        'data-sign-in-url="{sign_in_url}"></script>',
        script=static("js/admin-sending.js"),
        **sign_in_addresses(),
    )


@hooks.register("insert_global_admin_css")
def add_styles():
    sheets = [
        [static(f"css/{name}.css")] for name in ("admin-sending", "admin-listings")
    ]
    return format_html_join("", '<link rel="stylesheet" href="{}">', sheets)


@hooks.register("register_account_menu_item")
def register_mfa_menu_item(request):
    return {
        "url": reverse("mfa_index"),
        "label": "Two-factor authentication",
        "help_text": "Add a passkey or an app, get new recovery codes, change phones.",
    }


@hooks.register("register_account_menu_item")
def lead_to_new_password(request):
    return {
        "url": reverse("account_reset_password"),
        "label": "Choose a new password",
        "help_text": "You get an email with a link that works once, for an hour.",
    }


AgingPagesView.page_title = "Ageing pages"
PageTypesUsageReportView.page_title = "Page types"

# Files that are uploaded have no address of their own, so the picture would be broken.
AvatarSettingsPanel.is_active = lambda panel: False
# Administrators give names: histories say who did what, in no one's own words.
NameEmailSettingsPanel.is_active = lambda panel: False
