"""The commands of the runbook do what its pages say."""

import pytest
from django.utils import timezone
from wagtail.models import Page

from home.jobs import get_jobs_health
from tests.faults.processes import run_command

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_damaged_tree_is_mended(section):
    Page.objects.filter(pk=section.pk).update(numchild=7, url_path="/elsewhere/")
    assert any(Page.find_problems())
    mended = run_command("manage.py fixtree --noinput")
    assert mended.returncode == 0, mended.stderr
    assert not any(Page.find_problems())
    assert run_command("manage.py set_url_paths").returncode == 0
    url_path = Page.objects.get(pk=section.pk).url_path
    assert url_path == f"{section.get_parent().url_path}{section.slug}/"
    again = run_command("manage.py fixtree --noinput")
    assert "No problems found" in again.stdout


def test_what_takes_the_room_is_found(tmp_path):
    folder = tmp_path / "media" / "original_images"
    folder.mkdir(parents=True)
    (folder / "large.png").write_bytes(b"x" * 5_000_000)
    place = {"DATA_DIR": str(tmp_path)}
    room = run_command('df -h "$DATA_DIR"', **place)
    assert "Use%" in room.stdout
    largest = run_command(
        'du -xh --max-depth=2 "$DATA_DIR" | sort -h | tail -15', **place
    )
    assert "original_images" in largest.stdout


def test_jobs_are_well_after_a_run(section):
    assert not get_jobs_health(timezone.now()).is_well
    done = run_command("manage.py run_jobs")
    assert done.returncode == 0, done.stderr
    assert get_jobs_health(timezone.now()).is_well


def test_site_says_what_time_it_is_in_stockton(section):
    machine = run_command("TZ=Europe/London date --iso-8601=seconds")
    site = run_command(
        "manage.py shell -c 'from django.utils.timezone import *; print(localtime())'"
    )
    now = timezone.localtime()
    offset = now.strftime("%z")
    for said in (machine, site):
        assert str(now.date()) in said.stdout, said.stderr
        assert said.stdout.strip().endswith(f"{offset[:3]}:{offset[3:]}")
