"""What search adds to the Wagtail admin."""

from django.urls import path, reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup
from wagtail_modeladmin.options import modeladmin_register

from home.page_tree.admin_api import NoChooserViewSet
from search.curation.change_preview_admin import ImpactPreviewViewSet
from search.curation.checks.admin import SearchCheckViewSet
from search.feedback.enquiries.admin import EnquiryAdmin
from search.feedback.enquiries.admin_views import (
    admin_urlpatterns as enquiry_urlpatterns,
)
from search.feedback.unsuccessful_searches.outcomes import note_in_queue
from search.feedback.unsuccessful_searches.report import TOPIC_URL_NAME, FindabilityView
from search.feedback.unsuccessful_searches.topic_page import TopicView
from search.indexing.document_access import refuse_documents_that_nobody_is_offered
from search.indexing.linked_documents import Document, refresh_files
from search.log.reports import SearchLogView, UnreadFilesView
from search.models import BlockedSuggestion, PromotionSnippet, SynonymSnippet

modeladmin_register(EnquiryAdmin)


class PromotionViewSet(ImpactPreviewViewSet):
    """What stands first for a search."""

    model = PromotionSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "pick"
    menu_label = "Promotions"
    list_display = [
        "searched",
        Column("shown", label="Stands first"),
        "starts_at",
        "ends_at",
    ]
    search_fields = ["searched", "title", "link"]


class SynonymViewSet(ImpactPreviewViewSet):
    """Other words for the same thing."""

    model = SynonymSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "resubmit"
    menu_label = "Synonyms"
    list_display = ["searched", "found_as", BooleanColumn("both_ways")]
    list_per_page = 100
    search_fields = ["searched", "found_as"]


class UnsuggestedViewSet(SnippetViewSet):
    """Words that search never suggests."""

    model = BlockedSuggestion
    chooser_viewset_class = NoChooserViewSet
    icon = "view"
    menu_label = "Never suggested"
    search_fields = ["phrase"]


class SearchViewSetGroup(SnippetViewSetGroup):
    """The menu entry for all that staff tell search."""

    menu_label = "Search words"
    menu_icon = "search"
    menu_order = 160
    items = (
        PromotionViewSet,
        SynonymViewSet,
        UnsuggestedViewSet,
        SearchCheckViewSet,
    )


register_snippet(SearchViewSetGroup)


@hooks.register("after_bulk_action")
def follow_files_put_into_a_collection(request, action_type, objects, action):
    """Bring files up to date that were moved together, of which no signal tells."""
    refresh_files([each.pk for each in objects if isinstance(each, Document)])


# After Wagtail has asked whoever wants one of a private collection who they are.
hooks.register(
    "before_serve_document", refuse_documents_that_nobody_is_offered, order=1
)


REPORTS = {
    "searches": (SearchLogView, "Searches", "search"),
    "unread-files": (UnreadFilesView, "Files not read", "doc-empty"),
    "findability": (FindabilityView, "Findability", "search"),
}


@hooks.register("register_admin_urls")
def register_admin_urls():
    """Add what officers do with enquiries, the reports, and a topic of the queue."""
    reports = [
        path(f"reports/{slug}/", view.as_view(), name=view.index_url_name)
        for slug, (view, _, _) in REPORTS.items()
    ] + [
        path(
            f"reports/{slug}/results/",
            view.as_view(results_only=True),
            name=view.index_results_url_name,
        )
        for slug, (view, _, _) in REPORTS.items()
    ]
    topic = path(
        "reports/findability/<str:digest>/", TopicView.as_view(), name=TOPIC_URL_NAME
    )
    return [*enquiry_urlpatterns, *reports, topic]


@hooks.register("after_create_snippet")
def note_what_was_done_for_a_topic(request, snippet):
    """Tell the queue of a new promotion or synonym."""
    note_in_queue(snippet, request.user, timezone.now())


class ReportMenuItem(MenuItem):
    """A report's entry, for those who may read it."""

    def __init__(self, view, label: str, icon_name: str, **kwargs):
        address = reverse(view.index_url_name)
        super().__init__(label, address, icon_name=icon_name, **kwargs)
        self.view = view

    def is_shown(self, request):
        """Say whether somebody may read the report."""
        return self.view.permission_policy.user_has_any_permission(
            request.user, self.view.any_permission_required
        )


@hooks.register("register_reports_menu_item")
def register_search_log():
    """Add the searches of residents to the reports."""
    return ReportMenuItem(*REPORTS["searches"])


@hooks.register("register_reports_menu_item")
def register_unread_files():
    """Add the files that cannot be searched to the reports."""
    return ReportMenuItem(*REPORTS["unread-files"])


@hooks.register("register_admin_menu_item")
def register_findability():
    """Add what people cannot find to the menu, after the enquiries."""
    return ReportMenuItem(*REPORTS["findability"], order=301)
