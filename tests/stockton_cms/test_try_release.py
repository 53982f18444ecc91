"""A release that does not work is found before visitors get it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from stockton_cms.management.commands import try_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(monkeypatch, settings, tmp_path):
    """Yield what each path answers, which a test may change."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "site.123456789abc.css").touch()
    page = '<link rel="stylesheet" href="/static/site.123456789abc.css">'
    answers = dict.fromkeys((*try_release.PATHS, "/-/ready"), (200, page))
    monkeypatch.setattr(try_release, "ask", lambda port, path: answers[path])
    return answers


def try_it() -> str:
    said = StringIO()
    call_command("try_release", "1", seconds=0, stdout=said)
    return said.getvalue()


def test_release_that_works_passes(answers):
    answers["/nowhere/"] = 404, ""
    assert "all is well" in try_it()


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/", (500, ""), "/ answers 500"),
        ("/search/?q=council", (404, ""), "answers 404"),
        ("/", (200, '<img src="/static/gone.png">'), "run collectstatic"),
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

    monkeypatch.setattr(try_release, "call_command", unapplied)
    with pytest.raises(CommandError, match="run migrate first"):
        try_it()


def test_nobody_listening_is_not_ready():
    with pytest.raises(CommandError, match="does not get ready"):
        try_release.wait_until_ready(1, deadline=0)
