"""A promoted result comes first for its search, while it may be seen (S5)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from wagtail.admin.panels import get_edit_handler
from wagtail.models import Page

from home.content_version import get_next_scheduled_change
from search import curation
from search.models import PromotionSnippet
from tests.factories import StandardPageFactory

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
    narrowed = search_for("council tax", type="partnership")
    assert (narrowed.titles, narrowed.count) == (["Pay us"], 0)
    PromotionSnippet.objects.update(title="Pay <tax>", description="By card & cash.")
    page.save_revision().publish()
    first = search_for("council tax").html.select_one(".result")
    assert first.h2.get_text() == "Pay <tax>"
    assert "By card & cash." in first.get_text()
    assert "How to pay." not in first.get_text()


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
    for typed in ("council", "tax council", "council tax bands", "counciltax", "!"):
        assert promoted(typed) == [], typed


def test_promotions_of_one_search_keep_one_order(page, promoted):
    promote("tax", page)
    promote_link("rates, tax, taxes", "Second")
    promote_link("tax", "Third")
    assert promoted("tax") == ["Second", "Pay us", "Third"]


def test_promotion_starts_and_ends_to_the_second(home, promoted):
    StandardPageFactory(parent=home, title="Allotments")
    dates = {"starts_at": NOON, "ends_at": NOON + SECOND}
    promote_link("allotments", "Always")
    promote_link("allotments", "From noon", starts_at=NOON)
    promote_link("allotments", "To noon", ends_at=NOON)
    promote_link("allotments", "At noon", **dates)
    shown = []
    for seconds in (-1, 0, 1):
        with time_machine.travel(NOON + seconds * SECOND, tick=False):
            shown.append(promoted("allotments"))
            # A corrected search is promoted too, and the exact one is not.
            assert promoted("alotments") == shown[-1]
            assert promoted("alotments", exact=1) == []
    assert shown == [
        ["Always", "To noon"],
        ["Always", "From noon", "At noon"],
        ["Always", "From noon"],
    ]
    # Caches know.
    assert get_next_scheduled_change(NOON - SECOND) == NOON
    assert get_next_scheduled_change(NOON) == NOON + SECOND
    assert get_next_scheduled_change(NOON + SECOND) is None


def test_page_is_promoted_only_while_it_may_be_seen(home, promoted, monkeypatch):
    page = StandardPageFactory(parent=home, title="Pay us", live=False)
    promote("tax", page)
    with time_machine.travel(NOON, tick=False):
        assert promoted("tax") == []
        page.save_revision().publish()
        assert promoted("tax") == ["Pay us"]
        page.expire_at = NOON
        page.save()
        assert promoted("tax") == []
        monkeypatch.setattr(curation, "visible_pages", lambda at: Page.objects.all())
        assert promoted("tax") == ["Pay us"]
        page.delete()
        assert promoted("tax") == []


def test_editor_adds_changes_and_deletes_a_promotion(
    page, search_for, promoted, send_form, admin_client
):
    add = reverse(ADDRESSES("add"))
    send_form(add, "", searched="giros", page=str(page.pk))
    assert promoted("giros") == ["Pay us"]
    promotion = PromotionSnippet.objects.get()
    edit = reverse(ADDRESSES("edit"), args=[promotion.pk])
    values = {"link": GOV_UK, "title": "GOV.UK", "description": "What the law says."}
    send_form(edit, "", page="", **values)
    # The word is not corrected to one that the site has.
    StandardPageFactory(parent=page, title="Girls")
    answer = search_for("giros")
    assert (titles_of(answer), answer.corrected) == (["GOV.UK"], "")
    first = answer.html.select_one(".result")
    assert first.a["href"] == GOV_UK
    assert "on another website" in first.get_text()
    assert "What the law says." in first.get_text()
    assert "No results" not in answer.html.main.get_text()
    html = admin_client.get(reverse(ADDRESSES("list"))).content.decode()
    assert "giros" in html
    assert "GOV.UK" in html
    admin_client.post(reverse(ADDRESSES("delete"), args=[promotion.pk]))
    assert promoted("giros") == []


NEITHER = "Choose a page or enter a web address."
RIGHT = {
    "searched": "council tax",
    "link": GOV_UK,
    "title": "On GOV.UK",
    "starts_at": "2027-07-01 12:00",
    "ends_at": "2027-07-01 12:01",
}


WRONG = [
    ({"searched": ""}, "searched", "This field is required."),
    ({"searched": "tax, ?!"}, "searched", "“?!” has no words"),
    ({"searched": ", ,"}, "searched", "Enter at least one word"),
    ({"link": ""}, "link", NEITHER),
    ({"page": True}, "link", "Choose a page or enter a web address, not both."),
    ({"title": ""}, "title", "Enter the title of the page on the other website."),
    ({"link": "javascript:alert(1)"}, "link", "Enter a web address, like"),
    ({"link": "ftp://example.org/"}, "link", "Enter a web address, like"),
    ({"starts_at": "soon"}, "starts_at", "Enter a date and time, like"),
    ({"ends_at": "2027-07-01 11:59"}, "ends_at", "must be after the start"),
    ({"ends_at": "2027-07-01 12:00"}, "ends_at", "must be after the start"),
]


def test_wrong_promotion_is_refused_with_one_reason(page):
    form_class = get_edit_handler(PromotionSnippet).get_form_class()
    assert form_class(RIGHT).is_valid()
    for values, name, message in WRONG:
        page_value = {"page": str(page.pk)} if "page" in values else {}
        errors = form_class({**RIGHT, **values, **page_value}).errors
        assert list(errors) == [name], values
        assert len(errors[name]) == 1
        assert message in errors[name][0]
