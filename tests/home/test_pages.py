"""What leaks of hidden pages: `tests/stockton_cms/test_visibility.py`."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from home.pages import visible_pages
from tests import hiding
from tests.factories import StandardPageFactory

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
