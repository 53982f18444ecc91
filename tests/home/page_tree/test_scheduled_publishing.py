from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import PageLogEntry

from home.models import StandardPage
from tests.factories import StandardPageFactory

NOW = timezone.now()
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


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
