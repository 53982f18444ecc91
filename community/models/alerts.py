"""Alerts: messages across the top of pages (A1 to A5, A7)."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.dispatch import Signal
from django.utils import timezone
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Orderable,
    Page,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from home.admin_requests import ExplorableChoicesMixin
from home.blocks import INLINE_FEATURES
from home.content.dates import ExactTimesMixin, format_relative_datetime
from home.content.drafts import DraftFormMixin, InlinePanel, require_ready
from home.content.fields import validate_web_address, web_link
from home.page_tree.addresses import site_path
from home.pages import is_published

# What readers see of the text: without marks such as bold, and without addresses.
TEXT_LENGTH = 400

# Sent in the transaction that saves an alert, with the pages chosen for it.
alert_saved = Signal()

ENDING_SOON = timedelta(hours=1)


class Severity(models.IntegerChoices):
    """The higher the number, the higher on the page."""

    INFORMATION = 10, "Information"
    DISRUPTION = 20, "Disruption"
    NOTABLE_DEATH = 30, "Notable death"
    EMERGENCY = 40, "Emergency"

    @classmethod
    def _missing_(cls, value):
        """Treat one that only a newer release knows as one that alarms no one."""
        return cls.DISRUPTION

    @property
    def public_label(self) -> str:
        return "Announcement" if self is Severity.NOTABLE_DEATH else self.label


class Scope(models.TextChoices):
    SITE = "site", "On every page of the site"
    PAGES = "pages", "On the pages chosen below"


@dataclass(frozen=True)
class VisibleAlert:
    pk: int | None
    dismissal_version: int
    severity: int
    heading: str
    text: str
    link_href: str
    link_text: str
    is_dismissible: bool
    scope: str
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def build(cls, link_url: str, link_path: str | None, **values) -> "VisibleAlert":
        href = site_path(link_path) if link_path else web_link(link_url)
        return cls(link_href=href, **values)

    @property
    def severity_label(self) -> str:
        return Severity(self.severity).public_label

    @property
    def severity_name(self) -> str:
        return Severity(self.severity).name.lower().replace("_", "-")

    @property
    def can_be_dismissed(self) -> bool:
        return self.is_dismissible and self.severity < Severity.EMERGENCY

    @property
    def dismissal_key(self) -> str:
        return f"{self.pk}.{self.dismissal_version}"

    def is_current(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


SHOWN_FIELDS = [field.name for field in fields(VisibleAlert)]
# What is read of an alert to show it, besides the page it links to.
VISIBLE_FIELDS = [*(set(SHOWN_FIELDS) - {"link_href"}), "link_url"]


class AlertState(models.IntegerChoices):
    """In the order in which the list shows them."""

    ENDING_SOON = 10, "Ending soon"
    LIVE = 20, "Live"
    SCHEDULED = 30, "Scheduled"
    DRAFT = 40, "Draft"
    ENDED = 50, "Ended"
    UNPUBLISHED = 60, "Unpublished"


VISIBLE_STATES = (AlertState.LIVE, AlertState.ENDING_SOON)


def on_page(page: Page) -> Q:
    """Return the condition for alerts on a page, without those for the whole site."""
    steps = range(page.steplen, len(page.path), page.steplen)
    above = [page.path[:end] for end in steps]
    return Q(scopes__page__path=page.path) | Q(
        scopes__page__path__in=above, scopes__include_descendants=True
    )


class AlertQuerySet(models.QuerySet):
    def published_until_after(self, at: datetime) -> "AlertQuerySet":
        """Return published alerts that are current or in the future, worst first."""
        return self.filter(live=True, ends_at__gt=at).order_by(
            "-severity", "-starts_at", "-pk"
        )

    def current(self, at: datetime) -> "AlertQuerySet":
        """Return current alerts, worst first, then newest."""
        return self.published_until_after(at).filter(starts_at__lte=at)

    def with_state(self, at: datetime) -> "AlertQuerySet":
        """Annotate each alert with `state`; the first condition that is true counts."""
        conditions = [
            (Q(live=False, first_published_at=None), AlertState.DRAFT),
            (Q(live=False), AlertState.UNPUBLISHED),
            (Q(ends_at__lte=at), AlertState.ENDED),
            (Q(starts_at__gt=at), AlertState.SCHEDULED),
            (Q(ends_at__lte=at + ENDING_SOON), AlertState.ENDING_SOON),
        ]
        whens = [When(condition, Value(state)) for condition, state in conditions]
        return self.annotate(state=Case(*whens, default=Value(AlertState.LIVE)))

    def in_scope_of(self, page: Page | None) -> "AlertQuerySet":
        """Return a page's alerts; without a page (404, search), site-wide alerts."""
        whole_site = Q(scope=Scope.SITE)
        if page is None or not page.path:
            return self.filter(whole_site)
        return self.filter(whole_site | on_page(page)).distinct()

    def as_visible_alerts(self, at: datetime) -> list["VisibleAlert"]:
        """Read what pages show of the alerts, which is quicker than whole alerts."""
        # A link to a page that is not published would lead nowhere.
        is_published = Q(link_page__live=True) & (
            Q(link_page__expire_at=None) | Q(link_page__expire_at__gt=at)
        )
        path = Case(When(is_published, then=F("link_page__url_path")))
        rows = self.annotate(link_path=path).values("link_path", *VISIBLE_FIELDS)
        return [VisibleAlert.build(**row) for row in rows]


