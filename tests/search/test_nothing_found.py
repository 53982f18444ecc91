"""A search that finds nothing leads on: to what is alike, to sections, to people."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from home.models import SiteSettings
from search.engine import vocabulary
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


def test_closest_matches_are_those_of_a_word_that_is_alike(allotments, search_for):
    answer = search_for(FAR)
    assert (answer.count, answer.titles) == (0, [])
    assert "No results" in answer.html.main.get_text()
    assert closest(answer) == ["Allotment"]


def test_closest_matches_are_few(section, search_for):
    for number in range(9):
        StandardPageFactory(parent=section, title=f"Allotment {number}", summary="")
    assert 1 <= len(closest(search_for(FAR))) <= 5


def test_anything_would_be_offered_if_it_needed_not_be_alike(
    allotments, search_for, monkeypatch
):
    monkeypatch.setattr(vocabulary, "MIN_SIMILARITY", 0.0)
    assert closest(search_for("xylophone"))


def draft(page):
    page.unpublish()


def private(page):
    PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.LOGIN
    )


def expired(page):
    page.expire_at = timezone.now() - timedelta(seconds=1)
    page.save()


def deleted(page):
    page.delete()


@pytest.mark.parametrize("hide", [draft, private, expired, deleted])
def test_hidden_page_is_not_among_the_closest(allotments, search_for, hide):
    assert closest(search_for(FAR)) == ["Allotment"]
    hide(Page.objects.get(pk=allotments.pk).specific)
    answer = search_for(FAR)
    assert closest(answer) == []
    assert "Allotment" not in answer.html.main.get_text().replace(FAR, "")


def test_page_that_expires_by_the_clock_leaves_the_closest(allotments, search_for):
    page = Page.objects.get(pk=allotments.pk).specific
    page.expire_at = timezone.now() + timedelta(hours=1)
    page.save()
    assert closest(search_for(FAR)) == ["Allotment"]
    with time_machine.travel(page.expire_at):
        assert closest(search_for(FAR)) == []


def test_closest_match_that_is_opened_is_logged(allotments, search_for, client):
    answer = search_for(FAR)
    (link,) = answer.html.main.find_all("a", string="Allotment")
    assert client.get(link["href"])["Location"] == allotments.url
    noted = LoggedSearch.objects.get()
    assert (noted.result_count, noted.clicked_position) == (0, 1)


def test_sections_of_the_menu_are_listed_and_hidden_ones_are_not(
    home, section, search_for
):
    hidden = CommunityIndexPageFactory(parent=home, title="Members only")
    private(hidden)
    council = SiteSettings.for_site(section.get_site())
    council.phone = "01642 393939"
    council.save()
    main = search_for("xylophone").html.main
    links = {link.get_text(): link["href"] for link in main.select("ul a")}
    assert links["Stronger communities"] == "/stronger-communities/"
    assert links["Home page"] == "/"
    assert "01642 393939" in links
    assert "Members only" not in str(main)


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


def test_form_holds_the_search_and_no_script_gets_into_it(section):
    evil = "\"'></textarea><script>alert(1)</script>"
    action, fields = form_of(Client(), evil)
    assert action == reverse("enquiry")
    assert fields["query"] == evil
    assert fields["from_path"] == reverse("search")
    assert fields["message"].strip() == f"I searched for: {evil}"


def check_sent(response, query="blue bin & more"):
    assert response.status_code == 302
    stored = Enquiry.objects.get()
    assert response["Location"].endswith(f"/{stored.reference}/")
    assert (stored.query, stored.from_path) == (query, reverse("search"))
    assert "blue bin & more" in stored.message


def test_anonymous_visitor_sends_the_form_from_there(section):
    visitor = Client(enforce_csrf_checks=True)
    action, fields = form_of(visitor)
    assert not visitor.cookies
    assert "csrfmiddlewaretoken" not in fields
    check_sent(send(visitor, action, fields, HTTP_ORIGIN=ORIGIN))


def test_form_from_elsewhere_is_refused(section, admin_user):
    """Prove that the two tests above send what is needed."""
    visitor = Client(enforce_csrf_checks=True)
    action, fields = form_of(visitor)
    evil = "https://evil.example"
    assert send(visitor, action, fields, HTTP_ORIGIN=evil).status_code == 403
    visitor.force_login(admin_user)
    action, fields = form_of(visitor)
    fields.pop("csrfmiddlewaretoken")
    assert send(visitor, action, fields, HTTP_ORIGIN=ORIGIN).status_code == 403
    assert Enquiry.objects.count() == 0


def test_page_with_a_token_is_not_for_shared_caches(section, admin_user):
    visitor = Client()
    visitor.force_login(admin_user)
    response = visitor.get(reverse("search"), {"query": "xylophone"})
    assert "Cookie" in response["Vary"]


def test_form_sent_too_fast_comes_back_with_all_that_it_held(section):
    visitor = Client(enforce_csrf_checks=True)
    action, fields = form_of(visitor)
    response = visitor.post(action, fields, HTTP_ORIGIN=ORIGIN)
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    assert "blue bin & more" in html.main.textarea.get_text()
    assert html.main.select_one("[name=query]")["value"] == "blue bin & more"


@pytest.mark.parametrize("query", ["a" * 10_000, "x " * 2_000, "🥕" * 300, "ﷺ" * 300])
def test_form_bears_the_longest_search(section, query):
    action, fields = form_of(Client(), query)
    assert send(Client(), action, fields).status_code == 302
    assert Enquiry.objects.count() == 1


def test_ids_on_the_page_are_unique(allotments, search_for):
    html = search_for(FAR).html
    ids = [each["id"] for each in html.select("[id]")]
    assert len(ids) == len(set(ids))
    for label in html.select("label[for]"):
        assert label["for"] in ids
