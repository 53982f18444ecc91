"""What search adds to the Wagtail admin."""

from django.urls import path, reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
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
from search.feedback.unsuccessful_searches.outcomes import record_actions
from search.feedback.unsuccessful_searches.report import (
    TOPIC_URL_NAME,
    UnsuccessfulSearchesView,
)
from search.feedback.unsuccessful_searches.topic_page import TopicView
from search.indexing.document_access import deny_unlinked_documents
from search.indexing.linked_documents import Document, refresh_files
from search.log.reports import SearchLogView, UnreadFilesView
from search.models import BlockedSuggestion, PromotionSnippet, SynonymSnippet

modeladmin_register(EnquiryAdmin)


class PromotionViewSet(ImpactPreviewViewSet):
    model = PromotionSnippet
    chooser_viewset_class = NoChooserViewSet
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
    chooser_viewset_class = NoChooserViewSet
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


REPORTS = {
    "searches": (SearchLogView, "Search log", "list-ol"),
    "unread-files": (UnreadFilesView, "Files search cannot read", "doc-empty"),
    "unsuccessful-searches": (
        UnsuccessfulSearchesView,
        "Unsuccessful searches",
        "circle-xmark",
    ),
}


@hooks.register("register_admin_urls")
def register_admin_urls():
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
        "reports/unsuccessful-searches/<str:digest>/",
        TopicView.as_view(),
        name=TOPIC_URL_NAME,
    )
    return [*enquiry_urlpatterns, *reports, topic]


@hooks.register("after_create_snippet")
def record_topic_actions(request, snippet):
    record_actions(snippet, request.user, timezone.now())


class ReportMenuItem(MenuItem):
    def __init__(self, view, label: str, icon_name: str, **kwargs):
        address = reverse(view.index_url_name)
        super().__init__(label, address, icon_name=icon_name, **kwargs)
        self.view = view

    def is_shown(self, request):
        return self.view.permission_policy.user_has_any_permission(
            request.user, self.view.any_permission_required
        )


@hooks.register("register_reports_menu_item")
def register_search_log():
    return ReportMenuItem(*REPORTS["searches"])


@hooks.register("register_reports_menu_item")
def register_unread_files():
    return ReportMenuItem(*REPORTS["unread-files"])


@hooks.register("register_admin_menu_item")
def register_enquiries_and_feedback():
    items = [
        EnquiryAdmin().get_menu_item(),
        ReportMenuItem(*REPORTS["unsuccessful-searches"]),
    ]
    return SubmenuMenuItem(
        "Enquiries and feedback",
        Menu(items=items),
        name="enquiries-and-feedback",
        icon_name="comment",
        order=300,
    )
