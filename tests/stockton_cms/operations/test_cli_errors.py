"""Commands say in plain words what is unavailable, not where our code noticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import BASE_DIR, site_environment


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a command beside an empty database."""

    def manage(*arguments, **changes):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env={**os.environ, **site_environment(tmp_path), **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    return manage


def two_lines(result):
    assert result.returncode == 1
    reason, advice = result.stderr.splitlines()
    return reason, advice


@pytest.mark.parametrize("command", ["migrate", "generate_renditions"])
def test_why_the_database_is_away_is_said_without_its_password(run, command):
    nobody_there = "postgresql://user:s3cret@127.0.0.1:9/name"
    result = run(command, DATABASE_URL=nobody_there)
    reason, advice = two_lines(result)
    assert reason.startswith("The database cannot be used: ")
    assert "Connection refused" in reason
    assert "docs/runbook/database-unavailable.md" in advice
    assert "s3cret" not in result.stderr


def test_backup_says_why_the_database_is_away(run):
    result = run("backup", DATABASE_URL="postgresql://user:s3cret@127.0.0.1:9/name")
    [line] = result.stderr.splitlines()
    assert line.startswith("CommandError: The backup could not be made: ")
    assert "Connection refused" in line


def test_command_before_migrate_says_what_to_do(run):
    reason, advice = two_lines(run("generate_renditions"))
    assert "no such table" in reason
    assert "run `manage.py migrate`" in advice


def test_file_that_cannot_be_used_is_named(run, tmp_path):
    (tmp_path / "file").touch()
    reason, advice = two_lines(run("check", DATA_DIR=f"{tmp_path}/file/data"))
    assert reason.startswith("A file cannot be used: ")
    assert f"{tmp_path}/file/data" in reason
    assert "DATA_DIR" in advice


def test_mail_server_that_is_away_is_said_to_be(run):
    mail = {"EMAIL_URL": "smtp://127.0.0.1:9"}
    reason, advice = two_lines(run("sendtestemail", "you@example.org", **mail))
    assert "ConnectionRefusedError" in reason
    assert "address" in advice


def test_traceback_is_there_for_who_asks_for_it(run):
    assert "Traceback" in run("generate_renditions", "--traceback").stderr


def test_documents_that_are_named_are_there():
    text = (Path(BASE_DIR) / "stockton_cms/operations/cli_errors.py").read_text()
    assert "docs/runbook/database-unavailable.md" in text
    assert (Path(BASE_DIR) / "docs/runbook/database-unavailable.md").exists()
