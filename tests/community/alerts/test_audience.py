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


def audience_of(alert):
    return get_audience(places_of(alert), timezone.now())


def overlapping_with(alert):
    return get_overlapping_alerts(alert, places_of(alert), timezone.now())


def make(*pages, with_descendants=True, **values):
    alert = AlertFactory(scope="pages" if pages else "site", **values)
    for page in pages:
        alert.scopes.add(AlertScope(page=page, include_descendants=with_descendants))
    alert.save()
    return alert


def test_pages_of_overlapping_choices_are_counted_once(section):
    page = StandardPageFactory(parent=section)
    assert audience_of(make(section, page)).count == 2


def test_pages_that_residents_cannot_open_are_not_counted(section):
    StandardPageFactory(parent=section, live=False)
    StandardPageFactory(parent=section, expire_at=timezone.now() - HOUR)
    assert audience_of(make(section)).count == 1


def test_whole_site_is_what_residents_can_open(section):
    assert [page.href for page in audience_of(make()).pages] == [
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
        audience = get_audience(places, timezone.now())
    assert (audience.count, len(audience.pages), audience.unlisted_count) == (5, 2, 3)
    assert MAX_LISTED == 50


@pytest.mark.parametrize("other_is_below", [True, False])
def test_alert_above_or_below_overlaps(other_is_below, section):
    page = StandardPageFactory(parent=section)
    alert, other = make(section), make(page)
    assert overlapping_with(alert if other_is_below else other) == [
        other if other_is_below else alert
    ]


def test_alerts_on_other_pages_do_not_overlap(section):
    pages = [StandardPageFactory(parent=section) for _ in range(2)]
    make(section, with_descendants=False)
    make(pages[0])
    assert overlapping_with(make(pages[1])) == []


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [(-3, -2, False), (-3, 2, True), (1, 3, True), (4, 6, True), (5, 6, False)],
)
def test_alerts_at_other_times_do_not_overlap(starts, ends, overlaps, home):
    now = timezone.now()
    make(starts_at=now + starts * HOUR, ends_at=now + ends * HOUR)
    alert = make(starts_at=now - HOUR, ends_at=now + 5 * HOUR)
    assert bool(overlapping_with(alert)) == overlaps


def test_ended_alert_overlaps_nothing(home):
    make()
    now = timezone.now()
    assert overlapping_with(make(starts_at=now - 2 * HOUR, ends_at=now - HOUR)) == []


def test_drafts_do_not_overlap(home):
    make(live=False)
    assert overlapping_with(make()) == []


def test_number_of_queries_does_not_grow_with_overlapping_alerts(
    section, django_assert_num_queries
):
    for _ in range(5):
        make(section)
    alert = make(section)
    places = places_of(alert)
    with django_assert_num_queries(3):
        assert len(get_overlapping_alerts(alert, places, timezone.now())) == 5
