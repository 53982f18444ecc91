"""What the clock alone changes on the site, kind by kind, for tests to walk over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from wagtail.models import Page

from community.models import AlertScope, AlertSnippet
from community.models.pages import RelatedPage
from home.models import ChangeNote, PopularPage
from search.models import PromotionSnippet
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

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


# Alerts


def alert_starts(section, moment, **values):
    AlertFactory(
        heading=name_at(moment), starts_at=moment, ends_at=moment + DAY, **values
    )
    return Change(section.url, name_at(moment))


def alert_ends(section, moment, **values):
    AlertFactory(
        heading=name_at(moment), starts_at=moment - DAY, ends_at=moment, **values
    )
    return Change(section.url, name_at(moment), appears=False)


def on_chosen_pages(make):
    def make_on_chosen_pages(section, moment):
        page = StandardPageFactory(parent=section)
        change = make(section, moment, scope="pages")
        alert = AlertSnippet.objects.get(heading=change.sign)
        AlertScope.objects.create(alert=alert, page=section)
        change.address = page.url
        return change

    return make_on_chosen_pages


def on_the(make, address):
    def make_elsewhere(section, moment):
        change = make(section, moment)
        change.address = address
        return change

    return make_elsewhere


# Pages: `place` gives the address at which a page is looked for


def page_expires(place):
    def make(section, moment):
        page = StandardPageFactory(
            parent=section, title=name_at(moment), expire_at=moment
        )
        return Change(place(section, page), page.title, appears=False)

    return make


def page_goes_live(place, is_kept=True):
    def make(section, moment):
        page = StandardPageFactory(parent=section, title=name_at(moment), live=False)
        page.go_live_at = moment
        page.save_revision().publish()
        return Change(place(section, page), page.title, is_kept=is_kept, needs_job=True)

    return make


def itself(section, page):
    return page.url


def parent_of(section, page):
    return section.url


def a_to_z(section, page):
    return f"{section.url}a-to-z/"


def page_beside(section, page):
    return StandardPageFactory(parent=section).url


def below_home(place):
    """Look for a page that stands in the main navigation, on the home page or not."""

    def address(section, page):
        page.show_in_menus = True
        page.save()
        page.move(section.get_parent(), "last-child")
        return place(section, page)

    return address


def home_page(section, page):
    return "/"


def popular_pages(section, page):
    PopularPage.objects.create(home_page=section.get_parent().specific, page=page)
    return "/"


def latest_changes(section, page):
    ChangeNote.objects.create(page=page, note="Opening hours", revision_id=page.pk)
    return "/"


def linked_page_expires(section, moment):
    page = PartnershipPageFactory(parent=section)
    elsewhere = CommunityIndexPageFactory(parent=section.get_parent())
    linked = PartnershipPageFactory(
        parent=elsewhere, title=name_at(moment), expire_at=moment
    )
    RelatedPage.objects.create(page=page, related_page=linked)
    return Change(page.url, linked.title, appears=False)


# Policies


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


def replacement_expires(section, moment):
    elsewhere = CommunityIndexPageFactory(parent=section.get_parent())
    other = PolicyUpdatePageFactory(
        parent=elsewhere, title=name_at(moment), expire_at=moment
    )
    page = PolicyUpdatePageFactory(
        parent=section, replaced_on=(moment - 9 * DAY).date(), replaced_by=other
    )
    return Change(page.url, other.title, appears=False)


# Search, which is never kept


def promotion_starts(section, moment):
    PromotionSnippet.objects.create(
        searched="bins", page=section, title=name_at(moment), starts_at=moment
    )
    return Change("/search/?query=bins", name_at(moment), is_kept=False)


def promotion_ends(section, moment):
    PromotionSnippet.objects.create(
        searched="bins", page=section, title=name_at(moment), ends_at=moment
    )
    return Change("/search/?query=bins", name_at(moment), False, is_kept=False)


# At any moment; each stands for one kind of boundary in the walks that take longer.
ALERTS: dict[str, Maker] = {"alert starts": alert_starts, "alert ends": alert_ends}
PAGES: dict[str, Maker] = {
    "page goes live": page_goes_live(parent_of),
    "page expires": page_expires(itself),
}
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
AT_ANY_MOMENT = ALERTS | PAGES | CONSULTATIONS
AT_MIDNIGHT: dict[str, Maker] = {
    "outcome published": policy("closed", outcome_published_on=0),
    "policy adopted": policy("adopted", outcome_published_on=-9, adopted_on=0),
    "policy under review": policy("under-review", adopted_on=-9, review_started_on=0),
    "policy replaced": policy("replaced", adopted_on=-9, replaced_on=0),
    "policy withdrawn": policy("withdrawn", adopted_on=-9, withdrawn_on=0),
}
PLACES_OF_ALERTS: dict[str, Maker] = {
    "alert starts on the home page": on_the(alert_starts, "/"),
    "alert starts on chosen pages": on_chosen_pages(alert_starts),
    "alert ends on chosen pages": on_chosen_pages(alert_ends),
}
PLACES_OF_PAGES: dict[str, Maker] = {
    "page goes live itself": page_goes_live(itself, is_kept=False),
    "page goes live beside": page_goes_live(page_beside),
    "page goes live in the A to Z": page_goes_live(a_to_z),
    "page leaves its parent": page_expires(parent_of),
    "page leaves the pages beside it": page_expires(page_beside),
    "page leaves the A to Z": page_expires(a_to_z),
    "page leaves the home page": page_expires(below_home(home_page)),
    "page leaves the main navigation": page_expires(below_home(parent_of)),
    "page leaves the popular pages": page_expires(popular_pages),
    "page leaves the latest changes": page_expires(latest_changes),
    "linked page leaves": linked_page_expires,
    "replacement of a policy leaves": replacement_expires,
    "promotion starts": promotion_starts,
    "promotion ends": promotion_ends,
}
EVERYTHING = AT_ANY_MOMENT | AT_MIDNIGHT | PLACES_OF_ALERTS | PLACES_OF_PAGES
