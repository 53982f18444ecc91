"""What search adds to the Wagtail admin."""

from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup
from wagtail_modeladmin.options import modeladmin_register

from home.page_tree.explorable import NoChooserViewSet
from home.reports import ReportMenuItem
from search.checks.admin import ImpactPreviewViewSet, SearchCheckViewSet
from search.feedback.admin import EnquiryAdmin
from search.indexing.receivers import (
    Document,
    deny_unlinked_documents,
    refresh_files,
)
from search.models import BlockedSuggestion, PromotionSnippet, SynonymSnippet
from search.reports import UnsuccessfulSearchesView

modeladmin_register(EnquiryAdmin)


class PromotionViewSet(ImpactPreviewViewSet):
    model = PromotionSnippet
    icon = "pick"
    menu_label = "Promotions"
    list_display = [
        "searched",
        Column("result_label", label="Promoted result"),
        "starts_at",
        "ends_at",
    ]
    search_fields = ["searched", "title", "link"]


class SynonymViewSet(ImpactPreviewViewSet):
    model = SynonymSnippet
    icon = "resubmit"
    menu_label = "Synonyms"
    list_display = ["searched", "found_as", BooleanColumn("both_ways")]
    list_per_page = 100
    search_fields = ["searched", "found_as"]


class BlockedSuggestionViewSet(SnippetViewSet):
    model = BlockedSuggestion
    chooser_viewset_class = NoChooserViewSet
    icon = "no-view"
    menu_label = "Blocked suggestions"
    search_fields = ["phrase"]


class SearchViewSetGroup(SnippetViewSetGroup):
    menu_label = "Search"
    menu_icon = "search"
    menu_order = 400
    items = (
        PromotionViewSet,
        SynonymViewSet,
        BlockedSuggestionViewSet,
        SearchCheckViewSet,
    )


register_snippet(SearchViewSetGroup)


@hooks.register("after_bulk_action")
def refresh_moved_files(request, action_type, objects, action):
    """Refresh files moved in bulk, for which no signal is sent."""
    refresh_files([each.pk for each in objects if isinstance(each, Document)])


# After Wagtail has checked the restrictions of a private collection.
hooks.register("before_serve_document", deny_unlinked_documents, order=1)


@hooks.register("register_admin_menu_item")
def register_enquiries_and_feedback():
    items = [
        EnquiryAdmin().get_menu_item(),
        ReportMenuItem(UnsuccessfulSearchesView),
    ]
    return SubmenuMenuItem(
        "Enquiries and feedback",
        Menu(items=items),
        name="enquiries-and-feedback",
        icon_name="comment",
        order=300,
    )
