"""Filters of the listings in the admin."""

import django_filters
from django import forms
from django.utils import timezone
from wagtail.admin.views.pages.listing import PageFilterSet

from community.models import PartnershipPage, PolicyUpdatePage
from community.models.policy import PolicyKind, PolicyStatus

REVIEW_CHOICES = [("due", "Due for review"), ("none", "No review date")]


class ReviewFilter(django_filters.ChoiceFilter):
    def __init__(self, **kwargs):
        super().__init__(
            label="Review",
            choices=REVIEW_CHOICES,
            widget=forms.RadioSelect,
            method=self.by_review,
            **kwargs,
        )

    @staticmethod
    def by_review(queryset, name, value):
        if value == "due":
            return queryset.filter(review_on__lte=timezone.localdate())
        return queryset.filter(review_on=None)


class PartnershipFilterSet(PageFilterSet):
    review = ReviewFilter()

    class Meta:
        model = PartnershipPage
        fields = []


class PolicyFilterSet(PageFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        choices=PolicyKind.choices, widget=forms.CheckboxSelectMultiple
    )
    policy_status = django_filters.MultipleChoiceFilter(
        label="Policy status",
        choices=PolicyStatus.choices,
        widget=forms.CheckboxSelectMultiple,
        method="by_status",
    )
    review = ReviewFilter()

    def by_status(self, queryset, name, value):
        if not value:
            return queryset
        with_status = PolicyUpdatePage.objects.with_status(timezone.now())
        return queryset.filter(pk__in=with_status.filter(status__in=value).values("pk"))

    class Meta:
        model = PolicyUpdatePage
        fields = []
