"""What the list of enquiries can be narrowed to, and searched by."""

from django.contrib.admin import SimpleListFilter
from django.contrib.auth import get_user_model
from django.db.models import Q
from wagtail_modeladmin.helpers import DjangoORMSearchHandler

from home.people import name_of
from search.feedback.enquiries.models import Enquiry, RepeatedEnquiry
from search.feedback.enquiries.permissions import get_handlers
from search.feedback.enquiries.services import find_by_reference

WAITS_FOR_MAIL = Q(answered_at__isnull=False, answer_sent_at=None) & ~Q(email="")
MAX_WORDS = 10


class AssignedFilter(SimpleListFilter):
    """Mine, nobody's, or a colleague's."""

    title = "who deals with it"
    parameter_name = "assigned"

    def lookups(self, request, model_admin):
        """Return those who may deal with enquiries, and those who did."""
        assigned = Enquiry.objects.exclude(assigned_to=None).order_by()
        colleagues = get_user_model().objects.filter(
            Q(pk__in=get_handlers().order_by().values("pk"))
            | Q(pk__in=assigned.values("assigned_to"))
        )
        others = colleagues.exclude(pk=request.user.pk)
        names = [(str(each.pk), name_of(each)) for each in others]
        names.sort(key=lambda choice: choice[1].casefold())
        return [("me", "Me"), ("nobody", "Nobody"), *names]

    def queryset(self, request, queryset):
        """Keep what is assigned so; everything where nobody is meant."""
        who = {"me": request.user.pk, "nobody": None}
        value = self.value()
        if value not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(assigned_to=who.get(value, value))


class AnswerFilter(SimpleListFilter):
    """Whether it has been answered, and the resident told."""

    title = "answer"
    parameter_name = "answer"
    conditions = {
        "none": Q(answered_at=None),
        "given": Q(answered_at__isnull=False),
        "unsent": WAITS_FOR_MAIL,
    }

    def lookups(self, request, model_admin):
        """Return how far an answer can be."""
        labels = "Not answered", "Answered", "Email not sent yet"
        return zip(self.conditions, labels, strict=True)

    def queryset(self, request, queryset):
        """Keep those whose answer is so far."""
        return queryset.filter(self.conditions.get(self.value(), Q()))


class FirstWordsSearchHandler(DjangoORMSearchHandler):
    """Searches for the first words only: a database bears no endless conditions."""

    def search_queryset(self, queryset, search_term, **kwargs):
        """Return what has each of the words, or one sender's reference."""
        found = find_by_reference(search_term)
        if isinstance(found, RepeatedEnquiry):
            return queryset.filter(pk=found.enquiry_id)
        words = " ".join(search_term.split()[:MAX_WORDS])
        return super().search_queryset(queryset, words, **kwargs)
