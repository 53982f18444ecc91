"""A search check: a search, the page it should find, and its past results."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy

from home.content.text import name_of
from search.tokens import MAX_CHARACTERS, clean_query, tokenise

# If one of these changes, it is a different check, which has not run yet.
DEFINING_FIELDS = frozenset({"query", "page", "within"})


def validate_search(text: str) -> None:
    if not tokenise(text):
        raise ValidationError("Enter at least one word that people can search for.")


class SearchCheckForm(WagtailAdminModelForm):
    """The owner is someone who may edit checks."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        policy = ModelPermissionPolicy(SearchCheckSnippet)
        editors = policy.users_with_any_permission(["add", "change"])
        owner = self.fields["owner"]
        # An owner who has left stays until another one is chosen.
        owner.queryset = owner.queryset.filter(
            Q(pk__in=editors.values("pk")) | Q(pk=self.instance.owner_id)
        ).order_by("username")
        owner.label_from_instance = name_of
        if self.instance._state.adding and self.for_user:
            owner.initial = self.for_user.pk

    def clean_query(self):
        return clean_query(self.cleaned_data["query"])

    def save(self, commit=True):
        if DEFINING_FIELDS.intersection(self.changed_data):
            self.instance.reset()
        return super().save(commit)


class SearchCheckSnippet(models.Model):
    """A page that a search should find among its first results, and its owner."""

    query = models.CharField(
        "when people search for",
        max_length=MAX_CHARACTERS,
        validators=[validate_search],
        help_text="The whole search as people type it, for example 'food bank'.",
    )
    page = models.ForeignKey(
        Page,
        # The owner has to be notified that the page has gone.
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="page to find",
        help_text="The page that people need.",
    )
    within = models.PositiveSmallIntegerField(
        "lowest acceptable position",
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="From 1 to 10. Promotions count as position 1.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Who to email if the check fails.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # The last result, and its content version; empty before the first run.
    passed = models.BooleanField(null=True, editable=False)
    position = models.PositiveSmallIntegerField(null=True, editable=False)
    reason = models.CharField(max_length=100, blank=True, editable=False)
    checked_at = models.DateTimeField("last checked", null=True, editable=False)
    checked_version = models.PositiveBigIntegerField(null=True, editable=False)
    # When the owner was notified of the failure; empty while it passes.
    notified_at = models.DateTimeField(null=True, editable=False)

    base_form_class = SearchCheckForm

    class Meta:
        verbose_name = "search check"
        ordering = ["query", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["query", "page"],
                name="search_searchcheck_once",
                violation_error_message="There is already a check for this search and "
                "page.",
            )
        ]

    def __str__(self):
        return self.query

    @property
    def last_result(self) -> str:
        """The last result, such as 'Fails: in position 5'."""
        if self.passed is None:
            return "Not checked yet"
        reason = self.reason[:1].lower() + self.reason[1:]
        return f"{'Passes' if self.passed else 'Fails'}: {reason}"

    def reset(self) -> None:
        """Make it a check that has not run yet; its history stays."""
        self.passed = self.position = self.notified_at = None
        self.checked_at = self.checked_version = None
        self.reason = ""


class SearchCheckResult(models.Model):
    """A change in the result of a check."""

    search_check = models.ForeignKey(
        SearchCheckSnippet, on_delete=models.CASCADE, related_name="results"
    )
    checked_at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField()
    reason = models.CharField(max_length=100)

    class Meta:
        ordering = ["-checked_at", "-pk"]

    def __str__(self):
        return self.reason
