"""What operators run: the smoke test, the maintenance page, and how commands fail."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

import manage
from home.models import SiteSettings
from search.engine.index import page_index
from stockton_cms.error_pages import MAINTENANCE_PAGE, render_maintenance_page
from stockton_cms.management.commands import bootstrap, smoke_test
from tests.factories import AlertFactory
from tests.servers import BASE_DIR, site_environment


def test_database_that_is_away_is_said_to_be_without_its_password(tmp_path):
    address = "postgresql://user:s3cret@127.0.0.1:9/name"
    result = subprocess.run(
        [sys.executable, "manage.py", "backup"],
        cwd=BASE_DIR,
        env=os.environ | site_environment(tmp_path) | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Connection refused" in result.stderr
    assert "docs/runbook" in result.stderr.splitlines()[-1]
    assert "s3cret" not in result.stderr
    assert "Traceback" not in result.stderr


def test_missing_table_is_named_and_a_traceback_is_there_on_request(monkeypatch):
    def fail(arguments):
        raise OperationalError("no such table\nDETAIL: what people have written")

    monkeypatch.setattr(manage, "execute_from_command_line", fail)
    with pytest.raises(SystemExit, match=r"no such table\nSee .*manage.py migrate"):
        manage.main(["manage.py", "generate_renditions"])
    monkeypatch.setattr(manage, "execute_from_command_line", Mock(side_effect=OSError))
    with pytest.raises(SystemExit, match="docs/runbook; --traceback"):
        manage.main(["manage.py", "sendtestemail"])
    monkeypatch.setattr(manage, "execute_from_command_line", fail)
    with pytest.raises(OperationalError):
        manage.main(["manage.py", "generate_renditions", "--traceback"])


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ("https://www.example.gov.uk", "https://www.example.gov.uk/admin/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8123/admin/"),
    ],
)
def test_bootstrap_says_the_address_of_the_admin(
    configured, said, settings, monkeypatch, capsys
):
    settings.WAGTAILADMIN_BASE_URL = configured
    for name in ("stop_if_taken", "call_command", "build_example_site"):
        monkeypatch.setattr(bootstrap, name, lambda *args, **options: None)
    monkeypatch.setattr(bootstrap, "static_files_are_old", lambda: False)
    call_command("bootstrap", "--port=8123")
    assert f"The admin: {said}\n" in capsys.readouterr().out


# A release that does not work is found before visitors get it

DEGRADED = '<input value="council"><p>Search is not fully working at the moment.</p>'
SEARCH = "/search/?query=council"


@pytest.fixture
def answers(monkeypatch, settings, tmp_path, db):
    """Yield what each path answers, which a test may change."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "site.123456789abc.css").touch()
    link = '<link rel="stylesheet" href="/static/site.123456789abc.css">'
    answers = {
        path: (status, link + content)
        for path, (status, content) in smoke_test.PAGES.items()
    }
    answers["/-/ready"] = 200, ""
    monkeypatch.setattr(smoke_test, "ask", lambda port, path: answers[path])
    return answers


def try_it() -> str:
    said = StringIO()
    call_command("smoke_test", "1", seconds=0, stdout=said)
    return said.getvalue()


def test_release_that_does_not_work_is_refused(answers, monkeypatch):
    for path, answer, words in (
        ("/", (500, ""), "/ answers 500"),
        (SEARCH, (404, ""), "answers 404"),
        (SEARCH, (200, "<h1>Search</h1>"), "does not show"),
        (SEARCH, (200, DEGRADED), "does not show"),
        ("/cant-find-it/", (404, ""), "answers 404"),
        ("/nowhere/", (200, ""), "answers 200"),
        ("/", (200, '<h1></h1><img src="/static/gone.png">'), "run collectstatic"),
        ("/-/ready", (503, ""), "does not get ready"),
    ):
        right, answers[path] = answers[path], answer
        with pytest.raises(CommandError, match=words):
            try_it()
        answers[path] = right

    def unapplied(*args, **options):
        raise SystemExit(1)

    monkeypatch.setattr(smoke_test, "call_command", unapplied)
    with pytest.raises(CommandError, match="run migrate first"):
        try_it()


def test_site_itself_passes_and_a_search_that_fails_does_not(
    section, client, monkeypatch
):
    monkeypatch.setattr(smoke_test, "STATIC_FILE", re.compile("no(such)file"))

    def ask(port, path):
        response = client.get("/search/" if path == "/-/ready" else path)
        return response.status_code, response.content.decode()

    monkeypatch.setattr(smoke_test, "ask", ask)
    assert "Tried 5 pages" in try_it()

    def fail(*arguments, **values):
        raise ValueError("an index that is damaged")

    monkeypatch.setattr(page_index, "search", fail)
    with pytest.raises(CommandError, match="query=council does not show"):
        try_it()


# The page for when the application is unavailable


@pytest.fixture
def page(settings, tmp_path):
    """Return where the page is to be."""
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR / MAINTENANCE_PAGE


def set_number(home, number):
    council = SiteSettings.for_site(home.get_site())
    council.council_name = "Borough of Tests"
    council.emergency_numbers = [("number", {"label": "Flooding", "number": number})]
    council.save()


def test_page_follows_the_site_settings_and_holds_no_alert(
    home, page, capsys, monkeypatch
):
    # No one could end an alert there.
    AlertFactory(heading="Flood warning")
    SiteSettings.objects.all().delete()
    call_command("render_maintenance_page")
    assert str(page) in capsys.readouterr().out
    assert not SiteSettings.objects.exists()
    for number in ("01632 960 111", "01632 960 222"):
        set_number(home, number)
        render_maintenance_page()
        assert f">{number}</a>" in page.read_text()
    text, before = page.read_text(), page.stat()
    assert "01632 960 111" not in text
    assert "Borough of Tests" in text
    assert "Sorry, there is a problem with the website" in text
    assert "Flood warning" not in text
    assert before.st_mode & 0o777 == 0o644
    # One that has not changed is left alone.
    render_maintenance_page()
    assert page.stat().st_ino == before.st_ino

    def fail(*arguments):
        raise OSError("No space left on device")

    set_number(home, "01632 960 333")
    monkeypatch.setattr(Path, "chmod", fail)
    with pytest.raises(OSError, match="No space"):
        render_maintenance_page()
    assert page.read_text() == text
    assert [each.name for each in page.parent.iterdir()] == ["503.html"]
