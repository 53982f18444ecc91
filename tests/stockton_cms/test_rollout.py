"""A release takes another's place, and goes back, while visitors read and write (O7).

Through nginx, gunicorn and the database as deployed; `deploy/release.sh` does it.
"""

import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.deployment import deployed_site
from tests.stockton_cms.readers import Readers
from tests.stockton_cms.rollout import Rollout

pytestmark = [pytest.mark.deployment, pytest.mark.django_db]

# production.md: 10,000 requests; fewer where the whole is done a second time.
REQUESTS = {"postgresql": 10_000, "sqlite": 3_000}
AT_ONCE = 6
MODEL = "search/feedback/models.py"
FIELD = '    no = models.PositiveIntegerField("not useful", default=0)\n'
NEW_FIELD = '    rollout = models.CharField(max_length=9, default="", db_default="")\n'
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("search", "{before}")]
    operations = [migrations.{operation}]
"""
EXPAND = """AddField("pagefeedbackcount", "rollout", models.CharField(
    max_length=9, default="", db_default=""))"""
CONTRACT = 'RemoveField("pagefeedbackcount", "no")'
PAGES = """
from django.utils import timezone
from home.page_tree.addresses import site_path
from home.pages import visible_pages
for page in visible_pages(timezone.now()).filter(depth__gt=2)[:40]:
    print("page", page.pk, site_path(page.url_path))
"""


def new_database() -> str:
    if connection.vendor != "postgresql":
        return ""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"rollout_{time.time_ns()}"
    with psycopg.connect(address.geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return address._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Run the example site as deployed, for tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("rollout")
    # All visitors together send more votes than residents do.
    with deployed_site(folder, new_database(), FORM_LIMIT_OVERALL="30000") as site:
        site.machines[0].stop()
        machine = Rollout(folder, site)
        machine.one = machine.copy("one")
        yield machine


@pytest.fixture
def machine(site):
    with site.socket():
        put_in(site, site.one)
        yield site


def put_in(machine: Rollout, release: Path | str) -> str:
    result = machine.put_in(release)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def migration(release: Path, operation: str) -> str:
    """Write a migration; return the name of the one before it."""
    folder = release / "search/migrations"
    *_, before = sorted(path.stem for path in folder.glob("0*.py"))
    text = MIGRATION.format(before=before, operation=operation)
    # A name that no other release has given to another one.
    (folder / f"9000_{release.name}.py").write_text(text)
    return before


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def next_release(machine: Rollout, name: str = "two") -> Path:
    """Return a release with another column, another page and another style sheet."""
    release = machine.copy(name)
    migration(release, EXPAND)
    replace(release / MODEL, FIELD, FIELD + NEW_FIELD)
    templates = release / "stockton_cms/templates"
    replace(templates / "base.html", "</head>", '<meta name="release">\n  </head>')
    with (release / "stockton_cms/static/css/base.css").open("a") as style:
        style.write("\n.release-two { color: inherit }\n")
    return release


@pytest.fixture
def visitors(site):
    """Return visitors of all pages, who begin when they are asked to."""
    said = site.manage(site.one, "shell", "--command", PAGES)
    found = re.findall(r"^page (\d+) (\S+)$", said, re.M)
    paths, page_ids = [path for _, path in found], [int(pk) for pk, _ in found]
    return Readers(site.site.port, paths, page_ids, at_once=AT_ONCE)


def wait_until(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_release_and_back_without_a_failed_request(machine, visitors):
    two = next_release(machine)
    seen = []
    with visitors:
        wait_until(lambda: visitors.last_style_sheet)
        for release in (two, "--back"):
            print(put_in(machine, release))
            # Until then nginx may give out what it has from the other one.
            time.sleep(4)
            seen.append(visitors.last_style_sheet)
        wait_until(lambda: visitors.requests >= REQUESTS[connection.vendor], 300)
    print(
        f"{connection.vendor}: {visitors.requests:,} requests {dict(visitors.seen)}, "
        f"the slowest {visitors.slowest:.1f} s"
    )
    assert not visitors.failures
    assert min(visitors.seen[kind] for kind in ("page", "search", "static", "form")) > 9
    assert len(set(seen)) == len(visitors.style_sheets) == 2


def test_release_that_fails_is_never_seen(machine, visitors):
    broken = machine.copy("broken")
    replace(broken / "stockton_cms/templates/base.html", "</head>", "{% nothing %}")
    with visitors:
        result = machine.put_in(broken)
    assert result.returncode == 1
    assert "the old release goes on" in result.stderr
    assert visitors.requests > 50
    assert not visitors.failures


def test_stopping_before_starting_is_noticed(site, visitors):
    """What the script is for: without it, requests fail."""
    site.machine.start("/-/ready")
    with visitors:
        wait_until(lambda: visitors.seen["search"] > 5)
        assert not visitors.failures
        site.machine.stop()
        site.machine.start("/-/ready")
    site.machine.stop()
    assert any(re.match("search: 50[23]", problem) for problem in visitors.failures)


def test_dropped_column_under_the_old_release_is_noticed(machine, visitors):
    """What the rules for migrations are for: without them, forms fail."""
    contract = machine.copy("contract")
    before = migration(contract, CONTRACT)
    with visitors:
        wait_until(lambda: visitors.seen["form"])
        assert not visitors.failures
        machine.manage(contract, "migrate", "--verbosity=0")
        voted = visitors.seen["form"]
        wait_until(lambda: visitors.seen["form"] > voted + 5)
    machine.manage(contract, "migrate", "search", before, "--verbosity=0")
    # SQLite says that a column is missing as it says that it cannot be read.
    assert visitors.failures["form: 500"] + visitors.failures["form: 503"]
