"""Filters and search of the enquiry list."""

from django.contrib.admin import SimpleListFilter
from django.contrib.auth import get_user_model
from django.db.models import Q
from wagtail_modeladmin.helpers import DjangoORMSearchHandler

from home.content.text import name_of
from search.feedback.enquiries.models import Enquiry, RepeatedEnquiry
from search.feedback.enquiries.services import find_by_reference
from search.feedback.permissions import get_handlers

EMAIL_PENDING = Q(answered_at__isnull=False, answer_sent_at=None) & ~Q(email="")
MAX_WORDS = 10


class AssignedFilter(SimpleListFilter):
    title = "assigned to"
    parameter_name = "assigned"

    def lookups(self, request, model_admin):
        assigned = Enquiry.objects.exclude(assigned_to=None).order_by()
        colleagues = get_user_model().objects.filter(
            Q(pk__in=get_handlers().order_by().values("pk"))
            | Q(pk__in=assigned.values("assigned_to"))
        )
        others = colleagues.exclude(pk=request.user.pk)
        names = [(str(each.pk), name_of(each)) for each in others]
        names.sort(key=lambda choice: choice[1].casefold())
        return [("me", "Me"), ("none", "No one"), *names]

    def queryset(self, request, queryset):
        who = {"me": request.user.pk, "none": None}
        value = self.value()
        if value not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(assigned_to=who.get(value, value))


class AnswerFilter(SimpleListFilter):
    title = "answer"
    parameter_name = "answer"
    conditions = {
        "none": Q(answered_at=None),
        "given": Q(answered_at__isnull=False),
        "unsent": EMAIL_PENDING,
    }

    def lookups(self, request, model_admin):
        labels = "Not answered", "Answered", "Answered, email not sent"
        return zip(self.conditions, labels, strict=True)

    def queryset(self, request, queryset):
        return queryset.filter(self.conditions.get(self.value(), Q()))


class FirstWordsSearchHandler(DjangoORMSearchHandler):
    """Searches for the first words only, to limit the number of conditions."""

    def search_queryset(self, queryset, search_term, **kwargs):
        found = find_by_reference(search_term)
        if isinstance(found, RepeatedEnquiry):
            return queryset.filter(pk=found.enquiry_id)
        words = " ".join(search_term.split()[:MAX_WORDS])
        return super().search_queryset(queryset, words, **kwargs)
