"""What residents did next becomes suggestions, each taken with one click."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from search.feedback import suggestions
from search.feedback.models import FeedbackAction
from search.log import models
from search.models import LoggedSearch, PromotionSnippet, SynonymSnippet
from tests.factories import StandardPageFactory
from tests.search.feedback.conftest import MAY_USE, may, parse, text_of

MAY_ADD = ("add_synonymsnippet", "add_promotionsnippet")


@pytest.fixture
def visit(clock, home, client):
    """Return a function that searches from the form of the page before, and reads."""

    def search(query, before=None, seconds=60):
        clock.shift(timedelta(seconds=seconds))
        form = before.main.select_one("form[role=search]") if before else None
        fields = form.select("input[type=hidden]") if form else ()
        carried = {field["name"]: field["value"] for field in fields}
        response = client.get(reverse("search"), {**carried, "query": query})
        assert response.status_code == 200
        assert not response.cookies
        return parse(response)

    return search


@pytest.fixture
def open_result(client):
    def click(html, number):
        return client.get(html.select("ol.results h2 a")[number - 1]["href"])

    return click


@pytest.fixture
def officer(colleague):
    return colleague("olive", *MAY_USE, *MAY_ADD)


@pytest.fixture
def topic_page(queue, client, officer):
    """Return a function that reads an officer's page on the topic with a label."""

    def read(label):
        client.force_login(officer)
        rows = {row.label: row.address for row in queue(state="all")}
        response = client.get(rows[label])
        client.logout()
        return parse(response)

    return read


def offered(html, heading):
    found = html.find("h2", string=heading)
    items = found.find_next_sibling("ul").select("li") if found else ()
    texts = [" ".join(each.get_text(" ", strip=True).split()) for each in items]
    # Without the buttons.
    return [re.split(" (?:Add|Promote) ", each)[0] for each in texts]


def send(client, form, *buttons):
    fields = form.select("input[name]")
    data = {each["name"]: each["value"] for each in fields}
    return client.post(form["action"], {**data, **dict(buttons)}, follow=True)


def previous():
    return list(
        LoggedSearch.objects.order_by("pk").values_list("topic", "previous_topic")
    )


@pytest.fixture
def centre(section, clock):
    SynonymSnippet.objects.all().delete()
    return StandardPageFactory(parent=section, title="Recycling centre", summary="")


def test_second_search_of_a_visitor_becomes_a_synonym_with_one_click(
    centre, visit, open_result, topic_page, client, officer
):
    for words in ("Recycling centre", "recycling centres"):
        second = visit(words, before=visit("the tip"))
        assert second.select_one("[name=query]")["value"] == words
        open_result(second, 1)
    # Opened nothing, or came too late.
    visit("skips", before=visit("the tip"))
    open_result(visit("centre", before=visit("the tip"), seconds=601), 1)
    html = topic_page("the tip")
    assert offered(html, "Suggested synonyms") == ["“recycling centre”: 2 times"]
    client.force_login(officer)
    form = html.select_one("form[action*=synonymsnippet]")
    preview = send(client, form, ("action-preview", "preview"))
    assert "What would change if you save this" in text_of(preview)
    assert not SynonymSnippet.objects.exists()
    send(client, form)
    added = SynonymSnippet.objects.get()
    assert (added.searched, added.found_as) == ("the tip", "recycling centre")
    assert FeedbackAction.objects.get().topic == "tip"
    client.logout()
    assert "Recycling centre" in str(visit("the tip").main)


def test_searches_are_joined_only_as_far_as_they_may_be(
    centre, visit, open_result, monkeypatch
):
    first = visit("recycling centre")
    open_result(first, 1)
    visit("opened before", before=first)
    visit("recycling", before=visit("Recycling!"))
    assert {before for _, before in previous()} == {""}
    late = visit("the tip")
    visit("dump", before=late, seconds=600)
    assert {before for _, before in previous()} == {""}
    monkeypatch.setattr(models, "SAME_TASK", timedelta(hours=1))
    visit("dump", before=late)
    assert previous()[-1] == ("dump", "tip")


@pytest.mark.parametrize("forged", ["", "x", "\0" * 12, "A" * 12, "é" * 12, "A" * 9999])
def test_forged_key_joins_nothing(forged, home, client):
    answer = client.get(reverse("search"), {"query": "tip", "after": forged})
    assert answer.status_code == 200
    assert previous() == [("tip", "")]
    assert "after=" not in str(parse(answer).main)


def test_page_opened_far_down_becomes_a_promotion_with_one_click(
    section, visit, open_result, topic_page, client, officer
):
    for number in range(1, 6):
        StandardPageFactory(
            parent=section, title=f"Hedgehog {number}", summary="", slug=f"h{number}"
        )
    results = visit("hedgehogs")
    last = results.select("ol.results h2 a")[4]
    for _ in range(2):
        open_result(visit("hedgehogs"), 5)
        open_result(visit("hedgehogs"), 1)
    open_result(visit("hedgehogs"), 4)
    html = topic_page("hedgehogs")
    expected = f"{last.get_text()} : opened 2 times, in position 5 or lower"
    assert offered(html, "Suggested promotions") == [expected]
    client.force_login(officer)
    send(client, html.select_one("form[action*=promotionsnippet]"))
    page = PromotionSnippet.objects.get().page
    assert page.title == last.get_text()
    client.logout()
    assert not offered(topic_page("hedgehogs"), "Suggested promotions")
    # It says nothing of what is not public.
    PromotionSnippet.objects.all().delete()
    assert offered(topic_page("hedgehogs"), "Suggested promotions")
    page.unpublish()
    assert not offered(topic_page("hedgehogs"), "Suggested promotions")


def test_suggestions_are_for_those_who_may_add_them_and_for_more_than_one_time(
    searched, queue, client, handler, clock, home, monkeypatch
):
    SynonymSnippet.objects.all().delete()
    searched("the tip")
    searched("recycling centre", opened=1, previous_topic="tip")
    searched("12 Acacia Avenue bins", times=2, opened=1, previous_topic="tip")
    may(handler, *MAY_ADD)
    [address] = [row.address for row in queue() if row.label == "the tip"]
    assert "Suggested" not in client.get(address).content.decode()
    with monkeypatch.context() as patch:
        patch.setattr(suggestions, "MIN_TIMES", 1)
        assert "“recycling centre”" in client.get(address).content.decode()
    searched("recycling centre", opened=1, previous_topic="tip")
    assert "“recycling centre”" in client.get(address).content.decode()
    assert "Acacia" not in client.get(address).content.decode()
    handler.user_permissions.filter(codename__in=MAY_ADD).delete()
    client.force_login(type(handler).objects.get(pk=handler.pk))
    assert "Suggested" not in client.get(address).content.decode()
