from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.pages import visible_pages
from tests.factories import (
    PAGE_FACTORIES,
    CommunityIndexPageFactory,
    HomePageFactory,
    StandardPageFactory,
)

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
SECRET = "Words that only some may read."


def restrict(page, kind):
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, password="open sesame"
    )
    if kind == PageViewRestriction.GROUPS:
        restriction.groups.add(Group.objects.create(name="Members"))


def draft(section):
    return StandardPageFactory(parent=section, title="Hidden", live=False)


def scheduled(section):
    page = StandardPageFactory(parent=section, title="Hidden", live=False)
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision().publish()
    return page


def expired(section):
    past = timezone.now() - SECOND
    return StandardPageFactory(parent=section, title="Hidden", expire_at=past)


def unpublished(section):
    page = StandardPageFactory(parent=section, title="Hidden")
    page.unpublish()
    return page


def private_by_login(section):
    page = StandardPageFactory(parent=section, title="Hidden", summary=SECRET)
    restrict(page, PageViewRestriction.LOGIN)
    return page


def private_by_password(section):
    page = StandardPageFactory(parent=section, title="Hidden", summary=SECRET)
    restrict(page, PageViewRestriction.PASSWORD)
    return page


def private_by_group(section):
    page = StandardPageFactory(parent=section, title="Hidden", summary=SECRET)
    restrict(page, PageViewRestriction.GROUPS)
    return page


def child_of_a_private_page(section):
    page = CommunityIndexPageFactory(parent=section, title="Hidden")
    restrict(page, PageViewRestriction.LOGIN)
    return StandardPageFactory(parent=page, title="Hidden", summary=SECRET)


GONE = (draft, scheduled, expired, unpublished)
PRIVATE_BY_LOGIN = (private_by_login, private_by_group, child_of_a_private_page)
HIDDEN = (*GONE, *PRIVATE_BY_LOGIN, private_by_password)
by_name = {"ids": lambda make: make.__name__}


@pytest.mark.parametrize("make", HIDDEN, **by_name)
def test_hidden_page_is_listed_nowhere(make, section, client):
    page = make(section)
    CommunityIndexPageFactory(parent=section, title="Shown", slug="shown")
    assert not visible_pages(timezone.now()).filter(pk=page.pk).exists()
    html = client.get(section.url).content.decode()
    assert "Shown" in html
    assert "Hidden" not in html
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "/shown/" in sitemap
    assert page.slug not in sitemap


@pytest.mark.parametrize("make", GONE, **by_name)
def test_page_that_is_not_published_is_not_found(make, section, client):
    assert client.get(make(section).get_url()).status_code == 404


@pytest.mark.parametrize("make", PRIVATE_BY_LOGIN, **by_name)
def test_private_page_sends_the_visitor_to_sign_in(make, section, client):
    response = client.get(make(section).url)
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_page_with_a_password_asks_for_it(section, client):
    response = client.get(private_by_password(section).url)
    assert 'type="password"' in response.content.decode()
    assert SECRET not in response.content.decode()


def test_public_page_below_a_page_that_was_private_is_listed_again(section):
    page = child_of_a_private_page(section)
    PageViewRestriction.objects.all().delete()
    assert visible_pages(timezone.now()).filter(pk=page.pk).exists()


@pytest.mark.parametrize(
    "factory",
    [factory for factory in PAGE_FACTORIES if factory is not HomePageFactory],
    ids=lambda factory: factory._meta.model.__name__,
)
def test_page_of_each_type_but_the_home_page_expires_to_the_second_without_a_job(
    factory, make_page, client
):
    page = make_page(factory, expire_at=NOON)
    with time_machine.travel(NOON - SECOND, tick=False):
        assert client.get(page.url).status_code == 200
    with time_machine.travel(NOON, tick=False):
        assert client.get(page.url).status_code == 404


def test_expired_page_leaves_cards_navigation_and_sitemap_to_the_second(
    home, section, client
):
    StandardPageFactory(
        parent=section, title="Summer fair", slug="summer-fair", expire_at=NOON
    )
    places = (section.url, "/sitemap.xml")
    with time_machine.travel(NOON - SECOND, tick=False):
        before = [client.get(place).content.decode() for place in places]
    with time_machine.travel(NOON, tick=False):
        after = [client.get(place).content.decode() for place in places]
    assert before[0].count("/summer-fair/") == 2
    assert "/summer-fair/" in before[1]
    assert not any("/summer-fair/" in html for html in after)


def test_scheduled_page_appears_when_the_job_runs_after_its_time(section, client):
    with time_machine.travel(NOON - timedelta(hours=1), tick=False):
        page = StandardPageFactory(parent=section, slug="fair", live=False)
        page.go_live_at = NOON
        page.save_revision().publish()
        call_command("publish_scheduled")
        address = page.get_url()
        assert client.get(address).status_code == 404
    with time_machine.travel(NOON + SECOND, tick=False):
        call_command("publish_scheduled")
        assert client.get(address).status_code == 200
        assert "/fair/" in client.get(section.url).content.decode()


def test_expired_page_is_unpublished_when_the_job_runs(section):
    page = StandardPageFactory(parent=section, expire_at=NOON)
    with time_machine.travel(NOON + SECOND, tick=False):
        call_command("publish_scheduled")
    page.refresh_from_db()
    assert not page.live


def test_meta_description_is_the_summary(section, read):
    page = StandardPageFactory(parent=section, summary="How to get a grant.")
    meta = read(page.url).find("meta", attrs={"name": "description"})
    assert meta["content"] == "How to get a grant."


def test_title_for_search_engines_is_used_where_there_is_one(make_page, read):
    page = make_page(HomePageFactory, seo_title="Stronger communities in Stockton")
    assert read(page.url).title.get_text().startswith("Stronger communities in")
