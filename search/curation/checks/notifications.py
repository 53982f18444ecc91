"""Tells the owners of search checks that fail: by email, and on the admin's home."""

import logging
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import BadHeaderError, send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from home.notifications import in_one_line
from search.curation.checks.models import SearchCheckSnippet

logger = logging.getLogger(__name__)

SUBJECT = "Searches of the website that fail"
MAX_LINES = 100


def list_address(**filters: str) -> str:
    """Return the address of the list of checks, narrowed by its filters."""
    address = reverse("wagtailsnippets_search_searchchecksnippet:list")
    return f"{address}?{urlencode(filters)}"


@register_dashboard_tasks
def failing_checks(user, at):
    """Say how many checks fail: to owners of their own, to the leads of all."""
    if not user.has_perm("search.view_searchchecksnippet"):
        return
    failing = SearchCheckSnippet.objects.filter(passed=False)
    filters = {"state": "failing"}
    # Whoever keeps the words of search can mend any of them.
    if not user.has_perm("search.change_promotionsnippet"):
        failing = failing.filter(owner=user)
        filters["whose"] = "mine"
    if count := failing.count():
        words = counted(count, "search check fails", "search checks fail")
        yield DashboardTask(words, list_address(**filters))


def tell_owners(at: datetime) -> None:
    """Send each owner one email about the checks that have come to fail.

    Each check is told of once, and again only after it has passed in between. Where
    the mail server is away, the next call tries again.
    """
    owners = get_user_model().objects.filter(pk__in=_untold().values("owner"))
    for owner in owners.order_by("pk"):
        if not tell(owner, at):
            return


def tell(owner, at: datetime) -> bool:
    """Send an owner the email, unless it has been sent; False to try later again."""
    with transaction.atomic():
        checks = _untold().filter(owner=owner).select_related("page")
        checks = list(checks.select_for_update(of=("self",)))
        marked = SearchCheckSnippet.objects.filter(pk__in=[each.pk for each in checks])
        # Marked before it is sent, so that of two processes only one sends it.
        marked.update(told_at=at)
    if not checks:
        return True
    try:
        send_mail(SUBJECT, _text_of_mail(checks), None, [owner.email])
    except (BadHeaderError, SMTPRecipientsRefused):
        # It would be refused again; the leads see the failures in the admin.
        logger.exception("An owner of search checks cannot be told that they fail.")
    except Exception:
        logger.exception("No email about search checks could be sent.")
        marked.filter(told_at=at).update(told_at=None)
        return False
    return True


def _untold():
    failing = SearchCheckSnippet.objects.filter(passed=False, told_at=None)
    return failing.filter(owner__is_active=True).exclude(owner__email="")


def _text_of_mail(checks: list[SearchCheckSnippet]) -> str:
    base = settings.WAGTAILADMIN_BASE_URL
    context = {
        "checks": [
            {
                "query": in_one_line(check.query),
                "page": in_one_line(check.page.title) if check.page else "",
                "within": check.within,
                "why": check.why,
            }
            for check in checks[:MAX_LINES]
        ],
        "more": max(0, len(checks) - MAX_LINES),
        "address": urljoin(base, list_address(state="failing", whose="mine")),
    }
    return render_to_string("search/checks_mail.txt", context)
