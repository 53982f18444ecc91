"""On which pages an alert appears, and beside which others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.alerts.audience import (
    MAX_LISTED,
    get_audience,
    get_chosen_pages,
    get_overlapping_alerts,
    get_places,
)
from community.models import AlertScope
from tests.factories import AlertFactory, StandardPageFactory

HOUR = timedelta(hours=1)


def places_of(alert):
    return get_places(alert, get_chosen_pages(alert))


def reach_of(alert):
    return get_audience(places_of(alert), timezone.now())


def neighbours_of(alert):
    return get_overlapping_alerts(alert, places_of(alert), timezone.now())


def make(*pages, with_descendants=True, **values):
    alert = AlertFactory(scope="pages" if pages else "site", **values)
    for page in pages:
        alert.scopes.add(AlertScope(page=page, include_descendants=with_descendants))
    alert.save()
    return alert


def test_pages_of_overlapping_choices_are_counted_once(section):
    page = StandardPageFactory(parent=section)
    assert reach_of(make(section, page)).count == 2


def test_page_alone_is_counted_without_what_is_below(section):
    StandardPageFactory(parent=section)
    assert reach_of(make(section, with_descendants=False)).count == 1


def test_pages_that_residents_cannot_open_are_not_counted(section):
    StandardPageFactory(parent=section, live=False)
    StandardPageFactory(parent=section, expire_at=timezone.now() - HOUR)
    assert reach_of(make(section)).count == 1


def test_whole_site_is_what_residents_can_open(section):
    assert [page.href for page in reach_of(make()).pages] == [
        "/",
        "/stronger-communities/",
    ]


def test_first_pages_are_listed_and_the_others_counted(
    section, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("community.alerts.audience.MAX_LISTED", 2)
    for _ in range(4):
        StandardPageFactory(parent=section)
    places = places_of(make(section))
    with django_assert_num_queries(5):
        reach = get_audience(places, timezone.now())
    assert (reach.count, len(reach.pages), reach.unlisted_count) == (5, 2, 3)
    assert MAX_LISTED == 50


@pytest.mark.parametrize("other_is_below", [True, False])
def test_alert_above_or_below_stands_beside(other_is_below, section):
    page = StandardPageFactory(parent=section)
    alert, other = make(section), make(page)
    assert neighbours_of(alert if other_is_below else other) == [
        other if other_is_below else alert
    ]


def test_alert_for_the_whole_site_stands_beside_every_other(section):
    alert, other = make(section), make()
    assert neighbours_of(alert) == [other]
    assert neighbours_of(other) == [alert]


def test_alerts_in_other_places_do_not_stand_beside(section):
    pages = [StandardPageFactory(parent=section) for _ in range(2)]
    make(section, with_descendants=False)
    make(pages[0])
    assert neighbours_of(make(pages[1])) == []


@pytest.mark.parametrize(
    ("starts", "ends", "is_beside"),
    [(-3, -2, False), (-3, 2, True), (1, 3, True), (4, 6, True), (5, 6, False)],
)
def test_alerts_at_other_times_do_not_stand_beside(starts, ends, is_beside, home):
    now = timezone.now()
    make(starts_at=now + starts * HOUR, ends_at=now + ends * HOUR)
    alert = make(starts_at=now - HOUR, ends_at=now + 5 * HOUR)
    assert bool(neighbours_of(alert)) == is_beside


def test_alert_that_is_over_stands_beside_nothing(home):
    make()
    now = timezone.now()
    assert neighbours_of(make(starts_at=now - 2 * HOUR, ends_at=now - HOUR)) == []


def test_drafts_do_not_stand_beside(home):
    make(live=False)
    assert neighbours_of(make()) == []


def test_number_of_queries_does_not_grow_with_neighbours(
    section, django_assert_num_queries
):
    for _ in range(5):
        make(section)
    alert = make(section)
    places = places_of(alert)
    with django_assert_num_queries(3):
        assert len(get_overlapping_alerts(alert, places, timezone.now())) == 5
