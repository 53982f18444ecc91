"""Search checks run after changes and every hour, and keep what changed (S12)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.content_version import bump_content_version, get_content_version
from search.checks.running import check_searches, get_due, run_checks
from search.engine.index import IndexBrokenError, PageIndex, StaleIndexError
from search.models import PromotionSnippet, SearchCheckResult, SearchCheckSnippet
from tests.factories import StandardPageFactory

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon():
    at = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(at, tick=False):
        yield at


def found():
    check = SearchCheckSnippet.objects.get()
    return check.passed, check.reason


def history():
    return [(each.passed, each.reason) for each in SearchCheckResult.objects.all()]


def test_check_says_the_position_of_its_page_after_promotions(page, make_check, noon):
    make_check()
    check_searches(noon)
    check = SearchCheckSnippet.objects.get()
    assert (check.passed, check.position, check.reason) == (True, 1, "In position 1")
    assert check.checked_at == noon
    other = StandardPageFactory(parent=page.get_parent(), title="Other")
    promotion = PromotionSnippet.objects.create(searched="food bank", page=other)
    check_searches(noon + MINUTE)
    assert found() == (False, "In position 2")
    SearchCheckSnippet.objects.update(query="nothing has these words")
    promotion.searched = "nothing has these words"
    promotion.save()
    check_searches(noon + 2 * MINUTE)
    assert found() == (False, "Not in the first 10 results")
    promotion.page = page
    promotion.save()
    check_searches(noon + 3 * MINUTE)
    assert found() == (True, "In position 1")
    assert len(history()) == 4


def test_page_that_is_gone_fails_the_check(page, make_check, noon):
    make_check()
    check_searches(noon)
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type="login"
    )
    check_searches(noon + MINUTE)
    restriction.delete()
    check_searches(noon + 2 * MINUTE)
    page.refresh_from_db()
    page.unpublish()
    check_searches(noon + 3 * MINUTE)
    page.delete()
    check_searches(noon + 4 * MINUTE)
    assert history() == [
        (False, "The page has been deleted"),
        (False, "The page is not public"),
        (True, "In position 1"),
        (False, "The page is not public"),
        (True, "In position 1"),
    ]


def test_checks_run_when_something_has_changed_and_every_hour(page, make_check, noon):
    make_check()
    check_searches(noon)
    assert get_due(noon + MINUTE) == []
    new = make_check("bank")
    assert get_due(noon + MINUTE) == [new]
    check_searches(noon + MINUTE)
    StandardPageFactory(parent=page.get_parent())
    assert len(get_due(noon + 2 * MINUTE)) == 2
    check_searches(noon + 2 * MINUTE)
    assert get_due(noon + 61 * MINUTE) == []
    assert len(get_due(noon + 62 * MINUTE)) == 2


def test_end_of_a_promotion_runs_the_checks(page, make_check, noon):
    other = StandardPageFactory(parent=page.get_parent(), title="Other")
    ends_at = noon + timedelta(hours=1)
    PromotionSnippet.objects.create(searched="food bank", page=other, ends_at=ends_at)
    make_check()
    check_searches(noon)
    assert found() == (False, "In position 2")
    check_searches(ends_at)
    assert found() == (True, "In position 1")


def test_history_holds_changes_and_not_runs(page, make_check, noon):
    make_check()
    for minutes in range(5):
        bump_content_version()
        check_searches(noon + minutes * MINUTE)
    assert history() == [(True, "In position 1")]
    page.unpublish()
    check_searches(noon + 6 * MINUTE)
    assert len(history()) == 2


@pytest.mark.parametrize("error", [StaleIndexError, IndexBrokenError])
def test_search_that_does_not_answer_fails_no_check(
    page, make_check, noon, monkeypatch, error
):
    make_check()
    check_searches(noon)
    page.unpublish()

    def refuse(self):
        raise error("away")

    with monkeypatch.context() as patch:
        patch.setattr(PageIndex, "catch_up", refuse)
        check_searches(noon + MINUTE)
    assert found() == (True, "In position 1")
    check_searches(noon + 2 * MINUTE)
    assert found() == (False, "The page is not public")


def test_two_runs_at_once_keep_one_result(page, make_check, noon):
    make_check()
    one, other = get_due(noon), get_due(noon)
    run_checks(one, noon)
    run_checks(other, noon + MINUTE)
    assert history() == [(True, "In position 1")]
    assert SearchCheckSnippet.objects.get().checked_at == noon


def test_run_does_not_overwrite_a_check_that_was_changed_meanwhile(
    page, make_check, noon
):
    check = make_check()
    check_searches(noon)
    page.unpublish()
    due = get_due(noon + MINUTE)
    check.refresh_from_db()
    check.reset()
    check.query = "swimming"
    check.save()
    run_checks(due, noon + MINUTE)
    assert found() == (None, "")


def test_checks_bump_no_content_version(page, make_check, noon):
    check = make_check()
    version = get_content_version()
    check_searches(noon)
    check.delete()
    assert get_content_version() == version
