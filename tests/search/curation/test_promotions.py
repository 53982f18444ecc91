"""A promoted result comes first for its search, while it may be seen (S5)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from wagtail.admin.panels import get_edit_handler
from wagtail.models import Page, PageViewRestriction

from home.content_version.counter import get_next_scheduled_change
from search.curation import promotions
from search.models import PromotionSnippet
from tests.factories import PartnershipPageFactory, StandardPageFactory

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
GOV_UK = "https://www.gov.uk/council-tax"
ADDRESSES = PromotionSnippet.snippet_viewset.get_url_name


@pytest.fixture
def page(home):
    return StandardPageFactory(
        parent=home, title="Pay us", slug="pay-us", summary="How to pay."
    )


@pytest.fixture
def promoted(search_for):
    """Return a function that gives the titles that are promoted for a search."""

    def titles(query, **parameters):
        return titles_of(search_for(query, **parameters))

    return titles


def titles_of(answer):
    links = answer.html.select("ul.results[aria-label=Recommended] h2 a")
    return [link.get_text() for link in links]


def promote(searched, page=None, **values):
    return PromotionSnippet.objects.create(searched=searched, page=page, **values)


def promote_link(searched, title="On GOV.UK", **values):
    return promote(searched, link=GOV_UK, title=title, **values)


def test_page_comes_first_and_other_results_follow(page, search_for):
    StandardPageFactory(parent=page.get_parent(), title="Council tax", summary="")
    assert search_for("council tax").titles == ["Council tax"]
    promote("council tax", page)
    answer = search_for("council tax")
    assert answer.titles == ["Pay us", "Council tax"]
    assert titles_of(answer) == ["Pay us"]
    assert answer.count == 1
    first = answer.html.select_one(".result")
    assert first.a["href"].partition("?")[0] == "/pay-us/"
    assert first.select_one(".result__facts").get_text() == "Recommended"
    assert "How to pay." in first.get_text()


def test_page_may_have_another_title_and_description_here(page, search_for):
    promote("tax", page, title="Pay your <tax>", description="By card & cash.")
    first = search_for("tax").html.select_one(".result")
    assert first.h2.get_text() == "Pay your <tax>"
    assert "By card & cash." in first.get_text()
    assert "How to pay." not in first.get_text()


def test_page_of_another_site_says_that_it_is_one(home, search_for):
    promote_link("council tax", description="What the law says.")
    answer = search_for("council tax")
    first = answer.html.select_one(".result")
    assert first.a["href"] == GOV_UK
    assert "on another website" in first.get_text()
    assert "What the law says." in first.get_text()
    assert "No results" not in answer.html.main.get_text()


def test_plurals_and_stop_words_make_no_difference(home, promoted):
    promote_link("the council tax, paying council tax")
    for typed in (
        "council tax",
        "Council Taxes",
        "COUNCIL TAX!",
        "my council tax",
        "how do I pay the council's tax",
        "paying a council tax",
    ):
        assert promoted(typed) == ["On GOV.UK"], typed


def test_other_searches_show_no_promotion(home, promoted):
    promote_link("council tax")
    for typed in ("council", "tax council", "council tax bands", "counciltax", "!"):
        assert promoted(typed) == [], typed


def test_promotions_of_one_search_keep_one_order(page, promoted):
    promote("tax", page)
    promote_link("rates, tax, taxes", "Second")
    promote_link("tax", "Third")
    assert promoted("tax") == ["Second", "Pay us", "Third"]


def test_promotion_is_active_from_saving_to_deleting(page, promoted):
    assert promoted("tax") == []
    promotion = promote("tax", page)
    assert promoted("tax") == ["Pay us"]
    promotion.searched = "rates"
    promotion.save()
    assert (promoted("tax"), promoted("rates")) == ([], ["Pay us"])
    promotion.delete()
    assert promoted("rates") == []


@pytest.mark.parametrize(
    ("starts", "ends", "seen"),
    [
        (None, None, [True, True, True]),
        (0, None, [False, True, True]),
        (None, 0, [True, False, False]),
        (0, 1, [False, True, False]),
        (2, 3, [False, False, False]),
    ],
)
def test_promotion_starts_and_ends_to_the_second(home, promoted, starts, ends, seen):
    promote_link(
        "tax",
        starts_at=None if starts is None else NOON + starts * SECOND,
        ends_at=None if ends is None else NOON + ends * SECOND,
    )
    shown = []
    for seconds in (-1, 0, 1):
        with time_machine.travel(NOON + seconds * SECOND, tick=False):
            shown.append(promoted("tax") == ["On GOV.UK"])
    assert shown == seen


def test_caches_know_when_promotions_start_and_end(home):
    before = NOON - SECOND
    assert get_next_scheduled_change(before) is None
    promote_link("tax", starts_at=NOON, ends_at=NOON + timedelta(days=1))
    assert get_next_scheduled_change(before) == NOON
    assert get_next_scheduled_change(NOON) == NOON + timedelta(days=1)
    assert get_next_scheduled_change(NOON + timedelta(days=1)) is None


def unpublish(page):
    page.unpublish()


def make_private(page):
    kind = PageViewRestriction.LOGIN
    PageViewRestriction.objects.create(page=page, restriction_type=kind)


def expire(page):
    page.expire_at = NOON
    page.save()


def delete(page):
    page.delete()


@pytest.mark.parametrize("hide", [unpublish, make_private, expire, delete])
def test_page_that_may_not_be_seen_is_not_promoted(page, promoted, hide):
    promote("tax", page, title="Pay <em>now</em>", description="Secret")
    with time_machine.travel(NOON, tick=False):
        assert promoted("tax") == ["Pay <em>now</em>"]
        hide(page)
        assert promoted("tax") == []


def test_draft_is_promoted_once_it_is_published(home, promoted):
    draft = StandardPageFactory(parent=home, title="Pay us", live=False)
    promote("tax", draft)
    assert promoted("tax") == []
    draft.save_revision().publish()
    assert promoted("tax") == ["Pay us"]


def test_without_the_check_a_private_page_would_be_promoted(
    page, promoted, monkeypatch
):
    promote("tax", page)
    make_private(page)
    assert promoted("tax") == []
    monkeypatch.setattr(promotions, "visible_pages", lambda at: Page.objects.all())
    assert promoted("tax") == ["Pay us"]


def test_promotion_is_above_filtered_results_too(section, search_for):
    PartnershipPageFactory(parent=section, title="Tax partnership")
    page = StandardPageFactory(parent=section, title="Tax")
    promote("tax", page)
    answer = search_for("tax", type="partnership")
    assert answer.titles == ["Tax", "Tax partnership"]
    assert titles_of(answer) == ["Tax"]
    assert answer.count == 1


def test_corrected_search_is_promoted_too_and_the_exact_one_is_not(home, promoted):
    StandardPageFactory(parent=home, title="Allotments")
    promote_link("allotments")
    assert promoted("alotments") == ["On GOV.UK"]
    assert promoted("alotments", exact=1) == []


def test_word_that_staff_promote_is_not_corrected(home, search_for):
    StandardPageFactory(parent=home, title="Girls")
    promote_link("giros")
    answer = search_for("giros")
    assert titles_of(answer) == ["On GOV.UK"]
    assert answer.corrected == ""


def test_editor_adds_changes_and_deletes_a_promotion(
    page, promoted, send_form, admin_client
):
    add = reverse(ADDRESSES("add"))
    send_form(add, "", searched="council tax", page=str(page.pk))
    assert promoted("council tax") == ["Pay us"]
    promotion = PromotionSnippet.objects.get()
    edit = reverse(ADDRESSES("edit"), args=[promotion.pk])
    send_form(edit, "", page="", link=GOV_UK, title="GOV.UK")
    assert promoted("council tax") == ["GOV.UK"]
    html = admin_client.get(reverse(ADDRESSES("list"))).content.decode()
    assert "council tax" in html
    assert "GOV.UK" in html
    admin_client.post(reverse(ADDRESSES("delete"), args=[promotion.pk]))
    assert promoted("council tax") == []


NEITHER = "Choose a page or enter a web address."
RIGHT = {
    "searched": "council tax",
    "link": GOV_UK,
    "title": "On GOV.UK",
    "starts_at": "2027-07-01 12:00",
    "ends_at": "2027-07-01 12:01",
}


@pytest.mark.parametrize(
    ("values", "name", "message"),
    [
        ({"searched": ""}, "searched", "This field is required."),
        ({"searched": "tax, ?!"}, "searched", "“?!” has no words"),
        ({"searched": ", ,"}, "searched", "Enter at least one word"),
        ({"link": ""}, "link", NEITHER),
        ({"page": True}, "link", "Choose a page or enter a web address, not both."),
        ({"title": ""}, "title", "Enter the title of the page on the other website."),
        ({"link": "javascript:alert(1)"}, "link", "Enter a web address, like"),
        ({"link": "data:text/html,x"}, "link", "Enter a web address, like"),
        ({"link": "ftp://example.org/"}, "link", "Enter a web address, like"),
        ({"starts_at": "soon"}, "starts_at", "Enter a date and time, like"),
        ({"ends_at": "2027-07-01 11:59"}, "ends_at", "must be after the start"),
        ({"ends_at": "2027-07-01 12:00"}, "ends_at", "must be after the start"),
    ],
)
def test_wrong_promotion_is_refused_with_one_reason(page, values, name, message):
    form_class = get_edit_handler(PromotionSnippet).get_form_class()
    assert form_class(RIGHT).is_valid()
    if "page" in values:
        values = {"page": str(page.pk)}
    errors = form_class({**RIGHT, **values}).errors
    assert list(errors) == [name]
    assert len(errors[name]) == 1
    assert message in errors[name][0]
