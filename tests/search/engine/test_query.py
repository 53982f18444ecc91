"""Search understands what was meant: forms of tokens, words run together, spelling."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from search import tokens
from search.engine import query
from search.engine.query import Vocabulary
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

# What is written, in sites where no two pages have the same words, and what is typed.
SAME_WORDS = [
    {
        "E-mail alerts": ("email", "e mail"),
        "Co-operative shops": ("cooperative",),
        "Drop-in clinic": ("dropin", "drop in"),
        "Well-being": ("well being",),
        # Forms that no stemmer knows, and those that one does.
        "Children": ("child",),
        "Women": ("woman",),
        "People": ("person",),
        "Paid": ("pay",),
        "Marriages": ("married",),
        "Pantries": ("pantry", "PANTRY"),
        "Volunteering": ("volunteers",),
        "Housing": ("house",),
        # Accents, apostrophes, signs and other scripts.
        "Crêperie": ("creperie",),
        "Cafe\u0301": ("café", "cafe", "CAFE!!!"),
        "O’Brien Court": ("o'brien", "obrien"),
        "The council's plan": ("councils", "council’s"),
        "Straße": ("strasse",),
        "Ｆｕｌｌ ｗｉｄｔｈ": ("full width",),
        "ﬁre": ("fire",),
        "Łódź square": ("lodz",),
        "日本 館": ("館",),
    },
    {
        "E‐mail alerts": ("email",),
        "Cooperative shops": ("co-operative", "co‐operative"),
        "Dropin clinic": ("drop-in",),
        "Child": ("children",),
        "O'Brien Court": ("obrien",),
    },
    {
        "Email alerts": ("e-mail", "e mail"),
        "Drop in clinic": ("drop-in",),
        "Children's": ("child's",),
        # Stop words, where there is nothing else.
        "Who and where to be": ("who", "WHERE?", "to be", "who and where"),
    },
]


@pytest.mark.parametrize("site", SAME_WORDS)
def test_ways_to_write_a_word_meet_without_a_correction(publish, search_for, site):
    publish(*site, "Xylophone")
    for written, typed in site.items():
        for each in typed:
            answer = search_for(each)
            assert (answer.titles, answer.corrected) == ([written], ""), each


def test_stop_words_find_nothing_beside_a_significant_word(
    publish, search_for, monkeypatch
):
    publish("How to get there", "Bulky waste")
    assert search_for("how do I get bulky waste").titles == ["Bulky waste"]
    monkeypatch.setattr(tokens, "STOP_WORDS", frozenset())
    assert search_for("how do I get bulky waste").count == 2


def test_half_typed_words_find_from_four_letters_on(publish, search_for):
    publish("Homelessness")
    counts = {"hom": 0, "home": 1, "homel": 1, "yarm homel": 1, "homex": 0}
    assert {typed: search_for(typed).count for typed in counts} == counts
    assert not any(search_for(typed).corrected for typed in counts)


RUN_TOGETHER = {
    "bluebadge": "Blue badge",
    "green badge": "Greenbadge",
    "foodbank": "Food bank",
    "yarm foodbank": "Food bank",
    "clothes banks": "Clothesbanks",
    "yarm clothes bank": "Clothesbanks",
    # Both words, which are nowhere side by side.
    "hygieneholidays": "",
}


def test_words_run_together_and_words_apart_meet(publish, search_for):
    publish("Yarm", "Food hygiene", "Bank holidays", *set(RUN_TOGETHER.values()) - {""})
    for typed, written in RUN_TOGETHER.items():
        titles = search_for(typed).titles
        assert written in titles if written else titles == [], typed


SPELLINGS = {
    "alotments": "allotments",
    "alltoments": "allotments",
    "álotments": "allotments",
    "acommodation": "accommodation",
    "apprenterships": "apprenticeships",
    "bagde": "badge",
    "kouncil": "council",
    # Written by ear.
    "fone": "phone",
    "skool": "school",
    "educashun": "education",
    # Of one stem with "allow", which is no reason to take it as correct.
    "allowence": "allowance",
}


def test_spelling_is_corrected_from_the_sites_own_words(publish, search_for):
    publish(*sorted(set(SPELLINGS.values())))
    answers = {typed: search_for(typed) for typed in SPELLINGS}
    assert {typed: each.corrected for typed, each in answers.items()} == SPELLINGS
    for typed, answer in answers.items():
        meant = SPELLINGS[typed]
        assert answer.titles == [meant]
        assert f"1 result for {meant}" in answer.html.main.get_text()


def test_numbers_short_words_and_strange_words_are_not_corrected(publish, search_for):
    publish("Plan 2020", "Bag", "Shops in TS19", "Section s106", "Allotments")
    typed = ("2021", "bog", "ts18", "s107", "xylophone", "allotmentarians")
    answers = {each: search_for(each) for each in typed}
    said = {each: answer.corrected for each, answer in answers.items()}
    assert said == dict.fromkeys(typed, "")
    assert not any(answer.count for answer in answers.values())


def test_word_is_corrected_only_while_the_site_does_not_have_it(publish, search_for):
    tarn, *_ = publish("Tarn", "Tart", "Kelps")
    for typed in ("tarns", "tarn's", "TARN", "tart tarn", "kelp"):
        assert search_for(typed).corrected == "", typed
    assert search_for("tarn").titles == ["Tarn"]
    tarn.unpublish()
    answer = search_for("tarn")
    assert (answer.titles, answer.corrected) == (["Tart"], "tart")


# What people write in distress, beside a site that has only words near to theirs.
DISTRESS = """
my husband hits me
he beets me
hes stabing me
my dad rapped me
hate crime
i want to die
urgent help tonight
someone is hurting a child
we were evicted
no heating and no food
my mum is starving
i was abused at school
self harming
bailiffs are here
gang is threatening my son
"""
NEAR_WORDS = """
His Have Meets Staying Mapped Dice Tight Wedding Reading Hunting Elected Hearing Floods
Staring Amused Farming Bailiwick Gong Thickening Suitable Hasbeen Band Wart Nod Chile
"""


def test_sentence_in_distress_is_never_changed(publish, search_for, monkeypatch):
    publish(" ".join(NEAR_WORDS.split()), "Xylophone")
    sentences = DISTRESS.strip().splitlines()
    changed = [each for each in sentences if search_for(each).corrected]
    assert changed == []
    # What is common in English is never a mistake.
    assert search_for("wedeing").corrected == "wedding"
    # What is nearly a word of distress is read as that one, or left.
    assert search_for("i feel suiside").corrected == "i feel suicide"
    monkeypatch.setattr(query, "is_never_corrected", lambda word: False)
    monkeypatch.setattr(query, "near_distress", lambda word, mistakes: [])
    changed = [each for each in sentences if search_for(each).corrected]
    assert len(changed) >= 8


def test_word_that_staff_explain_is_not_corrected(publish, search_for, monkeypatch):
    publish("Skin clinic", "Hardship")
    answer = search_for("skint")
    assert (answer.titles, answer.corrected) == (["Hardship"], "")
    monkeypatch.setattr(Vocabulary, "__contains__", Vocabulary.is_indexed)
    assert search_for("skint").corrected == "skin"


def test_word_that_is_beside_the_others_was_meant(publish, search_for):
    publish("Web page", "Home page", "Any page", "Blue badge")
    publish("Yarm", "Thornaby allotments")
    meant = {
        "blue bage": "blue badge",
        "web bage": "web page",
        "bage": "badge",
        # Far off, so only beside its own words.
        "thornaby alotmants": "thornaby allotments",
        "yarm alotmants": "",
        "alotmants": "allotments",
    }
    assert {typed: search_for(typed).corrected for typed in meant} == meant


def test_original_search_is_one_link_away_with_its_filters(section, search_for, read):
    StandardPageFactory(parent=section, title="Allotments", summary="")
    PartnershipPageFactory(parent=section, title="Allotments of Yarm")
    answer = search_for("Alotments & more?", type="information", sort="newest")
    assert answer.titles == ["Allotments"]
    assert answer.corrected == "allotments & more?"
    link = answer.html.main.find("a", string="Alotments & more?")["href"]
    assert parse_qs(urlsplit(link).query) == {
        "query": ["Alotments & more?"],
        "type": ["information"],
        "sort": ["newest"],
        "exact": ["1"],
    }
    original = read(reverse("search") + link)
    assert "Showing results for" not in original.main.get_text()
    assert "No results for Alotments & more?" in original.main.get_text()
    assert original.select_one("main input")["value"] == "Alotments & more?"


AS_TYPED = {
    'The "COUNCIL" Alotments, please!': 'The "COUNCIL" allotments, please!',
    "Alotments: Council’s plan": "allotments: Council’s plan",
    "alotment's council": "allotments council",
    "café council alotments": "café council allotments",
    "¼ council alotments": "¼ council allotments",
}


def test_correction_keeps_the_other_words_as_typed(publish, search_for):
    publish("Council allotments plan", "Council cafe", "Please or what")
    assert {typed: search_for(typed).corrected for typed in AS_TYPED} == AS_TYPED
    evil = "<script>alert(1)</script> alotments"
    html = str(search_for(evil).html.main)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; allotments</strong>" in html
    assert "<script>alert" not in html


FIELDS = ["title", "summary", "search_words", "strapline", "introduction"]


def test_words_in_every_field_are_found(home, section, search_for):
    for field in FIELDS:
        CommunityIndexPageFactory(parent=home, **{field: "Handouts"})
    PolicyUpdatePageFactory(parent=section, withdrawn_reason="No more handouts")
    assert search_for("handouts").count == len(FIELDS) + 1


def test_words_that_only_residents_use_are_found_and_never_shown(home, search_for):
    page = StandardPageFactory(parent=home, title="Hardship", search_words="brassic")
    answer = search_for("brassic")
    assert answer.titles == ["Hardship"]
    assert "brassic" not in answer.html.select_one(".results").get_text()
    page.search_words = ""
    page.save_revision().publish()
    assert search_for("brassic").titles == []
