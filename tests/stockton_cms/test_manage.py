"""Commands say in two lines what is unavailable, not where our code noticed."""

import os
import subprocess
import sys

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


def test_site_with_media_in_s3_starts(tmp_path):
    """The store is made while models are loaded, so it may import none."""
    environment = {**site_environment(tmp_path), "MEDIA_STORE_URL": "s3://pictures"}
    subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env={**os.environ, **environment, "AWS_DEFAULT_REGION": "eu-west-2"},
        check=True,
    )


def test_missing_table_is_named_and_a_traceback_is_there_on_request(tmp_path):
    error = error_of(tmp_path, "generate_renditions")
    reason, advice = error.splitlines()
    assert "no such table" in reason
    assert "manage.py migrate" in advice
    assert "Traceback" in error_of(tmp_path, "generate_renditions", "--traceback")
