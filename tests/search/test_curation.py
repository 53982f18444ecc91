"""What editors decide: promotions while they may be seen (S5), synonyms (S3)."""

from datetime import datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from wagtail.admin.panels import get_edit_handler
from wagtail.models import Page

from home.content_version import get_next_scheduled_change
from search import curation
from search.engine import query
from search.models import PromotionSnippet, SynonymSnippet
from tests.factories import StandardPageFactory

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
GOV_UK = "https://www.gov.uk/council-tax"
PROMOTIONS = PromotionSnippet.snippet_viewset.get_url_name
SYNONYMS = SynonymSnippet.snippet_viewset.get_url_name


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


def add(searched, found_as, both_ways=False):
    SynonymSnippet.objects.create(
        searched=searched, found_as=found_as, both_ways=both_ways
    )


# Promotions


def test_page_comes_first_and_other_results_follow(page, search_for, promoted):
    StandardPageFactory(parent=page.get_parent(), title="Council tax", summary="")
    promote("council tax", page)
    answer = search_for("council tax")
    assert answer.titles == ["Pay us", "Council tax"]
    assert (titles_of(answer), answer.count) == (["Pay us"], 1)
    first = answer.html.select_one(".result")
    assert first.a["href"].partition("?")[0] == "/pay-us/"
    assert first.select_one(".result__facts").get_text() == "Recommended"
    assert "How to pay." in first.get_text()
    narrowed = search_for("council tax", type="partnership")
    assert (narrowed.titles, narrowed.count) == (["Pay us"], 0)
    PromotionSnippet.objects.update(title="Pay <tax>", description="By card & cash.")
    promote_link("rates, council tax, council taxes", "Second")
    answer = search_for("council tax")
    assert titles_of(answer) == ["Pay <tax>", "Second"]
    first = answer.html.select_one(".result").get_text()
    assert "By card & cash." in first
    assert "How to pay." not in first


def test_plurals_and_stop_words_make_no_difference(home, promoted):
    promote_link("the council tax, paying council tax")
    for typed in (
        "Council Taxes",
        "COUNCIL TAX!",
        "my council tax",
        "how do I pay the council's tax",
    ):
        assert promoted(typed) == ["On GOV.UK"], typed
    for typed in ("council", "tax council", "council tax bands", "counciltax", "!"):
        assert promoted(typed) == [], typed


def test_promotion_for_people_in_need_counts_in_longer_searches(
    page, promoted, search_for, client
):
    promote_link("no bread", "Bread", in_longer_searches=True)
    promote_link("breadless", "Other")
    promote("no bread", page)
    for typed in ("we've no bread today", "Help, NO BREAD!"):
        assert promoted(typed) == ["Bread"], typed
    # A page of ours comes first, although it was promoted later.
    assert promoted("no bread") == ["Pay us", "Bread"]
    for typed in ("bread no", "no brown bread", "bread", "breadless today"):
        assert promoted(typed) == [], typed

    def suggested(typed):
        return client.get(reverse("search_suggestions"), {"query": typed}).json()

    assert suggested("breadl") == {"suggestions": ["breadless"]}
    assert suggested("no br") == {"suggestions": ["no bread"]}
    PromotionSnippet.objects.filter(page=page).delete()
    assert suggested("no br") == {"suggestions": []}


def test_first_promotions_leave_alone_what_officers_own(home, promoted):
    migration = import_module("search.migrations.0005_first_promotions")
    synonyms = SynonymSnippet.objects.count()
    promote_link("Rubbish,  BINS", "Our own bins")
    migration.add_promotions(apps, None)
    assert promoted("bins") == ["Our own bins"]
    assert promoted("i want to die")[0].startswith("Samaritans: call 116 123")
    added = PromotionSnippet.objects.count()
    assert 40 <= added <= 60
    migration.add_promotions(apps, None)
    assert PromotionSnippet.objects.count() == added
    assert SynonymSnippet.objects.count() == synonyms
    PromotionSnippet.objects.all().delete()
    migration.add_promotions(apps, None)
    assert promoted("bins") == ["Find out when your bins are collected"]


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
    send_form(reverse(PROMOTIONS("add")), "", searched="giros", page=str(page.pk))
    assert promoted("giros") == ["Pay us"]
    promotion = PromotionSnippet.objects.get()
    edit = reverse(PROMOTIONS("edit"), args=[promotion.pk])
    values = {"link": GOV_UK, "title": "GOV.UK", "description": "What the law says."}
    send_form(edit, "", page="", **values)
    # The word is not corrected to one that the site has.
    StandardPageFactory(parent=page, title="Girls")
    answer = search_for("giros")
    assert (titles_of(answer), answer.corrected) == (["GOV.UK"], "")
    first = answer.html.select_one(".result")
    assert first.a["href"] == GOV_UK
    assert "Not on this site: gov.uk" in first.get_text()
    assert "What the law says." in first.get_text()
    assert "No results" not in answer.html.main.get_text()
    html = admin_client.get(reverse(PROMOTIONS("list"))).content.decode()
    assert "GOV.UK" in html
    admin_client.post(reverse(PROMOTIONS("delete"), args=[promotion.pk]))
    assert promoted("giros") == []


