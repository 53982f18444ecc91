"""What the ground floor adds to the Wagtail admin."""

from django.templatetags.static import static
from django.utils.html import format_html
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks
from wagtail.models import Page
from wagtail.rich_text.pages import PageLinkHandler

from home.preview_links import admin as preview_links_admin  # noqa: F401


@hooks.register("before_move_page")
def refuse_move_below_itself(request, page, destination):
    """Let `home.tree` say why, where Wagtail would only speak of permissions."""
    if request.method == "POST" and destination.path.startswith(page.path):
        raise InvalidMoveToDescendant


class PublishedPageLinkHandler(PageLinkHandler):
    """Shows a link in text to a page that is not published as plain words."""

    @classmethod
    def get_many(cls, attrs_list: list[dict]) -> list[Page | None]:
        """Return the page of each link, or None where there is none to open."""
        pages = super().get_many(attrs_list)
        return [page if page and page.live else None for page in pages]


# After Wagtail's own.
@hooks.register("register_rich_text_features", order=10)
def link_to_published_pages_only(features):
    """Let no link in text lead to a page that is not there."""
    features.register_link_type(PublishedPageLinkHandler)


@hooks.register("insert_global_admin_js")
def leave_typed_dates_alone():
    """Keep the date picker from replacing what it cannot read."""
    return format_html('<script src="{}"></script>', static("js/admin-dates.js"))
