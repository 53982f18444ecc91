"""Residents say by one tap whether a page was useful, and more if they like."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from home.content_version import get_content_version
from home.rate_limits import RateLimit
from search.models import PageFeedbackComment, PageFeedbackCount
from tests.factories import PAGE_FACTORIES, StandardPageFactory
from tests.search.feedback.conftest import parse, shown_seconds_ago

OURS = {"Origin": "http://testserver"}
MONTH = timezone.localdate().replace(day=1)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, title="Blue bins")


def address(page):
    return reverse("page_feedback", args=[getattr(page, "pk", page)])


def vote(page, useful="yes", person=1, client=None, **values):
    return (client or Client()).post(
        address(page),
        {"useful": useful, **values},
        REMOTE_ADDR=f"192.0.2.{person}",
    )


def counts(page):
    return list(
        PageFeedbackCount.objects.filter(page=page).values_list("month_on", "yes", "no")
    )


def form_on(html):
    return html.main.select_one("form.page-feedback")


def test_every_page_asks_with_two_named_buttons_and_no_token(make_page, read, section):
    for page in map(make_page, PAGE_FACTORIES):
        html = read(page.url)
        (link,) = html.footer.select(f"a[href^='{reverse('enquiry')}']")
        assert link["href"].endswith(urlencode({"from": page.url}))
        form = form_on(html)
        assert form["action"] == address(page)
        assert form.fieldset.legend.get_text() == "Was this page useful?"
        buttons = {each["value"]: each.get_text() for each in form.select("button")}
        assert buttons == {
            "yes": "Yes, this page was useful",
            "no": "No, this page was not useful",
        }
        (honeypot,) = form.select("input")
        assert honeypot["name"] == "website"
        assert honeypot.find_parent("p")["aria-hidden"] == "true"
    for path in ("/search/?query=bins", f"{section.url}a-to-z/", "/cant-find-it/"):
        assert form_on(read(path)) is None
    assert form_on(read("/nowhere/", status=404)) is None


def test_page_stays_in_the_cache_after_a_vote(page, client):
    client.get(page.url)
    before, version = client.get(page.url), get_content_version()
    assert vote(page).status_code == 302
    after = client.get(page.url)
    assert "hit" in before["Cache-Status"]
    assert "hit" in after["Cache-Status"]
    assert before.content == after.content
    assert get_content_version() == version


def test_staff_get_a_token_and_are_not_asked_where_others_cannot_read(
    page, admin_client
):
    html = parse(admin_client.get(page.url))
    assert form_on(html).select_one("[name=csrfmiddlewaretoken]")
    assert "wagtail-userbar" in str(html)
    draft = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
    PageViewRestriction.objects.create(page=page, restriction_type="login")
    for path in (draft, page.url):
        response = admin_client.get(path)
        assert response.status_code == 200
        assert form_on(parse(response)) is None


def test_votes_are_counted_once_a_day_for_the_page_and_the_month(
    page, section, client, monkeypatch
):
    for person, useful in enumerate(("yes", "yes", "no")):
        response = vote(page, useful, person)
        assert response["Location"] == f"{address(page)}{useful}/"
    vote(section, "no")
    for useful in ("yes", "no"):
        thanks = client.get(vote(page, useful, person)["Location"])
        assert "Thank you" in thanks.content.decode()
    assert counts(page) == [(MONTH, 2, 1)]
    assert counts(section) == [(MONTH, 0, 1)]
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        vote(page)
    assert [yes for _, yes, _ in counts(page)] == [1, 2]
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        vote(page)
    assert sum(yes for _, yes, _ in counts(page)) == 4
    # Without the limit, all count.
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    for _ in range(3):
        vote(page)
    assert sum(yes for _, yes, _ in counts(page)) == 7


def test_one_address_and_all_together_have_limits(section, settings):
    settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL = 1, 1
    pages = StandardPageFactory.create_batch(12, parent=section)
    statuses = [vote(page).status_code for page in pages[:4]]
    assert statuses == [302, 302, 302, 429]
    for person, page in enumerate(pages, start=2):
        vote(page, person=person)
    assert sum(count.yes for count in PageFeedbackCount.objects.all()) == 10


def test_looking_and_mistakes_count_nothing_and_are_in_no_cache(page, client):
    response = client.get(address(page), {"useful": "yes"})
    assert form_on(parse(response))["action"] == address(page)
    assert client.head(address(page)).status_code == 200
    assert client.put(address(page)).status_code == 405
    response = vote(page, website="https://spam.example")
    assert "Thank you" in client.get(response["Location"]).content.decode()
    for useful in ("", "maybe", "yes\0", "1"):
        response = vote(page, useful)
        assert response.status_code == 422
        assert "Select Yes or No" in response.content.decode()
    looks = [client.get(f"{address(page)}{end}") for end in ("yes/", "no/", "thanks/")]
    looks.append(client.get(address(page)))
    for looked in looks:
        assert looked.status_code == 200
        assert "no-store" in looked["Cache-Control"]
        assert not looked.cookies
    assert PageFeedbackCount.objects.count() == PageFeedbackComment.objects.count() == 0


def test_page_that_is_not_public_takes_no_votes_and_tells_nothing(section, client):
    pages = StandardPageFactory.create_batch(4, parent=section, title="Blue bins")
    keys = [page.pk for page in pages]
    draft, private, expired, deleted = pages
    draft.unpublish()
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    expired.expire_at = timezone.now() - timedelta(seconds=1)
    expired.save()
    deleted.delete()
    comment = {"comment": "x", "shown_at": shown_seconds_ago(60)}
    for pk in (*keys, Page.objects.get(depth=1).pk):
        for response in (
            vote(pk),
            client.get(address(pk)),
            client.get(f"{address(pk)}yes/"),
            client.get(f"{address(pk)}thanks/"),
            client.post(f"{address(pk)}yes/", comment),
        ):
            assert response.status_code == 404
            assert "Blue bins" not in response.content.decode()
    assert PageFeedbackCount.objects.count() == PageFeedbackComment.objects.count() == 0


def test_vote_needs_our_page_and_of_staff_a_token(page, admin_user):
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ):
        strict = Client(enforce_csrf_checks=True, headers=headers)
        assert vote(page, client=strict).status_code == 403
    assert counts(page) == []
    # It is this check that refuses it.
    assert vote(page, client=Client(headers=headers)).status_code == 302
    strict = Client(enforce_csrf_checks=True, headers=OURS)
    assert vote(page, person=2, client=strict).status_code == 302
    assert counts(page) == [(MONTH, 2, 0)]
    strict.force_login(admin_user)
    assert vote(page, client=strict).status_code == 403


# Comments


@pytest.fixture
def add(page, client):

    def post(said="no", **values):
        data = {"comment": "Say when.", "shown_at": shown_seconds_ago(60), **values}
        return client.post(f"{address(page)}{said}/", data)

    return post


def test_comment_is_stored_with_its_page_and_answer(page, add, client, settings):
    settings.PAGE_FEEDBACK_COMMENT_DAYS = 77
    html = parse(client.get(f"{address(page)}yes/")).main
    hint = html.find(id=html.textarea["aria-describedby"]).get_text()
    assert "Do not include personal information" in hint
    assert "optional" in html.label.get_text()
    assert "after 77 days" in html.get_text()
    assert html.select_one(f"a[href='{page.url}']")
    response = add()
    comment = PageFeedbackComment.objects.get()
    assert (comment.page.pk, comment.was_useful) == (page.pk, False)
    assert comment.comment == "Say when."
    html = parse(client.get(response["Location"]))
    assert "Thank you" in html.h1.get_text()
    assert html.main.select_one(f"a[href='{page.url}']")


def test_mistake_is_named_and_what_was_typed_stays(add, settings):
    settings.FORM_LIMIT_PER_ADDRESS = 1
    for values, problem in (
        ({"comment": ""}, "Enter a comment, or go back to the page."),
        ({"comment": "x" * 1_001}, "must be 1,000 characters or fewer."),
        ({"comment": "\N{SQUARE KIROMEETORU}" * 300}, "Use plain letters"),
        ({"shown_at": shown_seconds_ago(-9_000)}, "You sent this very quickly."),
        ({"shown_at": "forged"}, "open for too long"),
    ):
        response = add(**values)
        html = parse(response)
        assert response.status_code == 422
        assert problem in html.select_one(".error-summary").get_text()
        assert html.textarea.get_text().strip() == values.get("comment", "Say when.")
    assert add(website="x").status_code == 302
    assert PageFeedbackComment.objects.count() == 0
    assert [add().status_code, add().status_code] == [302, 429]
    html = parse(add(comment="Typed"))
    assert html.textarea.get_text().strip() == "Typed"
    assert html.form["action"]
    assert PageFeedbackComment.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_votes_at_the_same_moment_are_all_counted(home):
    """Sixteen people, and a seventeenth who taps eight times."""

    def tap(person):
        try:
            return vote(home, person=person).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(tap, [*range(1, 17), *[99] * 8]))
    assert statuses == {302}
    assert counts(home) == [(MONTH, 17, 0)]
