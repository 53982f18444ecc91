"""The filters that the reports over pages share."""

import django_filters
from django.db.models import Q
from django.http import HttpRequest
from wagtail.admin.filters import ContentTypeFilter, WagtailFilterSet
from wagtail.models import Page, get_page_content_types
from wagtail.query import PageQuerySet

from home.addresses import descendants_of
from home.admin_request import pages_of_their_part
from home.editorial.reviews import PageReview


def sections(request: HttpRequest) -> PageQuerySet:
    """Return the pages directly below the home pages that have pages below them."""
    return pages_of_their_part().filter(depth=3, numchild__gt=0).order_by("title")


class PageReportFilterSet(WagtailFilterSet):
    """Section, owner and kind of the pages of a report, by its column `page`."""

    section = django_filters.ModelChoiceFilter(
        label="Section", queryset=sections, method="by_section"
    )
    owner = django_filters.CharFilter(label="Content owner", method="by_owner")
    kind = ContentTypeFilter(
        label="Kind of page",
        field_name="page__content_type",
        queryset=lambda request: get_page_content_types(include_base_page_type=False),
    )

    def by_section(self, queryset, name, section: Page):
        """Keep a section and all pages below it."""
        pages = Page.objects.filter(descendants_of(section.path) | Q(pk=section.pk))
        return queryset.filter(page__in=pages.values("pk"))

    def by_owner(self, queryset, name, value):
        """Keep the pages of which the owner's name or e-mail holds the words."""
        words = value.strip()
        is_theirs = Q(owner_name__icontains=words) | Q(owner_email__icontains=words)
        owned = PageReview.objects.filter(is_theirs)
        return queryset.filter(page__in=owned.values("pk"))
