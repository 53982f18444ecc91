"""Other processes that work on the test's database, and commands of the runbook."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def database_address() -> str:
    """Return the address of the test database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    server = os.environ["TEST_DATABASE_URL"]
    return urlsplit(server)._replace(path=f"/{database['NAME']}").geturl()


def run_command(command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a command as it stands in the runbook; return what it has printed.

    Give it as one literal string: `test_runbook.py` looks for it here. It runs at the
    project's root with the settings of the tests, which `environment` may overrule, on
    the test's database.
    """
    inherited = {
        "TEST_DATABASE_URL": database_address(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    # Bash, whose functions may have a point in their names.
    script = f'manage.py() {{ "{sys.executable}" manage.py "$@"; }}; {command}'
    return subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, **inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
