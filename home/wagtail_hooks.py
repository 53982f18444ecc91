"""What the ground floor adds to the Wagtail admin."""

import re
from functools import reduce
from operator import or_

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks
from wagtail.admin.rich_text.converters.contentstate import link_entity
from wagtail.models import Page
from wagtail.rich_text.pages import PageLinkHandler

from home.content.validators import phone_link
from home.editorial import (
    concurrent_edits,  # noqa: F401
    readiness,  # noqa: F401
)
from home.editorial.content_checks import report  # noqa: F401
from home.editorial.links import report as links_report  # noqa: F401
from home.editorial.preview_links import views as preview_link_views  # noqa: F401
from home.editorial.reviews import dashboard  # noqa: F401
from home.editorial.reviews import report as reviews_report  # noqa: F401
from home.page_tree import (
    explorable,  # noqa: F401
    large_sections,  # noqa: F401
)
from home.page_tree.admin_api import PermittedDocuments, PermittedImages, ReadyPages
from home.pages import is_published

# More would fill the screen.
MAX_NAMED = 5


@hooks.register("before_move_page")
def refuse_wrong_moves(request, page, destination):
    """Refuse moves below the page itself, and by people who may not move it there."""
    if request.method == "POST" and destination.path.startswith(page.path):
        raise InvalidMoveToDescendant
    # Wagtail asks for permission only after its question, which names both pages.
    if not page.permissions_for_user(request.user).can_move_to(destination):
        raise PermissionDenied


@hooks.register("before_bulk_action")
def ask_what_changed_before_publishing_in_bulk(request, action_type, objects, action):
    """Send back who would publish many pages at once without a word for readers (P5).

    Wagtail calls this hook only after its question, so there is no form to ask in.
    """
    chosen = [each for each in objects if isinstance(each, Page)]
    if action_type != "publish" or not chosen:
        return None
    to_publish = Q(pk__in=[page.pk for page in chosen])
    if action.cleaned_form.cleaned_data["include_descendants"]:
        below = (Q(path__startswith=page.path) for page in chosen)
        to_publish |= Q(live=False) & reduce(or_, below)
    pages = Page.objects.filter(to_publish, first_published_at__isnull=False)
    silent = [
        page
        for page in pages.select_related("latest_revision")
        if not says_what_changed(page)
    ]
    for page in silent[:MAX_NAMED]:
        messages.error(
            request,
            f"'{page.get_admin_display_title()}' does not say what changed for "
            "readers, so nothing was published. Open it, and say so or tick "
            "'Minor edit'.",
        )
    return redirect(request.get_full_path()) if silent else None


def says_what_changed(page):
    """Say whether the latest draft of a page has a note for readers, or needs none."""
    said = page.latest_revision.content if page.latest_revision else {}
    return bool(said.get("change_note") or said.get("minor_edit"))


# As many digits as the numbers of pages can have in every database.
NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class PublishedPageLinkHandler(PageLinkHandler):
    """Shows a link in text to a page that is not published as plain words."""

    @classmethod
    def get_many(cls, attrs_list: list[dict]) -> list[Page | None]:
        """Return the page of each link, or None where there is none to open.

        What was not chosen in the editor may hold anything for a number.
        """
        pages = super().get_many(
            [
                attrs if NUMBER.fullmatch(attrs.get("id", "")) else {}
                for attrs in attrs_list
            ]
        )
        now = timezone.now()
        return [page if page and is_published(page, now) else None for page in pages]


# After Wagtail's own.
@hooks.register("register_rich_text_features", order=10)
def link_to_published_pages_only(features):
    """Let no link in text lead to a page that is not there."""
    features.register_link_type(PublishedPageLinkHandler)


def phone_number_entity(props):
    """Return the HTML of a link in text; one to a phone number can be dialled."""
    typed = props.get("url") or ""
    if typed.startswith("tel:"):
        props = {**props, "url": phone_link(typed) or typed}
    return link_entity(props)


@hooks.register("register_rich_text_features", order=10)
def dial_phone_numbers_in_text(features):
    """Keep of a phone number in text what a phone dials; the words stay as typed."""
    rule = features.converter_rules_by_converter["contentstate"]["link"]
    decorators = {"LINK": phone_number_entity}
    to_html = {**rule["to_database_format"], "entity_decorators": decorators}
    features.register_converter_rule(
        "contentstate", "link", {**rule, "to_database_format": to_html}
    )


@hooks.register("insert_global_admin_js")
def leave_typed_dates_alone():
    """Keep the date picker from replacing what it cannot read."""
    return format_html('<script src="{}"></script>', static("js/admin-dates.js"))


# After Wagtail's own.
@hooks.register("construct_admin_api", order=10)
def give_permitted_files_only(router):
    """Put our views in place of those that ask for too little."""
    router.register_endpoint("pages", ReadyPages)
    router.register_endpoint("images", PermittedImages)
    router.register_endpoint("documents", PermittedDocuments)
