"""The job that checks links to other sites: who is asked when, and what is broken."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from home.editorial import link_checker as checker
from home.editorial.link_checker import check_links
from home.editorial.models import ExternalLink, LinkStatus
from home.jobs import run_long_jobs
from tests.factories import StandardPageFactory

# Well after the links of a test are made, however slow the machine is.
NOW = timezone.now() + timedelta(hours=6)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def asked(monkeypatch):
    """Return what was asked; `asked.answers` says what each address answers."""

    class Asked(list):
        answers: dict = {}

        def check(self, address, user_agent):
            # No transaction is open while it waits.
            assert connection.savepoint_ids == outside
            self.append(address)
            return self.answers.get(address, LinkStatus.FOUND)

    outside, asked = list(connection.savepoint_ids), Asked()
    asked.answers = {}
    monkeypatch.setattr(checker, "check_url", asked.check)
    return asked


def link_to(home, *addresses):
    """Return a live page with links to addresses."""
    links = " ".join(f'<a href="{address}">there</a>' for address in addresses)
    body = [("text", f"<p>{links}</p>")]
    return StandardPageFactory(parent=home, body=body)


def only_link():
    return ExternalLink.objects.get()


def test_a_link_is_asked_weekly_and_broken_after_a_day_of_failures(home, asked):
    link_to(home, "https://a.test/")
    for after in (timedelta(), HOUR, 6 * DAY):
        check_links(NOW + after)
    assert len(asked) == 1
    assert (only_link().outcome, only_link().is_broken) == (LinkStatus.FOUND, False)
    asked.answers["https://a.test/"] = LinkStatus.NOT_FOUND
    broken = []
    for after in (timedelta(), HOUR, HOUR + DAY):
        check_links(NOW + WEEK + after)
        broken.append(only_link().is_broken)
    assert broken == [False, False, True]
    assert len(asked) == 4
    assert only_link().failing_since == NOW + WEEK
    # One that blocks programs may work for people.
    asked.answers["https://a.test/"] = LinkStatus.UNKNOWN
    check_links(NOW + 3 * WEEK)
    link = only_link()
    assert (link.failures, link.failing_since, link.is_broken) == (0, None, False)


def test_nothing_is_broken_while_our_own_network_is_unavailable(home, asked):
    link_to(home, "https://a.test/", "https://b.test/")
    asked.answers = dict.fromkeys(
        ("https://a.test/", "https://b.test/"), LinkStatus.NO_RESPONSE
    )
    for hours in (0, 1, 25):
        check_links(NOW + hours * HOUR)
    assert not ExternalLink.objects.filter(is_broken=True).exists()
    # Another site responds, so the failure is theirs.
    asked.answers["https://b.test/"] = LinkStatus.FOUND
    for hours in (49, 73):
        check_links(NOW + hours * HOUR)
    broken = ExternalLink.objects.filter(is_broken=True)
    assert [link.address for link in broken] == ["https://a.test/"]


def test_a_site_that_is_all_alone_is_broken_after_a_week(home, asked):
    link_to(home, "https://a.test/")
    asked.answers["https://a.test/"] = LinkStatus.NO_SUCH_SITE
    for days in range(9):
        check_links(NOW + days * DAY)
        check_links(NOW + days * DAY + HOUR)
    assert only_link().is_broken


def test_one_host_is_asked_once_in_a_while(home, asked):
    link_to(home, *(f"https://a.test/{n}" for n in range(3)), "https://b.test/")
    check_links(NOW)
    assert sorted(asked) == ["https://a.test/0", "https://b.test/"]
    check_links(NOW + timedelta(seconds=5))
    assert len(asked) == 2
    check_links(NOW + timedelta(minutes=1))
    assert len(asked) == 3


def test_a_run_asks_few_and_takes_little_time(home, asked, monkeypatch):
    link_to(home, *(f"https://a{n}.test/" for n in range(25)))
    check_links(NOW)
    assert len(asked) == checker.MAX_LINKS
    asked.clear()
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(checker, "monotonic", lambda: next(clock))
    check_links(NOW + WEEK)
    assert len(asked) == 2


def test_only_addresses_that_pages_have_are_asked_unless_it_is_off(
    home, asked, settings
):
    link_to(home, "https://b.test/").delete()
    link_to(home, "https://a.test/")
    settings.CHECK_EXTERNAL_LINKS = False
    check_links(NOW)
    assert asked == []
    settings.CHECK_EXTERNAL_LINKS = True
    check_links(NOW)
    assert asked == ["https://a.test/"]


def test_the_check_is_a_job(home, asked):
    link_to(home, "https://a.test/")
    assert run_long_jobs(NOW) == ([], False)
    assert asked == ["https://a.test/"]
