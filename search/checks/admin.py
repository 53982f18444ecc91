"""Search checks in the admin: the list, and the form with the check's history."""

from django.utils import timezone
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.snippets.views import snippets

from home.content.text import name_of
from home.page_tree.explorable import NoChooserViewSet
from search.checks.models import SearchCheckSnippet
from search.checks.running import run_checks


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
        return f"{message} {describe_result(self.object)}."


class CheckCreateView(CheckedAtOnceMixin, snippets.CreateView):
    pass


class CheckEditView(CheckedAtOnceMixin, snippets.EditView):
    pass


def describe_result(check: SearchCheckSnippet) -> str:
    """Return the last result of a check, such as 'Fails: in position 5'."""
    if check.passed is None:
        return "Not checked yet"
    reason = check.reason[:1].lower() + check.reason[1:]
    return f"{'Passes' if check.passed else 'Fails'}: {reason}"


class SearchCheckViewSet(snippets.SnippetViewSet):
    model = SearchCheckSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "circle-check"
    menu_label = "Search checks"
    list_display = [
        "query",
        Column("page", label="Page to find"),
        Column("within", label="Lowest acceptable position", sort_key="within"),
        Column("state", label="Status", accessor=describe_result, sort_key="passed"),
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
