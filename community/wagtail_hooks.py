"""What the community area adds to the Wagtail admin."""

from django.contrib import messages
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from community.filters import AlertFilterSet, PartnershipFilterSet, PolicyFilterSet
from community.models import AlertScope, AlertSnippet, PartnershipPage, PolicyUpdatePage
from community.models.policy import PolicyStatus


class PartnershipViewSet(PageListingViewSet):
    """All partnership pages, wherever they are in the tree."""

    model = PartnershipPage
    icon = "group"
    menu_label = "Partnerships"
    filterset_class = PartnershipFilterSet
    columns = [
        *PageListingViewSet.index_view_class.base_columns[:2],
        Column("lead_officer", label="Lead officer", sort_key="lead_officer"),
        Column("owner_name", label="Content owner", sort_key="owner_name"),
        DateColumn("review_on", label="Next review", sort_key="review_on"),
        *PageListingViewSet.index_view_class.base_columns[2:],
    ]


class PolicyViewSet(PageListingViewSet):
    """All policy pages, and where each stands today."""

    model = PolicyUpdatePage
    icon = "doc-full"
    menu_label = "Policies"
    filterset_class = PolicyFilterSet
    columns = [
        *PageListingViewSet.index_view_class.base_columns[:2],
        Column("get_kind_display", label="Kind", sort_key="kind"),
        Column(
            "status",
            label="Stands at",
            accessor=lambda policy: (
                PolicyStatus(policy.get_status(timezone.now())).label
            ),
        ),
        Column("owner_name", label="Content owner", sort_key="owner_name"),
        DateColumn("review_on", label="Next review", sort_key="review_on"),
        *PageListingViewSet.index_view_class.base_columns[2:],
    ]


class CommunityViewSetGroup(ViewSetGroup):
    """The menu entry that holds both listings."""

    menu_label = "Communities"
    menu_icon = "group"
    menu_order = 150
    items = (PartnershipViewSet("partnerships"), PolicyViewSet("policies"))


@hooks.register("register_admin_viewset")
def register_listings():
    """Add the listings of partnerships and policies to the menu."""
    return CommunityViewSetGroup()


class AlertViewSet(SnippetViewSet):
    """Alerts: list, edit, publish."""

    model = AlertSnippet
    icon = "warning"
    menu_label = "Alerts"
    menu_order = 140
    add_to_admin_menu = True
    list_display = ["heading", "get_severity_display", "starts_at", "ends_at", "live"]
    filterset_class = AlertFilterSet
    copy_view_enabled = True


register_snippet(AlertViewSet)


@hooks.register("before_delete_page")
def warn_of_alerts_in_scope(request, page):
    """Say, before a page is deleted, which alerts appear on it or below it (A2)."""
    if request.method == "POST":
        return
    scopes = AlertScope.objects.filter(
        page__path__startswith=page.path,
        alert__live=True,
        alert__ends_at__gt=timezone.now(),
    )
    for scope in scopes.select_related("alert", "page"):
        messages.warning(
            request,
            f"The alert '{scope.alert.heading}' is set to appear on "
            f"'{scope.page.title}'. It will no longer appear there.",
        )
