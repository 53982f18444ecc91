"""Commands say in two lines what is unavailable, and where the site is."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from stockton_cms.management.commands import bootstrap
from tests.servers import BASE_DIR, site_environment


def error_of(folder, *arguments, **changes):
    """Return what a command beside an empty database says of its failure."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={**os.environ, **site_environment(folder), **changes},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    return result.stderr


def test_database_that_is_away_is_said_to_be_without_its_password(tmp_path):
    address = "postgresql://user:s3cret@127.0.0.1:9/name"
    error = error_of(tmp_path, "backup", DATABASE_URL=address)
    assert "Connection refused" in error
    assert "docs/runbook" in error.splitlines()[-1]
    assert "s3cret" not in error
    assert "Traceback" not in error


def test_missing_table_is_named_and_a_traceback_is_there_on_request(tmp_path):
    error = error_of(tmp_path, "generate_renditions")
    reason, advice = error.splitlines()
    assert "no such table" in reason
    assert "manage.py migrate" in advice
    assert "Traceback" in error_of(tmp_path, "generate_renditions", "--traceback")


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
