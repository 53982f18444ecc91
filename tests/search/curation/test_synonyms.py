"""Synonyms: other words for the same thing, active at the next search (S3)."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from search.engine import query
from search.models import SynonymSnippet
from tests.factories import StandardPageFactory

ADDRESSES = SynonymSnippet.snippet_viewset.get_url_name


def add(searched, found_as, both_ways=False):
    SynonymSnippet.objects.create(
        searched=searched, found_as=found_as, both_ways=both_ways
    )


@pytest.mark.parametrize("both_ways", [False, True])
def test_synonym_works_one_way_or_two(publish, search_for, both_ways, monkeypatch):
    publish("Cat", "Moggy")
    assert search_for("moggy").titles == ["Moggy"]
    add("moggy", "cat", both_ways)
    assert search_for("moggy").titles == ["Moggy", "Cat"]
    assert search_for("cat").titles == (["Cat", "Moggy"] if both_ways else ["Cat"])
    monkeypatch.setattr(query, "VARIANT_WEIGHT", 5.0)
    assert search_for("moggy").titles == ["Cat", "Moggy"]


def test_phrase_is_known_in_any_form_and_with_stop_words_between(
    home, publish, search_for
):
    StandardPageFactory(parent=home, title="Cat shelter", summary="A shelter.")
    publish("Xylophone")
    add("rehome moggy", "cat shelter")
    typed = ("rehome moggy", "Rehome MOGGIES!", "rehoming my moggy", "a rehome moggy?")
    for each in typed:
        answer = search_for(each)
        assert answer.titles == ["Cat shelter"], each
        assert "<mark>shelter</mark>" in answer.extracts[0]


def test_lists_join_each_phrase_with_each_wording(publish, search_for):
    publish("Cat shelter", "Feline health")
    add("moggy, puss\nkitty", "cat, feline")
    for typed in ("moggy", "puss", "kitties"):
        assert set(search_for(typed).titles) == {"Cat shelter", "Feline health"}


def test_acronym_finds_its_words_and_no_page_with_one_of_them(publish, search_for):
    publish("Xenial visits", "Xenial yoghurt zone", "Yoghurt")
    add("XYZ", "xenial yoghurt zone", both_ways=True)
    for typed in ("XYZ", "xyz", "xyz form"):
        assert search_for(typed).titles == ["Xenial yoghurt zone"], typed


def test_other_words_of_a_search_count_too(publish, search_for):
    publish("Cat Yarm", "Cat Thornaby")
    add("moggy", "cat")
    assert search_for("moggy thornaby").titles == ["Cat Thornaby", "Cat Yarm"]
    assert search_for("moggy yarm").titles == ["Cat Yarm", "Cat Thornaby"]


def test_longest_phrase_counts_and_not_those_inside_it(publish, search_for):
    publish("Avian flu", "Garden furniture")
    add("bird", "avian")
    for phrase in ("bird table", "bird of prey"):
        assert search_for(phrase).titles == ["Avian flu"]
        add(phrase, "garden furniture")
        assert search_for(phrase).titles == ["Garden furniture"]
    assert search_for("bird").titles == ["Avian flu"]


def test_editor_adds_changes_and_deletes_a_synonym(
    publish, send_form, search_for, admin_client
):
    publish("Cat", "Feline")
    send_form(reverse(ADDRESSES("add")), "", searched="moggy", found_as="cat")
    assert search_for("moggy").titles == ["Cat"]
    synonym = SynonymSnippet.objects.get(searched="moggy")
    edit = reverse(ADDRESSES("edit"), args=[synonym.pk])
    send_form(edit, "", found_as="cat, feline", both_ways="on")
    assert set(search_for("moggy").titles) == {"Cat", "Feline"}
    listed = admin_client.get(reverse(ADDRESSES("list"))).content.decode()
    assert "moggy" in listed
    admin_client.post(reverse(ADDRESSES("delete"), args=[synonym.pk]))
    assert search_for("moggy").count == 0


WRONG = [
    ("", "cat", "searched", "This field is required."),
    ("moggy", "", "found_as", "This field is required."),
    ("moggy, ?!", "cat", "searched", "“?!” has no words"),
    (", ,", "cat", "searched", "Enter at least one word"),
    ("tip, Recycle", "my bin, recycling", "found_as", "“recycling” is on"),
    ("x" * 501, "cat", "searched", "at most 500 characters"),
]


def test_wrong_synonym_is_refused_with_one_reason_and_stays_in_the_form(
    db, admin_client
):
    count = SynonymSnippet.objects.count()
    for searched, found_as, name, message in WRONG:
        sent = {"searched": searched, "found_as": found_as, "both_ways": "on"}
        answer = admin_client.post(reverse(ADDRESSES("add")), sent)
        html = BeautifulSoup(answer.content, "html.parser")
        (error,) = html.select(".error-message")
        assert message in error.get_text()
        assert html.select_one("[name=searched]").get("value", "") == searched
        assert html.select_one("[name=found_as]").get("value", "") == found_as
        assert html.select_one("[name=both_ways]").has_attr("checked")
        assert error.find_parent(attrs={"data-contentpath": name})
    assert SynonymSnippet.objects.count() == count


FIRST_DAY = {
    "PIP": "Personal Independence Payment",
    "jsa": "Jobseekers allowance",
    "skint": "Cost of living",
    "sofa surfing": "Homelessness",
    "bin men": "Waste collections",
    "asb": "Antisocial behaviour",
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
