"""Search checks, and previews of changes: whether search finds the right pages."""

import logging
import sys
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.models import Page, Site
from wagtail.permission_policies import ModelPermissionPolicy

from home.content.text import name_of
from home.content_version import get_content_version
from home.dashboard import counted_task, register_dashboard_tasks
from home.jobs import register_job
from home.notifications.outbox import (
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.curation import (
    PromotionMatcher,
    PromotionSnippet,
    SynonymMatcher,
    SynonymSnippet,
    split_phrases,
)
from search.engine.filters import SearchRequest
from search.engine.index import IndexBrokenError, page_index, translate_tantivy_panics
from search.engine.query import IndexState, Vocabulary, parse_query
from search.engine.results import PER_PAGE, search_index
from search.tokens import MAX_CHARACTERS, clean_query, tokenise

logger = logging.getLogger(__name__)

# If one of these changes, it is a different check, which has not run yet.
DEFINING_FIELDS = frozenset({"query", "page", "within"})
# Of a preview.
MAX_PHRASES = 5
MAX_POSITIONS = 5

Snippet = PromotionSnippet | SynonymSnippet


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


class Verdict(NamedTuple):
    """The result of a check, and the position of its page, if it has one."""

    passed: bool
    reason: str
    position: int | None = None


@register_job("search checks", is_long=True)
def check_searches(at: datetime) -> None:
    run_checks(get_due(at), at)
    notify_owners(at)


def get_due(at: datetime) -> list[SearchCheckSnippet]:
    """Return all checks after a change, and each hourly, as pages may have expired."""
    checks = SearchCheckSnippet.objects.exclude(
        checked_at__gt=at - timedelta(hours=1), checked_version=get_content_version()
    )
    return list(checks.select_related("page"))


def get_root() -> Page | None:
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


def run_checks(checks: list[SearchCheckSnippet], at: datetime) -> None:
    """Run checks and store the results; while search is unavailable, leave the last."""
    root = get_root()
    if not checks or root is None:
        return
    try:
        with translate_tantivy_panics():
            state = page_index.catch_up()
        verdicts = [evaluate(check, root, at, state) for check in checks]
    except IndexBrokenError as error:
        logger.warning("Search checks postponed, as search is unavailable: %s.", error)
        return
    with transaction.atomic():
        for check, verdict in zip(checks, verdicts, strict=True):
            _record(check, verdict, state.version, at)


def first_results(
    query: str, root: Page, at: datetime, state: IndexState
) -> dict[str, str]:
    """Return the titles of the first page of results by address, promotions first."""
    found = search_index(SearchRequest(query), root, at, state)
    return {each.href: each.title for each in [*found.promoted, *found.results]}


def evaluate(
    check: SearchCheckSnippet, root: Page, at: datetime, state: IndexState
) -> Verdict:
    """Return the result of a check in one state of the index; nothing is stored."""
    if check.page is None:
        return Verdict(False, "The page has been deleted")
    visible = visible_pages(at).filter(path__startswith=root.path)
    if not visible.filter(pk=check.page_id).exists():
        return Verdict(False, "The page is not public")
    found = list(first_results(check.query, root, at, state))
    href = public_path(check.page.url_path, root)
    if href not in found:
        return Verdict(False, f"Not in the first {PER_PAGE} results")
    position = found.index(href) + 1
    return Verdict(position <= check.within, f"In position {position}", position)


def _record(
    check: SearchCheckSnippet, verdict: Verdict, version: int, at: datetime
) -> None:
    """Store a result, unless another process has stored one meanwhile."""
    same = SearchCheckSnippet.objects.filter(pk=check.pk, checked_at=check.checked_at)
    found, notified = verdict._asdict(), {}
    # The editor who has just saved it sees that it fails.
    if verdict.passed or check.passed is None:
        notified = {"notified_at": None if verdict.passed else at}
    # By `update`: visitors see none of this, so the content version stays.
    if not same.update(checked_at=at, checked_version=version, **found, **notified):
        return
    if (check.passed, check.reason) != (verdict.passed, verdict.reason):
        SearchCheckResult.objects.create(search_check=check, checked_at=at, **found)


def failing_href(owner_id: int | None = None) -> str:
    address = reverse("wagtailsnippets_search_searchchecksnippet:list")
    return f"{address}?passed=false" + (f"&owner={owner_id}" if owner_id else "")


@register_dashboard_tasks
def failing_checks(user, at):
    """Count failing checks: owners see their own, leads see all."""
    if not user.has_perm("search.view_searchchecksnippet"):
        return
    failing, href = SearchCheckSnippet.objects.filter(passed=False), failing_href()
    # People who may change promotions can fix any check.
    if not user.has_perm("search.change_promotionsnippet"):
        failing, href = failing.filter(owner=user), failing_href(user.pk)
    texts = ("search check is failing", "search checks are failing")
    yield counted_task(failing.count(), *texts, href)


@transaction.atomic
def notify_owners(at: datetime) -> None:
    """Notify each owner once of a check that fails, and again once it has passed."""
    failing = SearchCheckSnippet.objects.filter(
        passed=False, notified_at=None, owner__is_active=True
    ).exclude(owner__email="")
    for check in failing.select_for_update(of=("self",)):
        key = f"{check.pk} {at.isoformat()}"
        notify(str(check.owner_id), FailingChecks, key, at, {"check": check.pk})
        SearchCheckSnippet.objects.filter(pk=check.pk).update(notified_at=at)


@register_notification_kind
class FailingChecks(NotificationKind):
    name = "failing search checks"
    is_digest = True

    def build(self, rows, at):
        users = get_user_model().objects.filter(is_active=True)
        owner = users.filter(pk=rows[0].recipient).first()
        ids = [row.context["check"] for row in rows]
        checks = SearchCheckSnippet.objects.filter(pk__in=ids, passed=False)
        if owner is None or not checks:
            return None
        titles = [
            (check, in_one_line(check.page.title) if check.page else "")
            for check in checks.select_related("page")
        ]
        address = urljoin(settings.WAGTAILADMIN_BASE_URL, failing_href(owner.pk))
        context = {"checks": titles, "address": address}
        text = render_to_string("search/checks_mail.txt", context)
        subject = "Search checks failing on the website"
        return EmailMessage(subject, text, to=[owner.email] if owner.email else [])


def preview_change(snippet: Snippet, at: datetime, is_deleted: bool = False) -> dict:
    """Return what saving, or deleting, a snippet as it is in memory would change."""
    root = get_root()
    if root is None:
        return {}
    phrases = split_phrases(snippet.searched)
    if getattr(snippet, "both_ways", False):
        phrases += split_phrases(snippet.found_as)
    try:
        with translate_tantivy_panics():
            now = page_index.catch_up()
            then = _changed_state(now, snippet, at, is_deleted)
            lists = [
                (phrase, _compare_positions(phrase, root, at, now, then))
                for phrase in phrases[:MAX_PHRASES]
            ]
            verdicts = [
                (check, *(evaluate(check, root, at, state) for state in (now, then)))
                for check in SearchCheckSnippet.objects.select_related("page")
                if _explain(check.query, now, at) != _explain(check.query, then, at)
            ]
    except IndexBrokenError as error:
        logger.warning("Preview unavailable: search is not responding: %s.", error)
        return {"is_unavailable": True}
    checks = [
        {"check": check, "now": before, "then": after}
        for check, before, after in sorted(verdicts, key=lambda each: each[2].passed)
        if before.passed != after.passed
    ]
    is_promotion = isinstance(snippet, PromotionSnippet)
    return {
        "lists": lists,
        "more_phrases": len(phrases[MAX_PHRASES:]),
        "checks": checks,
        "failing": len([each for each in checks if not each["then"].passed]),
        "is_deleted": is_deleted,
        "is_inactive": is_promotion and not snippet.is_current(at),
    }


def _changed_state(
    state: IndexState, snippet: Snippet, at: datetime, is_deleted: bool
) -> IndexState:
    snippets = [each for each in type(snippet).objects.all() if each.pk != snippet.pk]
    if not is_deleted:
        saved = copy(snippet)
        # The newest comes last among equals.
        saved.pk = saved.pk or sys.maxsize
        # A promotion counts as active, whenever it starts.
        saved.starts_at = saved.ends_at = None
        snippets.append(saved)
    if isinstance(snippet, PromotionSnippet):
        return replace(state, promotions=PromotionMatcher(snippets, at))
    return replace(state, synonyms=SynonymMatcher(snippets))


def _explain(text: str, state: IndexState, at: datetime) -> tuple:
    """Return all that the order of results depends on, without searching."""
    parsed = parse_query(text, Vocabulary(state, at))
    current = (each for each in parsed.promotions if each.is_current(at))
    promoted = [(each.page_id, each.link) for each in current]
    return parsed.variants, parsed.corrected, promoted


def _compare_positions(
    phrase: str, root: Page, at: datetime, now: IndexState, then: IndexState
) -> list[dict]:
    before, after = (first_results(phrase, root, at, state) for state in (now, then))
    order = list(before)
    pairs = zip_longest(order[:MAX_POSITIONS], list(after)[:MAX_POSITIONS])
    rows = []
    for place, (old, new) in enumerate(pairs):
        move = ""
        if new and new not in before:
            move = "added"
        elif new and (up := order.index(new) - place):
            move = f"up {up}" if up > 0 else f"down {-up}"
        is_removed = old is not None and old not in after
        titles = {"now": before.get(old, ""), "then": after.get(new, "")}
        rows.append({**titles, "is_removed": is_removed, "move": move})
    return rows
