"""What the ground floor adds to the Wagtail admin."""

from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks


@hooks.register("before_move_page")
def refuse_move_below_itself(request, page, destination):
    """Let `home.tree` say why, where Wagtail would only speak of permissions."""
    if request.method == "POST" and destination.path.startswith(page.path):
        raise InvalidMoveToDescendant
