"""Every command of the runbook is one that a test has run, and does what it says."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from wagtail.models import Page

from home.jobs import get_jobs_health
from tests.faults.processes import ROOT, run_command

PAGES = sorted((ROOT / "docs" / "runbook").glob("*.md"))
RUN = re.compile(r"run_command\(\s*(?:\"([^\"]+)\"|'([^']+)')")
MAX_LINES = 40


def commands_in(text: str) -> list[str]:
    """Return the commands of a page, one a line in its `sh` blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def commands_run(folder: Path) -> set[str]:
    """Return the commands that tests run by `run_command`."""
    sources = [path.read_text() for path in folder.rglob("test_*.py")]
    found = [match for source in sources for match in RUN.findall(source)]
    return {double or single for double, single in found}


def test_pages_are_short_and_indexed_and_their_commands_were_run():
    index = (ROOT / "docs" / "runbook" / "README.md").read_text()
    known = commands_run(ROOT / "tests")
    for page in PAGES:
        text = page.read_text()
        assert set(commands_in(text)) <= known, page.name
        if page.stem != "README":
            assert len(text.splitlines()) <= MAX_LINES, page.name
            assert f"]({page.name})" in index
    # A command that no test runs would be noticed.
    unknown = "1. Text\n\n   ```sh\n   rm -rf /\n   ```\n"
    assert commands_in(unknown) == ["rm -rf /"]
    assert not set(commands_in(unknown)) & known


on_a_database = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.mark.faults
@on_a_database
def test_damaged_tree_is_fixed(section):
    Page.objects.filter(pk=section.pk).update(numchild=7, url_path="/elsewhere/")
    assert any(Page.find_problems())
    fixed = run_command("manage.py fixtree --noinput")
    assert fixed.returncode == 0, fixed.stderr
    assert not any(Page.find_problems())
    assert run_command("manage.py set_url_paths").returncode == 0
    url_path = Page.objects.get(pk=section.pk).url_path
    assert url_path == f"{section.get_parent().url_path}{section.slug}/"
    again = run_command("manage.py fixtree --noinput")
    assert "No problems found" in again.stdout


@pytest.mark.faults
@pytest.mark.django_db
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


@pytest.mark.faults
@on_a_database
def test_jobs_are_well_after_a_run_and_the_clock_is_that_of_stockton(section):
    assert not get_jobs_health(timezone.now()).is_well
    done = run_command("manage.py run_jobs")
    assert done.returncode == 0, done.stderr
    assert get_jobs_health(timezone.now()).is_well
    machine = run_command("TZ=Europe/London date --iso-8601=seconds")
    site = run_command(
        "manage.py shell -c 'from django.utils.timezone import *; print(localtime())'"
    )
    now = timezone.localtime()
    offset = now.strftime("%z")
    for said in (machine, site):
        assert str(now.date()) in said.stdout, said.stderr
        assert said.stdout.strip().endswith(f"{offset[:3]}:{offset[3:]}")
