"""What search adds to the Wagtail admin."""

from django.utils import timezone
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views import snippets
from wagtail_modeladmin.options import modeladmin_register

from home.content.text import name_of
from home.page_tree.explorable import NoChooserViewSet
from home.reports import ReportMenuItem
from search.checks import preview_change, run_checks
from search.feedback.admin import EnquiryAdmin
from search.indexing.receivers import (
    Document,
    deny_unlinked_documents,
    refresh_files,
)
from search.models import (
    BlockedSuggestion,
    PromotionSnippet,
    SearchCheckSnippet,
    SynonymSnippet,
)
from search.reports import UnsuccessfulSearchesView
from search.tokens import clean_query

PREVIEW = "action-preview"

modeladmin_register(EnquiryAdmin)


class PreviewBeforeSaveMixin:
    """Adds "Preview results" to a form: it shows the impact, and saves nothing."""

    def form_valid(self, form):
        if PREVIEW not in self.request.POST:
            return super().form_valid(form)
        self.form = form
        preview = preview_change(form.instance, timezone.now())
        return self.render_to_response(self.get_context_data(preview=preview))

    def get_error_message(self):
        if PREVIEW in self.request.POST:
            return "The results could not be previewed. Fix the errors below first."
        return super().get_error_message()


class CreateView(PreviewBeforeSaveMixin, snippets.CreateView):
    """A new promotion or synonym, which may be for a topic or an enquiry."""

    def get_initial(self):
        # One phrase, even if the search has commas.
        searched = clean_query(self.request.GET.get("searched", "").replace(",", " "))
        return {**super().get_initial(), **({"searched": searched} if searched else {})}

    def get_context_data(self, **kwargs):
        sent = self.request.POST.get("enquiry") or self.request.GET.get("enquiry")
        return super().get_context_data(enquiry=sent, **kwargs)


class EditView(PreviewBeforeSaveMixin, snippets.EditView):
    pass


class DeleteView(snippets.DeleteView):
    def get_context_data(self, **kwargs):
        preview = preview_change(self.object, timezone.now(), is_deleted=True)
        return super().get_context_data(preview=preview, **kwargs)


class ImpactPreviewViewSet(snippets.SnippetViewSet):
    chooser_viewset_class = NoChooserViewSet
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    create_template_name = edit_template_name = "search/form_with_preview.html"
    delete_template_name = "search/delete_with_preview.html"


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
    list_per_page = 100
    list_filter = ["in_longer_searches"]
    search_fields = ["searched", "title", "link"]


class SynonymViewSet(ImpactPreviewViewSet):
    model = SynonymSnippet
    icon = "resubmit"
    menu_label = "Synonyms"
    list_display = ["searched", "found_as", BooleanColumn("both_ways")]
    list_per_page = 100
    search_fields = ["searched", "found_as"]


class BlockedSuggestionViewSet(snippets.SnippetViewSet):
    model = BlockedSuggestion
    chooser_viewset_class = NoChooserViewSet
    icon = "no-view"
    menu_label = "Blocked suggestions"
    search_fields = ["phrase"]


class CheckedAtOnceMixin:
    """Runs a check as soon as it is saved, so that its editor sees the result."""

    def save_instance(self):
        check = super().save_instance()
        run_checks([check], timezone.now())
        check.refresh_from_db()
        return check

    def get_success_message(self, *args):
        message = super().get_success_message(*args)
        if self.object.passed is None:
            return f"{message} It will run in a few minutes, as search is updating."
        return f"{message} {self.object.last_result}."


class CheckCreateView(CheckedAtOnceMixin, snippets.CreateView):
    pass


class CheckEditView(CheckedAtOnceMixin, snippets.EditView):
    pass


class SearchCheckViewSet(snippets.SnippetViewSet):
    model = SearchCheckSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "circle-check"
    menu_label = "Search checks"
    list_display = [
        "query",
        Column("page", label="Page to find"),
        Column("within", label="Lowest acceptable position", sort_key="within"),
        Column("last_result", label="Status", sort_key="passed"),
        DateColumn("checked_at", label="Last checked", sort_key="checked_at"),
        Column("owner", accessor=lambda check: name_of(check.owner) or "No owner"),
    ]
    list_per_page = 50
    list_filter = ["passed", "owner"]
    search_fields = ["query"]
    copy_view_enabled = False
    add_view_class = CheckCreateView
    edit_view_class = CheckEditView
    edit_template_name = "search/check_form.html"

    def get_queryset(self, request):
        return SearchCheckSnippet.objects.select_related("page", "owner")


class SearchViewSetGroup(snippets.SnippetViewSetGroup):
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
