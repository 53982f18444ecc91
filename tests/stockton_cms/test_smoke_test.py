"""A release that does not work is found before visitors get it."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from search.engine.index import page_index
from stockton_cms.management.commands import smoke_test

pytestmark = pytest.mark.django_db

DEGRADED = '<input value="council"><p>Search is not fully working at the moment.</p>'


@pytest.fixture
def answers(monkeypatch, settings, tmp_path):
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


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/", (500, ""), "/ answers 500"),
        ("/search/?query=council", (404, ""), "answers 404"),
        ("/search/?query=council", (200, "<h1>Search</h1>"), "does not show"),
        ("/search/?query=council", (200, DEGRADED), "does not show"),
        ("/cant-find-it/", (404, ""), "answers 404"),
        ("/nowhere/", (200, ""), "answers 200"),
        ("/", (200, '<h1></h1><img src="/static/gone.png">'), "run collectstatic"),
        ("/-/ready", (503, ""), "does not get ready"),
    ],
)
def test_release_that_does_not_work_is_refused(answers, path, answer, words):
    answers[path] = answer
    with pytest.raises(CommandError, match=words):
        try_it()


def test_release_before_its_migrations_is_refused(answers, monkeypatch):
    def unapplied(*args, **options):
        raise SystemExit(1)

    monkeypatch.setattr(smoke_test, "call_command", unapplied)
    with pytest.raises(CommandError, match="run migrate first"):
        try_it()


def test_site_itself_passes_and_a_search_that_fails_does_not(
    section, client, monkeypatch, settings
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
