"""Admin listings, warnings and reports of the community app."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django_filters import MultipleChoiceFilter
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.pages.listing import PageFilterSet
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.snippets.models import register_snippet

from community.alerts.admin import AlertViewSet
from community.models import AlertScope, PartnershipPage, PolicyUpdatePage
from community.models.policies import PolicyStatus


class PageListingMenuItem(MenuItem):
    def is_shown(self, request):
        return PagePermissionPolicy().user_has_any_permission(
            request.user, PageListingViewSet.index_view_class.any_permission_required
        )


COLUMNS = PageListingViewSet.index_view_class.base_columns
OWNER = Column("owner_name", label="Content owner", sort_key="owner_name")
REVIEW = Column("review_on", label="Next review", sort_key="review_on")


class PartnershipViewSet(PageListingViewSet):
    model = PartnershipPage
    icon = "group"
    menu_label = "Partnerships"
    menu_item_class = PageListingMenuItem
    columns = [
        *COLUMNS[:2],
        Column("lead_officer", label="Lead officer", sort_key="lead_officer"),
        OWNER,
        REVIEW,
        *COLUMNS[2:],
    ]


class PolicyFilterSet(PageFilterSet):
    policy_status = MultipleChoiceFilter(
        label="Policy status",
        choices=PolicyStatus.choices,
        widget=forms.CheckboxSelectMultiple,
        method="by_status",
    )

    def by_status(self, queryset, name, value):
        with_status = PolicyUpdatePage.objects.with_status(timezone.now())
        return queryset.filter(pk__in=with_status.filter(status__in=value).values("pk"))

    class Meta:
        model = PolicyUpdatePage
        fields = ["kind"]


class PolicyViewSet(PageListingViewSet):
    model = PolicyUpdatePage
    icon = "clipboard-list"
    menu_label = "Policies"
    menu_item_class = PageListingMenuItem
    filterset_class = PolicyFilterSet
    columns = [
        *COLUMNS[:2],
        Column("get_kind_display", label="Kind", sort_key="kind"),
        Column(
            "policy_status",
            label="Policy status",
            accessor=lambda policy: policy.get_status(timezone.now()).label,
        ),
        OWNER,
        REVIEW,
        *COLUMNS[2:],
    ]


class CommunityViewSetGroup(ViewSetGroup):
    menu_label = "Policies and partnerships"
    menu_icon = "list-ul"
    menu_order = 150
    items = (PartnershipViewSet("partnerships"), PolicyViewSet("policies"))


@hooks.register("register_admin_viewset")
def register_listings():
    return CommunityViewSetGroup()


register_snippet(AlertViewSet)


def scopes_at_or_below(page):
    return AlertScope.objects.filter(
        page__path__startswith=page.path,
        alert__live=True,
        alert__ends_at__gt=timezone.now(),
    ).select_related("alert", "page")


@hooks.register("before_delete_page")
def warn_of_alerts_in_scope(request, page):
    if request.method == "POST":
        return
    for scope in scopes_at_or_below(page):
        messages.warning(
            request,
            f"The alert '{scope.alert.heading}' is set to appear on "
            f"'{scope.page.title}'. If you delete this page, it will not appear "
            "there.",
        )


@hooks.register("before_bulk_action")
def block_bulk_delete_of_alert_pages(request, action_type, objects, action):
    """Block the bulk deletion of pages on which alerts appear.

    Wagtail calls this hook only after its confirmation, too late for a warning.
    """
    pages = [page for page in objects if isinstance(page, Page)]
    if action_type != "delete" or not pages:
        return None
    scopes = [scope for page in pages for scope in scopes_at_or_below(page)]
    for scope in scopes:
        messages.error(
            request,
            f"The alert '{scope.alert.heading}' is set to appear on "
            f"'{scope.page.title}', so no pages were deleted. End the alert first, or "
            "delete that page on its own.",
        )
    return redirect(request.get_full_path()) if scopes else None
