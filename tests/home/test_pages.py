"""What leaks of hidden pages: `tests/stockton_cms/test_visibility.py`."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from home.pages import visible_pages
from tests import hiding
from tests.factories import PAGE_FACTORIES, HomePageFactory, StandardPageFactory

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
SECRET = "Words that only some may read."


@pytest.mark.parametrize(
    ("hide", "status"),
    [
        (hiding.unpublished, 404),
        (hiding.scheduled, 404),
        (hiding.expired, 404),
        (hiding.private_by_login, 302),
        (hiding.private_by_group, 302),
        (hiding.below_a_private_page, 302),
        (hiding.private_by_password, 200),
    ],
)
def test_hidden_page_is_neither_shown_nor_listed_until_it_is_public_again(
    hide, status, section, client
):
    page = StandardPageFactory(parent=section, summary=SECRET)
    listed = visible_pages(timezone.now()).filter(pk=page.pk)
    way = hide(page, None)
    next(way)
    assert not listed.exists()
    response = client.get(page.url)
    assert response.status_code == status
    assert SECRET not in response.content.decode()
    if status == 302:
        assert "login" in response["Location"]
    next(way, None)
    assert visible_pages(timezone.now()).filter(pk=page.pk).exists()
    assert SECRET in client.get(page.url).content.decode()


@pytest.mark.parametrize(
    "factory",
    [factory for factory in PAGE_FACTORIES if factory is not HomePageFactory],
    ids=lambda factory: factory._meta.model.__name__,
)
def test_page_expires_to_the_second_everywhere_without_a_job(
    factory, section, make_page, client
):
    page = make_page(factory, slug="summer-fair", expire_at=NOON)
    places = (section.url, "/sitemap.xml")
    for at, status, links in ((NOON - SECOND, 200, 3), (NOON, 404, 0)):
        with time_machine.travel(at, tick=False):
            assert client.get(page.url).status_code == status
            html = "".join(client.get(place).content.decode() for place in places)
            assert html.count("/summer-fair/") == links
    with time_machine.travel(NOON + SECOND, tick=False):
        call_command("publish_scheduled")
    page.refresh_from_db()
    assert not page.live


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
