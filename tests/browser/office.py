"""Serves the example site to its officers: one account for each role, signed in."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.browser.site import serve
from tests.servers import (
    BASE_DIR,
    free_port,
    manage,
    site_environment,
)

# Where an office that is served already can be found, by the workers of pytest.
VARIABLE = "BROWSER_TEST_OFFICE"
PASSWORD = "nine brown hens in Yarm"
# What the example site makes, by their keys.
SECTION, PARTNERSHIP, POLICY = 4, 5, 21
# A draft of an alert, for the page that is shown before it goes live.
ALERT = 900
SET_UP = f"""
import json
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from home.editorial.models import PreviewLink
from tests.factories import AlertFactory, EnquiryFactory

sessions = {{}}
for user in get_user_model().objects.all():
    user.set_password({PASSWORD!r})
    user.save()
    client = Client()
    client.force_login(user)
    sessions[user.username] = client.cookies["sessionid"].value
EnquiryFactory(message="Where can I borrow a wheelchair for a week?")
EnquiryFactory(message="Is there a bus to the pantry in Thornaby?")
next_week = timezone.now() + timedelta(days=7)
AlertFactory(
    pk={ALERT}, live=False, heading="The pool in Thornaby is closed", ends_at=next_week
).save_revision()
PreviewLink.objects.create(
    page_id={PARTNERSHIP}, note="Cllr Jones", expires_at=next_week
)
print(json.dumps(sessions))
"""


@dataclass(frozen=True)
class Office:
    """The address of the site, its settings, and each officer's session."""

    address: str
    environment: dict[str, str]
    sessions: dict[str, str]

    def query(self, command: str, *values):
        """Return the first column of the first row, if there is one."""
        path = self.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            row = database.execute(command, values).fetchone()
        return row and row[0]

    def page_of_this_worker(self, model: str) -> int:
        """Return a page that no other worker edits, else each disturbs the other."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        pages = """SELECT p.id FROM wagtailcore_page p
            JOIN django_content_type t ON t.id = p.content_type_id
            WHERE t.model = ? ORDER BY p.id LIMIT 1 OFFSET ?"""
        return self.query(pages, model, int(worker))


@contextmanager
def run_jobs(environment: dict[str, str]) -> Iterator[None]:
    """Run the jobs as `make run` does, else the dashboard warns of it."""
    command = [sys.executable, "manage.py", "run_jobs", "--forever"]
    settings = {**os.environ, **environment}
    with subprocess.Popen(command, env=settings, cwd=BASE_DIR) as jobs:
        try:
            yield
        finally:
            jobs.terminate()


@contextmanager
def serve_office() -> Iterator[Office]:
    """Yield the example site with its officers; the one served already, if any."""
    if os.environ.get(VARIABLE):
        yield Office(**json.loads(os.environ[VARIABLE]))
        return
    with tempfile.TemporaryDirectory(
        prefix="stockton-cms-office-", ignore_cleanup_errors=True
    ) as folder:
        port = free_port()
        environment = site_environment(Path(folder))
        environment["SITE_URL"] = f"http://127.0.0.1:{port}"
        manage(environment, "bootstrap", f"--port={port}")
        said = manage(environment, "shell", "-v0", script=SET_UP)
        sessions = json.loads(said.splitlines()[-1])
        with serve(environment, "/", port) as address, run_jobs(environment):
            office = Office(address, environment, sessions)
            os.environ[VARIABLE] = json.dumps(asdict(office))
            try:
                yield office
            finally:
                del os.environ[VARIABLE]
