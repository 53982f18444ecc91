"""Pages become public, or are no longer, by the clock too; one signal says so."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, PageViewRestriction

from home.models import StandardPage
from home.page_tree.visibility import Change, page_visibility_changed
from tests import hiding
from tests.factories import CommunityIndexPageFactory, StandardPageFactory

NOW = timezone.now()
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section)


@pytest.fixture
def sent(page):
    """Return what has been sent from now on, without what was and is the same."""
    rows = []

    def note(change, page_ids, was_public, is_public, **kwargs):
        if was_public != is_public:
            rows.append((change, sorted(page_ids), was_public))

    page_visibility_changed.connect(note)
    yield rows
    page_visibility_changed.disconnect(note)


@pytest.mark.parametrize(
    ("hide", "gone", "back"),
    [
        (hiding.unpublished, Change.UNPUBLISHED, Change.PUBLISHED),
        (hiding.scheduled, Change.UNPUBLISHED, Change.PUBLISHED),
        (hiding.private_by_group, Change.PRIVACY, Change.PRIVACY),
        (hiding.moved_below_a_private_page, Change.MOVED, Change.MOVED),
    ],
)
def test_each_way_to_hide_a_page_is_sent_once_and_so_is_the_way_back(
    page, sent, hide, gone, back
):
    way = hide(page, None)
    next(way)
    assert [row for row in sent if page.pk in row[1]] == [(gone, [page.pk], True)]
    sent.clear()
    next(way, None)
    assert sent == [(back, [page.pk], False)]


def test_pages_below_and_aliases_are_sent_together(home, section, page, sent):
    alias = page.create_alias(parent=home, update_slug="alias")
    private = PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert sent == [(Change.PRIVACY, sorted([page.pk, alias.pk]), True)]
    private.delete()
    sent.clear()
    section.refresh_from_db()
    section.delete()
    assert sent == [
        (Change.DELETED, sorted([section.pk, page.pk]), True),
        (Change.UNPUBLISHED, [alias.pk], True),
    ]


def test_only_what_differs_for_visitors_is_sent(home, section, page, sent):
    _, lower = (
        PageViewRestriction.objects.create(page=each, restriction_type="login")
        for each in (section, page)
    )
    sent.clear()
    lower.restriction_type = "groups"
    lower.save()
    lower.delete()
    StandardPageFactory(parent=section, live=False).delete()
    Page.objects.get(pk=page.pk).specific.unpublish()
    other = CommunityIndexPageFactory(parent=home, title="Other")
    section.refresh_from_db()
    section.move(other, pos="last-child")
    Page.objects.get(pk=section.pk).specific.delete()
    assert sent == []
    assert not PageViewRestriction.objects.exists()


# By the clock


@pytest.fixture
def schedule(home):
    def make(**values):
        with time_machine.travel(NOW - HOUR, tick=False):
            page = StandardPageFactory(
                parent=home, live=False, go_live_at=NOW, **values
            )
            page.save_revision().publish()
        return page

    return make


def run_at(time):
    with time_machine.travel(time, tick=False):
        call_command("run_jobs")


def test_scheduled_pages_go_live_and_expired_ones_go(home, schedule):
    old = StandardPageFactory(parent=home, expire_at=NOW)
    page, deleted = schedule(), schedule()
    deleted.delete()
    run_at(NOW - SECOND)
    assert list(StandardPage.objects.live()) == [old]
    run_at(NOW)
    assert list(StandardPage.objects.live()) == [page]
    actions = PageLogEntry.objects.values_list("page_id", "action")
    assert (page.pk, "wagtail.publish.scheduled") in actions
    assert (old.pk, "wagtail.unpublish.scheduled") in actions


def test_page_that_cannot_go_live_keeps_no_other_from_it(schedule, monkeypatch, caplog):
    broken, other = schedule(title="Broken"), schedule()
    save = StandardPage.save

    def fail_for_one(self, *args, **kwargs):
        save(self, *args, **kwargs)
        if self.title == "Broken":
            raise ValueError("half-way")

    with monkeypatch.context() as patch:
        patch.setattr(StandardPage, "save", fail_for_one)
        with pytest.raises(CommandError, match="scheduled publishing"):
            run_at(NOW)
    assert "half-way" in caplog.text
    # Nothing of it is half done, and the next run does it.
    assert list(StandardPage.objects.live()) == [other]
    run_at(NOW + timedelta(minutes=1))
    assert set(StandardPage.objects.live()) == {broken, other}
