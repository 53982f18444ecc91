"""What the home app adds to the Wagtail admin."""

from django.core.exceptions import PermissionDenied
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks
from wagtail.admin.rich_text.converters.contentstate import link_entity
from wagtail.contrib.redirects.forms import RedirectForm
from wagtail.models import Page
from wagtail.rich_text.pages import PageLinkHandler

from home.content.fields import INVALID_WEB_ADDRESS, phone_link
from home.content.walker import PLAIN_ID
from home.editorial import (
    editing,  # noqa: F401
    link_report,  # noqa: F401
    preview_links,  # noqa: F401
)
from home.pages import is_published

RedirectForm.base_fields["redirect_link"].error_messages["invalid"] = (
    f"{INVALID_WEB_ADDRESS}. For a page of this website, use ‘Redirect to a page’."
)


@hooks.register("before_move_page")
def check_move(request, page, destination):
    if request.method == "POST" and destination.path.startswith(page.path):
        raise InvalidMoveToDescendant
    # Wagtail asks for permission only after its question, which names both pages.
    if not page.permissions_for_user(request.user).can_move_to(destination):
        raise PermissionDenied


class PublishedPageLinkHandler(PageLinkHandler):
    """Shows links to unpublished pages as plain text."""

    @classmethod
    def get_many(cls, attrs_list: list[dict]) -> list[Page | None]:
        """Return pages or None: ids that no editor chose may be anything."""
        chosen = [
            each if PLAIN_ID.fullmatch(each.get("id", "")) else {}
            for each in attrs_list
        ]
        pages = super().get_many(chosen)
        now = timezone.now()
        return [page if page and is_published(page, now) else None for page in pages]


# After Wagtail's own.
@hooks.register("register_rich_text_features", order=10)
def unlink_unpublished_pages(features):
    features.register_link_type(PublishedPageLinkHandler)


def phone_number_entity(props):
    """Return the HTML of a link; phone numbers become `tel:` addresses."""
    typed = props.get("url") or ""
    if typed.startswith("tel:"):
        props = {**props, "url": phone_link(typed) or typed}
    return link_entity(props)


@hooks.register("register_rich_text_features", order=10)
def make_phone_numbers_dialable(features):
    rule = features.converter_rules_by_converter["contentstate"]["link"]
    decorators = {"LINK": phone_number_entity}
    to_html = {**rule["to_database_format"], "entity_decorators": decorators}
    features.register_converter_rule(
        "contentstate", "link", {**rule, "to_database_format": to_html}
    )


@hooks.register("insert_global_admin_js")
def add_date_script():
    """Stop the date picker replacing dates that it cannot parse."""
    return format_html('<script src="{}"></script>', static("js/admin-dates.js"))
