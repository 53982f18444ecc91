"""Lists of the admin are searched for words with quotation marks."""

import pytest
from django.db import connection
from django.urls import reverse

from search.backend import AdminSearchMixin

pytestmark = pytest.mark.usefixtures("admin_search")

QUOTED = ['"', '"food', 'food"bank', "'\"<", '" "', '"a" "']
SEARCHED = [
    "wagtailadmin_explore_root",
    "wagtailimages:index",
    "wagtaildocs:index",
    "wagtailsnippets_community_alertsnippet:list",
    "wagtailimages_chooser:choose_results",
]


def test_quotation_marks_are_searched_for_as_they_are_typed(section, admin_client):
    for name in SEARCHED:
        for text in QUOTED:
            answer = admin_client.get(reverse(name), {"q": text})
            assert answer.status_code == 200, (name, text)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads them well")
def test_left_in_quotation_marks_would_end_the_query(
    section, admin_client, monkeypatch
):
    monkeypatch.delattr(AdminSearchMixin, "build_search_query_content")
    admin_client.raise_request_exception = False
    answer = admin_client.get(reverse("wagtailadmin_explore_root"), {"q": '"food'})
    assert answer.status_code == 503