RIGHT = {
    PromotionSnippet: {
        "searched": "council tax",
        "link": GOV_UK,
        "title": "On GOV.UK",
        "starts_at": "2027-07-01 12:00",
        "ends_at": "2027-07-01 12:01",
    },
    SynonymSnippet: {"searched": "tip, moggy", "found_as": "cat"},
}
WRONG = [
    (PromotionSnippet, {"searched": ""}, "searched", "This field is required."),
    (PromotionSnippet, {"searched": "tax, ?!"}, "searched", "“?!” has no words"),
    (PromotionSnippet, {"searched": ", ,"}, "searched", "Enter at least one word"),
    (PromotionSnippet, {"link": ""}, "link", "Choose a page or enter a web address."),
    (PromotionSnippet, {"page": True}, "link", "or enter a web address, not both."),
    (PromotionSnippet, {"title": ""}, "title", "the page on the other website."),
    (PromotionSnippet, {"link": "javascript:alert(1)"}, "link", "Enter a web address"),
    (PromotionSnippet, {"starts_at": "soon"}, "starts_at", "Enter a date and time"),
    (PromotionSnippet, {"ends_at": "2027-07-01 12:00"}, "ends_at", "after the start"),
    (SynonymSnippet, {"found_as": ""}, "found_as", "This field is required."),
    (SynonymSnippet, {"searched": "moggy, ?!"}, "searched", "“?!” has no words"),
    (SynonymSnippet, {"found_as": "cat, tips"}, "found_as", "“tips” is on"),
    (SynonymSnippet, {"searched": "x" * 501}, "searched", "at most 500 characters"),
]


def test_wrong_promotion_or_synonym_is_refused_with_one_reason(page):
    for model, values, name, message in WRONG:
        form_class = get_edit_handler(model).get_form_class()
        right = RIGHT[model]
        assert form_class(right).is_valid()
        page_value = {"page": str(page.pk)} if "page" in values else {}
        errors = form_class({**right, **values, **page_value}).errors
        assert list(errors) == [name], values
        assert len(errors[name]) == 1
        assert message in errors[name][0]


# Synonyms


@pytest.mark.parametrize("both_ways", [False, True])
def test_synonym_works_one_way_or_two(publish, search_for, both_ways, monkeypatch):
    publish("Cat", "Moggy")
    assert search_for("moggy").titles == ["Moggy"]
    add("moggy", "cat", both_ways)
    # Pages call it so, and the word that was typed is still found.
    assert search_for("moggy").titles == ["Cat", "Moggy"]
    assert search_for("cat").titles == (["Moggy", "Cat"] if both_ways else ["Cat"])
    monkeypatch.setattr(query, "VARIANT_WEIGHT", 0.5)
    assert search_for("moggy").titles == ["Moggy", "Cat"]


def test_phrases_are_known_in_any_form_beside_other_words(publish, search_for):
    publish("Cat shelter", "Xylophone", "Feline Yarm", "Avian flu", "Garden furniture")
    add("rehome moggy", "cat shelter")
    for typed in ("Rehome MOGGIES!", "rehoming my moggy", "a rehome moggy?"):
        assert search_for(typed).titles == ["Cat shelter"], typed
    # Each phrase of a list with each wording.
    add("tomcat, puss\nkitty", "cat, feline")
    for typed in ("tomcat", "puss", "kitties"):
        assert set(search_for(typed).titles) == {"Cat shelter", "Feline Yarm"}
    assert search_for("puss shelter").titles == ["Cat shelter", "Feline Yarm"]
    assert search_for("puss yarm").titles == ["Feline Yarm", "Cat shelter"]
    # The longest phrase counts and not those inside it.
    add("bird", "avian")
    assert search_for("bird table").titles == ["Avian flu"]
    add("bird table", "garden furniture")
    assert search_for("bird table").titles == ["Garden furniture"]
    assert search_for("bird").titles == ["Avian flu"]


def test_acronym_finds_its_words_and_no_page_with_one_of_them(
    publish, home, search_for
):
    publish("Xenial visits", "Xenial yoghurt zone", "Yoghurt")
    # Its words may stand in different places of the page.
    StandardPageFactory(parent=home, title="Zone", summary="Xenial yoghurt")
    add("XYZ", "xenial yoghurt zone", both_ways=True)
    for typed in ("XYZ", "xyz", "xyz form"):
        answer = search_for(typed)
        assert answer.titles == ["Xenial yoghurt zone", "Zone"], typed
        assert answer.count == 2


FIRST_DAY = {
    "PIP": "Personal Independence Payment",
    "skint": "Cost of living",
    "sofa surfing": "Homelessness",
    "house in multiple occupation": "HMO",
}


def test_words_of_the_first_day_find_on_a_new_site(publish, search_for):
    seeds = list(SynonymSnippet.objects.all())
    assert 150 <= len(seeds) <= 300
    for synonym in seeds:
        synonym.full_clean()
    publish(*FIRST_DAY.values())
    for typed, title in FIRST_DAY.items():
        assert search_for(typed).titles == [title]
    SynonymSnippet.objects.all().delete()
    assert [typed for typed in FIRST_DAY if search_for(typed, exact=1).count] == []
