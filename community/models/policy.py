"""Policies, plans, strategies, frameworks and consultations, and their statuses."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldRowPanel, MultiFieldPanel
from wagtail.models import Orderable, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from community.models.consultations import Consultation
from community.models.pages import related_pages_panel
from community.models.subscriptions import SubscriberCountPanel
from home.blocks import BodyBlock
from home.content.drafts import MultipleChooserPanel
from home.content.streams import LosslessStreamField
from home.pages import BasePage


class PolicyKind(models.TextChoices):
    POLICY = "policy", "Policy"
    PLAN = "plan", "Plan"
    STRATEGY = "strategy", "Strategy"
    FRAMEWORK = "framework", "Framework"
    CONSULTATION = "consultation", "Consultation"


class PolicyStatus(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    CONSULTATION_OPEN = "consultation-open", "Consultation open"
    AWAITING_OUTCOME = "awaiting-outcome", "Awaiting outcome"
    CLOSED = "closed", "Closed"
    ADOPTED = "adopted", "Adopted"
    UNDER_REVIEW = "under-review", "Under review"
    REPLACED = "replaced", "Replaced"
    WITHDRAWN = "withdrawn", "Withdrawn"


# The first matching rule decides: (status, start, end). If none matches, a policy is
# proposed. Both pages and database queries read this table.
STATUS_RULES = (
    (PolicyStatus.WITHDRAWN, "withdrawn_on", None),
    (PolicyStatus.REPLACED, "replaced_on", None),
    (
        PolicyStatus.CONSULTATION_OPEN,
        "consultation_opens_at",
        "consultation_closes_at",
    ),
    (PolicyStatus.UNDER_REVIEW, "review_started_on", None),
    (PolicyStatus.ADOPTED, "adopted_on", None),
    (PolicyStatus.CLOSED, "outcome_published_on", None),
    (PolicyStatus.AWAITING_OUTCOME, "consultation_closes_at", None),
)
STATUS_DATES = tuple(
    dict.fromkeys(name for _, *names in STATUS_RULES for name in names if name)
)

# The public labels of the dates: before each date, and from then on.
DATE_LABELS = {
    "consultation_opens_at": ("Consultation opens", "Consultation opened"),
    "consultation_closes_at": ("Consultation closes", "Consultation closed"),
    "outcome_published_on": ("Outcome will be published", "Outcome published"),
    "adopted_on": ("Will be adopted", "Adopted"),
    "review_started_on": ("Review starts", "Under review since"),
}


class PolicyQuerySet(PageQuerySet):
    def with_status(self, at: datetime) -> "PolicyQuerySet":
        """Annotate each policy with `status`, its `PolicyStatus` at a time."""
        today = timezone.localdate(at)

        def begun(name: str) -> Q:
            return Q(**{f"{name}__lte": at if name.endswith("_at") else today})

        whens = []
        for status, begins, ends in STATUS_RULES:
            condition = begun(begins)
            if ends:
                condition &= Q(**{f"{ends}__gt": at}) | Q(**{ends: None})
            whens.append(When(condition, then=Value(status.value)))
        return self.annotate(
            status=Case(*whens, default=Value(PolicyStatus.PROPOSED.value))
        )


class PolicyUpdatePage(Consultation, BasePage):
    """A policy or consultation, its dates, documents and history (P4)."""

    kind = models.CharField(
        max_length=20, choices=PolicyKind.choices, default=PolicyKind.POLICY
    )
    body = LosslessStreamField(BodyBlock(), blank=True)
    adopted_on = models.DateField("adopted", null=True, blank=True)
    review_started_on = models.DateField(
        "under review since",
        null=True,
        blank=True,
        help_text="The policy still applies while it is under review.",
    )
    replaced_on = models.DateField("replaced", null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="The page that replaces this one.",
    )
    withdrawn_on = models.DateField("withdrawn", null=True, blank=True)
    withdrawn_reason = models.CharField(
        "why it was withdrawn",
        max_length=300,
        blank=True,
        help_text="Shown to readers at the top of the page.",
    )

    content_panels = [
        *BasePage.lead_panels,
        "kind",
        "body",
        MultipleChooserPanel(
            "documents",
            chooser_field_name="document",
            heading="Documents",
            label="Document",
        ),
        Consultation.consultation_panel,
        Consultation.outcome_panel,
        MultiFieldPanel(
            [
                FieldRowPanel(["adopted_on", "review_started_on"]),
                FieldRowPanel(["replaced_on", "replaced_by"]),
                FieldRowPanel(["withdrawn_on", "withdrawn_reason"]),
            ],
            heading="Status",
            help_text="The status that readers see depends on these dates and the "
            "consultation dates. With no dates, the policy is shown as proposed.",
        ),
        related_pages_panel,
        *BasePage.closing_panels,
    ]
    promote_panels = [*BasePage.promote_panels, SubscriberCountPanel()]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("withdrawn_reason"),
        index.SearchField("consultation_purpose"),
        index.SearchField("get_public_outcome"),
        index.RelatedFields("documents", [index.SearchField("title")]),
        index.FilterField("kind"),
    ]

    parent_page_types = ["community.CommunityIndexPage"]
    subpage_types = []
    public_kind = "Policy update"
    is_notice = True
    page_description = (
        "A policy, plan, strategy, framework or consultation, its status and what "
        "has changed."
    )

    objects = PageManager.from_queryset(PolicyQuerySet)()

    changes_by_clock = ("expire_at", *STATUS_DATES)

    class Meta:
        verbose_name = "policy update page"

    @property
    def superseded_on(self) -> date | None:
        """The first day on which it is replaced or withdrawn."""
        return min(filter(None, (self.replaced_on, self.withdrawn_on)), default=None)

    def clean(self):
        super().clean()
        errors = self.get_consultation_errors()
        if self.replaced_by_id and self.replaced_by_id == self.pk:
            errors["replaced_by"] = "A policy cannot replace itself."
        elif self.replaced_by_id and not self.replaced_on:
            errors["replaced_on"] = "Enter the date it was replaced."
        if self.withdrawn_on and not self.withdrawn_reason:
            errors["withdrawn_reason"] = "Enter why it was withdrawn."
        if errors:
            raise ValidationError(errors)

    @classmethod
    def get_card_labels(cls, ids, at):
        policies = cls.objects.filter(pk__in=ids).order_by()
        # From the dates, as `with_status` takes longer to build than to run.
        rows = policies.values_list("pk", *STATUS_DATES, named=True)
        return {row.pk: status_from(row, at).label for row in rows}

    def get_status(self, at: datetime) -> PolicyStatus:
        return status_from(self, at)

    def get_dates(self, at: datetime) -> list[tuple[str, date | datetime]]:
        """Return the dates that are set, each with its label at a time."""
        dates = [(labels, getattr(self, name)) for name, labels in DATE_LABELS.items()]
        return [(labels[_has_come(on, at)], on) for labels, on in dates if on]


def status_from(dates: object, at: datetime) -> PolicyStatus:
    """Return the status at a time of a policy, or of a row with `STATUS_DATES`."""
    for status, begins, ends in STATUS_RULES:
        has_begun = _has_come(getattr(dates, begins), at)
        if has_begun and not (ends and _has_come(getattr(dates, ends), at)):
            return status
    return PolicyStatus.PROPOSED


def _has_come(on: date | datetime | None, at: datetime) -> bool:
    if on is None:
        return False
    return on <= (at if isinstance(on, datetime) else timezone.localdate(at))


class PolicyDocument(Orderable):
    page = ParentalKey(
        PolicyUpdatePage, on_delete=models.CASCADE, related_name="documents"
    )
    document = models.ForeignKey(
        "wagtaildocs.Document", on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(
        max_length=150,
        blank=True,
        help_text="The document title shown on the page. Leave empty to use the "
        "document's own title.",
    )

    panels = ["document", "title"]

    def __str__(self):
        return self.title or self.document.title
