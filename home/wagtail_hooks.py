"""What the ground floor adds to the Wagtail admin."""

from django.templatetags.static import static
from django.utils.html import format_html
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks


@hooks.register("before_move_page")
def refuse_move_below_itself(request, page, destination):
    """Let `home.tree` say why, where Wagtail would only speak of permissions."""
    if request.method == "POST" and destination.path.startswith(page.path):
        raise InvalidMoveToDescendant


@hooks.register("insert_global_admin_js")
def leave_typed_dates_alone():
    """Keep the date picker from replacing what it cannot read."""
    return format_html('<script src="{}"></script>', static("js/admin-dates.js"))
