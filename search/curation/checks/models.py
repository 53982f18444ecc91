"""A search check: a search, the page that it must find, and how it has stood."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, PageChooserPanel
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy

from home.people import name_of
from search.engine.tokens import MAX_CHARACTERS, clean_query, tokenise

FARTHEST = 10
# With one of these changed it is another check, of which nothing is known yet.
ASKED = frozenset({"query", "page", "within"})


def validate_search(text: str) -> None:
    """Refuse what holds no word, such as "?!"."""
    if not tokenise(text):
        raise ValidationError("It holds no word that can be searched for.")


class SearchCheckForm(WagtailAdminModelForm):
    """The officer's form: the owner is one of those who keep checks."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        policy = ModelPermissionPolicy(SearchCheckSnippet)
        officers = policy.users_with_any_permission(["add", "change"])
        # Whoever has left stays until somebody else is chosen.
        may_own = Q(pk__in=officers.values("pk")) | Q(pk=self.instance.owner_id)
        owner = self.fields["owner"]
        owner.queryset = get_user_model().objects.filter(may_own).order_by("username")
        owner.label_from_instance = name_of
        if self.instance._state.adding and self.for_user:
            owner.initial = self.for_user.pk

    def clean_query(self):
        """Return the search as the site would read it."""
        return clean_query(self.cleaned_data["query"])

    def save(self, commit=True):
        """Save the check; forget what was found if it asks for something else now."""
        if ASKED.intersection(self.changed_data):
            self.instance.forget()
        return super().save(commit)


class SearchCheckSnippet(models.Model):
    """What a search must find among its first results, and who answers for it."""

    query = models.CharField(
        "when people search for",
        max_length=MAX_CHARACTERS,
        validators=[validate_search],
        help_text="The whole search as people type it, such as 'food bank'.",
    )
    page = models.ForeignKey(
        Page,
        # Its owner is to hear that the search leads nowhere any more.
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="they must find",
        help_text="The page that answers it.",
    )
    within = models.PositiveSmallIntegerField(
        "among the first",
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(FARTHEST)],
        help_text="How far down it may stand, from 1 to 10. A promotion counts, as it "
        "stands first.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Who gets an email when the page is found no more.",
    )
    made_at = models.DateTimeField("made", auto_now_add=True)
    # What was found last, and at which content version: nothing before the first run.
    passed = models.BooleanField(null=True, editable=False)
    position = models.PositiveSmallIntegerField(null=True, editable=False)
    why = models.CharField(max_length=100, blank=True, editable=False)
    checked_at = models.DateTimeField("last checked", null=True, editable=False)
    checked_version = models.PositiveBigIntegerField(null=True, editable=False)
    # When the owner was told that it fails; empty while it passes.
    told_at = models.DateTimeField(null=True, editable=False)

    base_form_class = SearchCheckForm
    panels = [
        FieldPanel("query"),
        PageChooserPanel("page"),
        FieldPanel("within"),
        FieldPanel("owner"),
    ]

    class Meta:
        verbose_name = "search check"
        ordering = ["query", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["query", "page"],
                name="search_searchcheck_once",
                violation_error_message="There is a check of this search and this page "
                "already.",
            )
        ]

    def __str__(self):
        return self.query

    def forget(self) -> None:
        """Make it a check that has never been run; its history stays."""
        self.passed = self.position = self.told_at = None
        self.checked_at = self.checked_version = None
        self.why = ""

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        if self.passed is None:
            return "Not checked yet"
        return "Passes" if self.passed else "Fails"


class SearchCheckResult(models.Model):
    """One change in what a check found: a row of its history."""

    check_of = models.ForeignKey(
        SearchCheckSnippet, on_delete=models.CASCADE, related_name="results"
    )
    checked_at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField()
    why = models.CharField(max_length=100)

    class Meta:
        ordering = ["-checked_at", "-pk"]

    def __str__(self):
        return self.why