class AlertForm(ExplorableChoicesMixin, DraftFormMixin, WagtailAdminModelForm):
    """The editing form, in which `show_again` starts unticked for each change."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.has_unpublished_changes:
            self.initial["show_again"] = False


class AlertSnippet(
    ExactTimesMixin,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    ClusterableModel,
):
    severity = models.PositiveSmallIntegerField(
        choices=Severity.choices,
        default=Severity.DISRUPTION,
        help_text="More severe alerts are shown first. Use Emergency only for danger "
        "to life. Readers see a notable death as an 'Announcement'.",
    )
    heading = models.CharField(
        max_length=100,
        help_text="What has happened, in a few words: 'No bin collections in Yarm "
        "today'.",
    )
    text = RichTextField(
        blank=True,
        max_length=TEXT_LENGTH,
        features=INLINE_FEATURES,
        help_text="What people should do, in one or two short sentences, up to "
        f"{TEXT_LENGTH} characters.",
    )
    link_text = models.CharField(
        max_length=80,
        blank=True,
        help_text="The text of the link to more details, such as 'Which roads are "
        "closed'.",
    )
    link_page = models.ForeignKey(
        Page,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The page on this website that has more details.",
    )
    link_url = models.URLField(
        "web address",
        blank=True,
        validators=[validate_web_address],
        help_text="Use this if the details are on another website.",
    )
    scope = models.CharField(
        "where it appears", max_length=10, choices=Scope.choices, default=Scope.SITE
    )
    starts_at = models.DateTimeField(
        "starts",
        null=True,
        default=timezone.now,
        help_text="Once published, the alert is shown from this time.",
    )
    ends_at = models.DateTimeField(
        "expected end",
        null=True,
        help_text="The alert will come down automatically at this time. You can "
        "change it whenever you need to.",
    )
    is_dismissible = models.BooleanField(
        "people can dismiss it",
        default=True,
        help_text="Someone who dismisses the alert does not see it again. "
        "Emergency alerts cannot be dismissed.",
    )
    show_again = models.BooleanField(
        "show again to people who dismissed it",
        default=False,
        help_text="Select this if the news has changed, but not to correct a spelling "
        "mistake.",
    )
    dismissal_version = models.PositiveIntegerField(default=1, editable=False)

    objects = AlertQuerySet.as_manager()
    base_form_class = AlertForm

    panels = [
        "severity",
        "heading",
        "text",
        MultiFieldPanel(
            ["link_text", "link_page", "link_url"], heading="Link to more details"
        ),
        FieldRowPanel(["starts_at", "ends_at"], heading="When it is shown"),
        "scope",
        InlinePanel("scopes", heading="Chosen pages", label="Page"),
        MultiFieldPanel(
            ["is_dismissible", "show_again"], heading="Dismissing the alert"
        ),
    ]
    search_fields = [
        index.SearchField("heading"),
        index.SearchField("text"),
        index.AutocompleteField("heading"),
    ]

    class Meta:
        verbose_name = "alert"

    def __str__(self):
        return self.heading or "Alert without a heading"

    @property
    def is_site_wide(self) -> bool:
        return self.scope == Scope.SITE

    def describe_state(self, at: datetime) -> str:
        """Return the state from `with_state`, with its times."""
        if self.state in (AlertState.DRAFT, AlertState.UNPUBLISHED):
            # It may not have its times yet.
            return AlertState(self.state).label
        start = format_relative_datetime(self.starts_at, at)
        end = format_relative_datetime(self.ends_at, at)
        until = end.removeprefix("at ").removeprefix("on ")
        descriptions = {
            AlertState.ENDING_SOON: f"Ends {end}",
            AlertState.LIVE: f"Live until {until}",
            AlertState.SCHEDULED: f"Starts {start}",
            AlertState.ENDED: f"Ended {end}",
        }
        draft = ", with unpublished changes" if self.has_unpublished_changes else ""
        return descriptions[self.state] + draft

    def clean(self):
        super().clean()
        errors = {}
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = "The alert must end after it starts."
        if self.link_page_id and self.link_url:
            errors["link_url"] = "Choose a page or enter a web address, not both."
        if (self.link_page_id or self.link_url) and not self.link_text:
            errors["link_text"] = "Enter the link text."
        if errors:
            raise ValidationError(errors)

    def find_gaps_for_publishing(self) -> dict[str, str]:
        if self.is_site_wide or self.scopes.exists():
            return {}
        return {"scope": "Choose at least one page below."}

    @transaction.atomic
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        alert_saved.send(sender=type(self), instance=self)

    def with_content_json(self, content):
        """Keep what belongs to the alert rather than to a revision."""
        alert = super().with_content_json(content)
        alert.dismissal_version = self.dismissal_version
        return alert

    @transaction.atomic
    def publish(self, revision, user=None, **kwargs):
        require_ready(revision.as_object(), user)
        before = type(self).objects.get(pk=self.pk)
        super().publish(revision, user=user, **kwargs)
        after = type(self).objects.get(pk=self.pk)
        became_worse = after.severity > before.severity
        if before.first_published_at and (became_worse or after.show_again):
            after.dismissal_version = before.dismissal_version + 1
            after.show_again = False
            after.save(update_fields=["dismissal_version", "show_again"])

    @transaction.atomic
    def unpublish(self, *args, **kwargs):
        super().unpublish(*args, **kwargs)

    def get_preview_template(self, request, mode_name):
        return "community/alert_preview.html"

    def get_preview_context(self, request, mode_name):
        return {"request": request, "preview_alerts": [self.as_visible_alert()]}

    def as_visible_alert(self) -> VisibleAlert:
        page = self.link_page
        is_there = page and is_published(page, timezone.now())
        values = {name: getattr(self, name) for name in VISIBLE_FIELDS}
        return VisibleAlert.build(**values, link_path=page.url_path if is_there else "")


class AlertScope(Orderable):
    alert = ParentalKey(AlertSnippet, on_delete=models.CASCADE, related_name="scopes")
    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="alert_scopes"
    )
    include_descendants = models.BooleanField("and every page below it", default=True)

    panels = ["page", "include_descendants"]

    def __str__(self):
        below = " and every page below it" if self.include_descendants else ""
        return f"{self.page.title}{below}"
