"""Policies, plans, strategies, frameworks, consultations, and what they once said."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, PageManager
from wagtail.query import PageQuerySet
from wagtail.rich_text import get_text_for_indexing
from wagtail.search import index

from community.models.pages import related_pages_panel
from community.models.subscriptions import SubscriberCountPanel
from home.blocks import BodyBlock
from home.content.drafts import MultipleChooserPanel
from home.content.fields import EmailAddressField, LosslessStreamField
from home.pages import BasePage

# How long after the last response the council promises to say what came of it.
OUTCOME_PROMISED = timedelta(weeks=12)
OUTCOME_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]
# "We asked, you said, we did": the form in which residents read an outcome.
OUTCOME_TEXTS = ("we_asked", "you_said", "we_did")
WAYS_TO_RESPOND = ("respond_url", "respond_email", "respond_address")
EMPTY = {"blank": True, "default": "", "db_default": ""}


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


# The first matching rule decides: (status, start, end). If none does, it is proposed.
STATUS_RULES = (
    (PolicyStatus.WITHDRAWN, "withdrawn_on", None),
    (PolicyStatus.REPLACED, "replaced_on", None),
    (PolicyStatus.CONSULTATION_OPEN, "consultation_opens_at", "consultation_closes_at"),
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


def status_from(dates: object, at: datetime) -> PolicyStatus:
    """Return the status of a policy, or of a row with `STATUS_DATES`."""
    for status, begins, ends in STATUS_RULES:
        has_begun = _has_come(getattr(dates, begins), at)
        if has_begun and not (ends and _has_come(getattr(dates, ends), at)):
            return status
    return PolicyStatus.PROPOSED


def _has_come(on: date | datetime | None, at: datetime) -> bool:
    if on is None:
        return False
    return on <= (at if isinstance(on, datetime) else timezone.localdate(at))


class PolicyUpdatePage(BasePage):
    kind = models.CharField(
        max_length=20, choices=PolicyKind.choices, default=PolicyKind.POLICY
    )
    body = LosslessStreamField(BodyBlock(), blank=True)
    consultation_opens_at = models.DateTimeField(
        "consultation opens",
        null=True,
        blank=True,
        help_text="People can respond from this time.",
    )
    consultation_closes_at = models.DateTimeField(
        "consultation closes", null=True, blank=True
    )
    consultation_purpose = models.TextField(
        "what it is about",
        max_length=1_000,
        help_text="What you want people's views on, and how you will use them. Shown "
        "with how to respond.",
        **EMPTY,
    )
    respond_url = models.URLField(
        "respond online",
        help_text="The web address of the survey or form.",
        **EMPTY,
    )
    respond_email = EmailAddressField("respond by email", **EMPTY)
    respond_address = models.TextField(
        "other ways to respond",
        max_length=500,
        help_text="Ways to respond by post, by phone or in person. Put each on its own "
        "line.",
        **EMPTY,
    )
    outcome_published_on = models.DateField(
        "outcome published",
        null=True,
        blank=True,
        help_text="The date this page shows the outcome of the consultation.",
    )
    we_asked = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="What the consultation was about, in a few sentences.",
        **EMPTY,
    )
    you_said = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="How many people responded, and what they said.",
        **EMPTY,
    )
    we_did = RichTextField(
        features=OUTCOME_FEATURES,
        help_text="What was decided, and why if it is not what people asked for.",
        **EMPTY,
    )
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
        MultiFieldPanel(
            [
                FieldRowPanel(["consultation_opens_at", "consultation_closes_at"]),
                "consultation_purpose",
                *WAYS_TO_RESPOND,
            ],
            heading="Consultation",
            help_text="Fill this in if you are asking for people's views. The page "
            "only shows how to respond while the consultation is open.",
        ),
        MultiFieldPanel(
            ["outcome_published_on", *OUTCOME_TEXTS],
            heading="We asked, you said, we did",
            help_text="Shown from the date the outcome is published.",
        ),
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
    get_status = status_from

    changes_by_clock = ("expire_at", *STATUS_DATES)

    class Meta:
        verbose_name = "policy update page"

    @property
    def superseded_on(self) -> date | None:
        return min(filter(None, (self.replaced_on, self.withdrawn_on)), default=None)

    @property
    def outcome_due_on(self) -> date:
        return timezone.localdate(self.consultation_closes_at + OUTCOME_PROMISED)

    def is_outcome_published(self, at: datetime) -> bool:
        return _has_come(self.outcome_published_on, at)

    def get_public_outcome(self) -> str:
        """Return the outcome for search: nothing before it is published."""
        is_public = self.is_outcome_published(timezone.now())
        return " ".join(getattr(self, name) for name in OUTCOME_TEXTS if is_public)

    def clean(self):
        super().clean()
        errors = {}
        opens, closes = self.consultation_opens_at, self.consultation_closes_at
        if bool(opens) != bool(closes):
            missing = "consultation_closes_at" if opens else "consultation_opens_at"
            both = "Enter both when the consultation opens and when it closes."
            errors[missing] = both
        elif opens and closes <= opens:
            order = "The consultation must close after it opens."
            errors["consultation_closes_at"] = order
        if self.replaced_by_id and self.replaced_by_id == self.pk:
            errors["replaced_by"] = "A policy cannot replace itself."
        elif self.replaced_by_id and not self.replaced_on:
            errors["replaced_on"] = "Enter the date it was replaced."
        if self.withdrawn_on and not self.withdrawn_reason:
            errors["withdrawn_reason"] = "Enter why it was withdrawn."
        if errors:
            raise ValidationError(errors)

    def find_gaps_for_publishing(self):
        gaps = super().find_gaps_for_publishing()
        ways = [getattr(self, name) for name in WAYS_TO_RESPOND]
        if self.consultation_opens_at and not any(ways):
            gaps["respond_url"] = (
                "Enter at least one way to respond: a web address, an email address or "
                "another way."
            )
        if self.replaced_on and not self.replaced_by_id:
            gaps["replaced_by"] = (
                "Choose the page that replaces this one. If there is none, enter when "
                "and why it was withdrawn instead."
            )
        if self.outcome_published_on:
            for name in OUTCOME_TEXTS:
                # The editor of texts sends empty paragraphs.
                if not get_text_for_indexing(getattr(self, name)).strip():
                    gaps[name] = "Fill this in before you publish the outcome."
        return gaps

    @classmethod
    def get_card_labels(cls, ids, at):
        policies = cls.objects.filter(pk__in=ids).order_by()
        # From the dates, as `with_status` takes longer to build than to run.
        rows = policies.values_list("pk", *STATUS_DATES, named=True)
        return {row.pk: status_from(row, at).label for row in rows}

    def get_dates(self, at: datetime) -> list[tuple[str, date | datetime]]:
        dates = [(labels, getattr(self, name)) for name, labels in DATE_LABELS.items()]
        return [(labels[_has_come(on, at)], on) for labels, on in dates if on]


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


# What readers see. Anything else, such as the owner's email address, is not archived.
ARCHIVED_FIELDS = (
    "title",
    "summary",
    "kind",
    "body",
    *STATUS_DATES,
    "consultation_purpose",
    *WAYS_TO_RESPOND,
    *OUTCOME_TEXTS,
    "withdrawn_reason",
    "replaced_by",
    "documents",
)


class PublishedVersion(models.Model):
    """A copy of a policy's public text, which was the page's for a period.

    Wagtail may overwrite a published revision with a draft, and delete revisions.
    """

    page = models.ForeignKey(
        PolicyUpdatePage, on_delete=models.CASCADE, related_name="published_versions"
    )
    # By which its change note is found. None where the same text was only shown again.
    revision_id = models.PositiveBigIntegerField(null=True, editable=False)
    published_at = models.DateTimeField()
    # None while this is what the page says.
    ended_at = models.DateTimeField(null=True)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"],
                condition=models.Q(ended_at=None),
                name="community_publishedversion_one_now",
            )
        ]

    def __str__(self):
        return f"{self.page_id}, {self.published_at:%-d %B %Y}"

    def as_page(self) -> PolicyUpdatePage:
        """Return the policy as it was, without files that have been deleted since."""
        return PolicyUpdatePage.from_serializable_data(
            {**self.content, "pk": self.page_id}
        )
