"""Officers find partnerships and policies wherever they are in the tree."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)

LISTINGS = {
    "partnerships:index": PartnershipPageFactory,
    "policies:index": PolicyUpdatePageFactory,
}


@pytest.fixture
def listed(admin_client):
    def get(name, **query):
        response = admin_client.get(reverse(name), query)
        assert response.status_code == 200
        return {page.title for page in response.context["object_list"]}

    return get


def test_listing_holds_pages_of_all_sections_and_states(home, section, listed, client):
    other = CommunityIndexPageFactory(parent=home)
    for name, factory in LISTINGS.items():
        factory(parent=section, title="Here")
        factory(parent=other, title="There")
        factory(parent=other, title="A draft", live=False)
        assert listed(name) == {"Here", "There", "A draft"}
        # It is not for visitors.
        assert client.get(reverse(name)).status_code == 302


def test_listings_have_their_columns_and_are_sorted(section, admin_client):
    values = {"owner_name": "Policy team", "review_on": date(2031, 5, 6)}
    PartnershipPageFactory(parent=section, lead_officer="Jo Bloggs", **values)
    PolicyUpdatePageFactory(
        parent=section, kind="strategy", adopted_on=date(2020, 1, 1), **values
    )
    both = {"Content owner": "Policy team", "Next review": "6 May 2031"}
    expected = {
        "partnerships:index": {"Lead officer": "Jo Bloggs", **both},
        "policies:index": {"Kind": "Strategy", "Policy status": "Adopted", **both},
    }
    for name, columns in expected.items():
        response = admin_client.get(reverse(name), {"ordering": "-review_on"})
        html = BeautifulSoup(response.content, "html.parser")
        table = html.select_one("table.listing")
        for heading, text in columns.items():
            assert heading in table.thead.get_text()
            assert text in table.tbody.get_text()


def test_policies_are_filtered_by_status_and_kind(section, listed):
    past = date(2020, 1, 1)
    PolicyUpdatePageFactory(parent=section, title="Idea")
    PolicyUpdatePageFactory(parent=section, title="Law", kind="plan", adopted_on=past)
    PolicyUpdatePageFactory(
        parent=section, title="Gone", withdrawn_on=past, withdrawn_reason="Old"
    )
    assert listed("policies:index", policy_status="adopted") == {"Law"}
    assert listed("policies:index", kind="plan") == {"Law"}
    assert listed("policies:index", policy_status=["proposed", "withdrawn"]) == {
        "Idea",
        "Gone",
    }
    # A wrong value is no error.
    for query in ({"kind": "nonsense"}, {"policy_status": "x"}):
        listed("policies:index", **query)
