"""What the clock alone changes on the site, kind by kind, for tests to walk over.

That what expires leaves every other page is in `test_visibility.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from wagtail.models import Page

from community.models import AlertScope, AlertSnippet
from search.models import PromotionSnippet
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory

LONDON = ZoneInfo("Europe/London")
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@dataclass
class Change:
    """What an address says from a moment on (`appears`), or says until then.

    `is_kept`: the cache keeps such pages. `needs_job`: scheduled work brings it about.
    """

    address: str
    sign: str
    appears: bool = True
    is_kept: bool = True
    needs_job: bool = False

    def is_seen_in(self, html: str) -> bool:
        return (self.sign in html) is self.appears


Maker = Callable[[Page, datetime], Change]


def midnight(day: date) -> datetime:
    """Return when a day begins in Stockton."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def name_at(moment: datetime) -> str:
    return f"Notice {moment:%y%m%d%H%M%S}"


def alert_starts(section, moment):
    AlertFactory(heading=name_at(moment), starts_at=moment, ends_at=moment + DAY)
    return Change(section.url, name_at(moment))


def alert_ends(section, moment):
    AlertFactory(heading=name_at(moment), starts_at=moment - DAY, ends_at=moment)
    return Change(section.url, name_at(moment), appears=False)


def on_chosen_pages(make):
    def make_on_chosen_pages(section, moment):
        page = StandardPageFactory(parent=section)
        change = make(section, moment)
        alert = AlertSnippet.objects.get(heading=change.sign)
        alert.scope = "pages"
        alert.save()
        AlertScope.objects.create(alert=alert, page=section)
        change.address = page.url
        return change

    return make_on_chosen_pages


def page_expires(section, moment):
    page = StandardPageFactory(parent=section, title=name_at(moment), expire_at=moment)
    return Change(page.url, page.title, appears=False)


def page_leaves_its_parent(section, moment):
    change = page_expires(section, moment)
    change.address = section.url
    return change


def page_goes_live(section, moment):
    page = StandardPageFactory(parent=section, title=name_at(moment), live=False)
    page.go_live_at = moment
    page.save_revision().publish()
    return Change(section.url, page.title, needs_job=True)


def policy(status, appears=True, **names):
    def make(section, moment):
        dates = {
            name: moment + days * DAY
            if name.endswith("_at")
            else (moment + days * DAY).astimezone(LONDON).date()
            for name, days in names.items()
        }
        page = PolicyUpdatePageFactory(
            parent=section, withdrawn_reason="Out of date.", **dates
        )
        return Change(page.url, f'data-status="{status}"', appears)

    return make


def promotion(field, appears):
    def make(section, moment):
        PromotionSnippet.objects.create(
            searched="bins", page=section, title=name_at(moment), **{field: moment}
        )
        # Search is never kept.
        return Change("/search/?query=bins", name_at(moment), appears, is_kept=False)

    return make


CONSULTATIONS: dict[str, Maker] = {
    "consultation opens": policy(
        "consultation-open", consultation_opens_at=0, consultation_closes_at=9
    ),
    "consultation closes": policy(
        "consultation-open",
        appears=False,
        consultation_opens_at=-9,
        consultation_closes_at=0,
    ),
}
# Each stands for one kind of scheduled change in the walks that take longer.
AT_ANY_MOMENT: dict[str, Maker] = {
    "alert starts": alert_starts,
    "alert ends": alert_ends,
    "page goes live": page_goes_live,
    "page expires": page_expires,
    **CONSULTATIONS,
}
AT_MIDNIGHT: dict[str, Maker] = {
    "outcome published": policy("closed", outcome_published_on=0),
    "policy adopted": policy("adopted", outcome_published_on=-9, adopted_on=0),
    "policy under review": policy("under-review", adopted_on=-9, review_started_on=0),
    "policy replaced": policy("replaced", adopted_on=-9, replaced_on=0),
    "policy withdrawn": policy("withdrawn", adopted_on=-9, withdrawn_on=0),
}
EVERYTHING: dict[str, Maker] = {
    **AT_ANY_MOMENT,
    **AT_MIDNIGHT,
    "alert starts on chosen pages": on_chosen_pages(alert_starts),
    "alert ends on chosen pages": on_chosen_pages(alert_ends),
    "page leaves its parent": page_leaves_its_parent,
    "promotion starts": promotion("starts_at", appears=True),
    "promotion ends": promotion("ends_at", appears=False),
}
