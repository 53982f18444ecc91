"""A search that finds nothing leads on: to what is alike, to sections, to people."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.models import SiteSettings
from search.engine import query as query_module
from search.models import Enquiry, LoggedSearch
from tests.factories import CommunityIndexPageFactory, StandardPageFactory

# Too far from "allotment" to be taken for it, and near enough to be worth a look.
FAR = "allotmentological"
ORIGIN = "http://testserver"


@pytest.fixture
def allotments(section):
    StandardPageFactory(parent=section, title="Garden waste", summary="Brown bins.")
    return StandardPageFactory(parent=section, title="Allotment", summary="Grow food.")


def closest(answer):
    heading = answer.html.main.find(string="Closest matches")
    if heading is None:
        return []
    following = heading.parent.find_next_sibling("ol")
    links = following.select(".result h2 a, .result h3 a, .result h4 a")
    return [link.get_text() for link in links]


def test_closest_matches_are_those_of_a_word_that_is_alike(
    allotments, search_for, client, monkeypatch
):
    answer = search_for(FAR)
    assert (answer.count, answer.titles) == (0, [])
    assert "No results" in answer.html.main.get_text()
    assert closest(answer) == ["Allotment"]
    (link,) = answer.html.main.find_all("a", string="Allotment")
    assert client.get(link["href"])["Location"] == allotments.url
    logged = LoggedSearch.objects.get()
    assert (logged.result_count, logged.clicked_position) == (0, 1)
    for number in range(9):
        StandardPageFactory(
            parent=allotments.get_parent(), title=f"Allotment {number}", summary=""
        )
    assert len(closest(search_for(FAR))) == 5
    assert not closest(search_for("xylophone"))
    monkeypatch.setattr(query_module, "MIN_SIMILARITY", 0.0)
    assert closest(search_for("xylophone"))


def test_page_that_found_nothing_leads_on(home, section, search_for):
    hidden = CommunityIndexPageFactory(parent=home, title="Members only")
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    council = SiteSettings.for_site(section.get_site())
    council.phone = "01642 393939"
    council.save()
    html = search_for("xylophone").html
    assert "No results for xylophone" in html.main.get_text()
    links = {link.get_text(): link["href"] for link in html.main.select("ul a")}
    assert links["Stronger communities"] == "/stronger-communities/"
    assert links["Home page"] == "/"
    assert "01642 393939" in links
    assert "Members only" not in str(html.main)
    ids = [each["id"] for each in html.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {label["for"] for label in html.select("label[for]")} <= set(ids)


def form_of(visitor, query="blue bin & more"):
    """Return the form on the page that found nothing, with what it holds."""
    response = visitor.get(reverse("search"), {"query": query})
    html = BeautifulSoup(response.content, "html.parser")
    form = html.main.select_one("form[method=post]")
    fields = {
        field["name"]: field.get("value", "") for field in form.select("input[name]")
    }
    fields["message"] = form.textarea.get_text().lstrip("\n")
    return form["action"], fields


def send(visitor, action, fields, **headers):
    # As long after as a person needs.
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        return visitor.post(action, fields, **headers)


def test_form_holds_the_search_and_is_sent_from_there(section):
    evil = "\"'></textarea><script>alert(1)</script>"
    visitor = Client(enforce_csrf_checks=True)
    action, fields = form_of(visitor, evil)
    assert not visitor.cookies
    assert "csrfmiddlewaretoken" not in fields
    assert (action, fields["query"]) == (reverse("enquiry"), evil)
    # What was searched for is said above the box, which is empty.
    assert fields["message"] == ""
    fields["message"] = f"A blue bin {evil}"
    too_fast = visitor.post(action, fields, HTTP_ORIGIN=ORIGIN)
    assert too_fast.status_code == 422
    main = BeautifulSoup(too_fast.content, "html.parser").main
    assert evil in main.textarea.get_text()
    assert f"You searched for “{evil}”." in main.get_text()
    assert "You sent this very quickly." in main.get_text()
    assert main.select_one("[name=query]")["value"] == evil
    elsewhere = send(visitor, action, fields, HTTP_ORIGIN="https://evil.example")
    assert elsewhere.status_code == 403
    response = send(visitor, action, fields, HTTP_ORIGIN=ORIGIN)
    assert response.status_code == 302
    stored = Enquiry.objects.get()
    assert response["Location"].endswith(f"/{stored.reference}/")
    assert (stored.query, stored.from_path) == (evil, reverse("search"))
    assert evil in stored.message


def test_who_has_signed_in_sends_a_token(section, admin_user):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(admin_user)
    response = visitor.get(reverse("search"), {"query": "xylophone"})
    assert "Cookie" in response["Vary"]
    action, fields = form_of(visitor)
    fields.pop("csrfmiddlewaretoken")
    assert send(visitor, action, fields, HTTP_ORIGIN=ORIGIN).status_code == 403
    assert Enquiry.objects.count() == 0
