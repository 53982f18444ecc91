"""Serves two sites as in production: one with every state, one with its officers."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.servers import (
    BASE_DIR,
    free_port,
    manage,
    site_environment,
    wait_until_served,
)

# Where sites that are served already can be found, by the workers of pytest.
STATES_VARIABLE, OFFICE_VARIABLE = "BROWSER_TEST_SITE", "BROWSER_TEST_OFFICE"


@contextmanager
def serve(environment: dict, path: str, port: int = 0) -> Iterator[str]:
    """Start gunicorn as `make run` does; yield the site's address."""
    port = port or free_port()
    with (
        open(f"{environment['DATA_DIR']}/gunicorn.log", "w") as log,
        subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", "deploy/gunicorn.conf.py", "--max-requests=0"),
                *("--workers=1", f"--bind=127.0.0.1:{port}"),
                "stockton_cms.wsgi",
            ],
            env={**os.environ, **environment},
            cwd=BASE_DIR,
            stderr=log,
        ) as server,
    ):
        try:
            wait_until_served(port, path)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def announced(variable: str, text: str) -> Iterator[None]:
    os.environ[variable] = text
    try:
        yield
    finally:
        del os.environ[variable]


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="stockton-cms-browser-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


# The site with every state


@dataclass(frozen=True)
class ServedSite:
    """The addresses of the site, and of the same site without its database."""

    address: str
    broken_address: str


@contextmanager
def serve_states() -> Iterator[ServedSite]:
    """Yield a site with all the states; the one that is served already, if any."""
    if os.environ.get(STATES_VARIABLE):
        yield ServedSite(*os.environ[STATES_VARIABLE].split())
        return
    with new_folder() as folder:
        environment = build_states(folder)
        broken = {
            **environment,
            "DATA_DIR": f"{folder}/broken",
            "DATABASE_URL": f"sqlite:///{folder}/broken",
        }
        with (
            serve(environment, "/") as address,
            serve(broken, "/-/live") as broken_address,
            announced(STATES_VARIABLE, f"{address} {broken_address}"),
        ):
            yield ServedSite(address, broken_address)


def build_states(folder: Path) -> dict:
    """Build the site in a folder; return its environment."""
    environment = site_environment(folder) | {
        # Passkeys belong to names, not to numbers.
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SECOND_STEP_REQUIRED": "true",
    }
    with ThreadPoolExecutor() as pool:
        # What residents never load would take most of the time.
        static = ("collectstatic", "--no-input", "-v0", "-i=wagtail*", "-i=admin")
        commands = (("migrate", "-v0"), static)
        list(pool.map(lambda command: manage(environment, *command), commands))
    built = subprocess.run(
        [sys.executable, "-m", "tests.browser.content"],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        check=False,
        capture_output=True,
        text=True,
    )
    if built.returncode:
        # Else it only warns of the pictures that are meant to be lost.
        sys.exit(built.stderr)
    (folder / "broken").mkdir()
    (folder / "broken" / "static").symlink_to(folder / "static")
    shutil.copytree(folder / "last_known", folder / "broken" / "last_known")
    return environment


# The example site, with one account for each role, signed in

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
def serve_office() -> Iterator[Office]:
    """Yield the example site with its officers; the one served already, if any."""
    if os.environ.get(OFFICE_VARIABLE):
        yield Office(**json.loads(os.environ[OFFICE_VARIABLE]))
        return
    with new_folder() as folder:
        port = free_port()
        environment = site_environment(folder)
        environment["SITE_URL"] = f"http://127.0.0.1:{port}"
        manage(environment, "bootstrap", f"--port={port}")
        said = manage(environment, "shell", "-v0", script=SET_UP)
        sessions = json.loads(said.splitlines()[-1])
        # As `make run` does, else the dashboard warns of it.
        run_jobs = [sys.executable, "manage.py", "run_jobs", "--forever"]
        with (
            serve(environment, "/", port) as address,
            subprocess.Popen(
                run_jobs, env={**os.environ, **environment}, cwd=BASE_DIR
            ) as jobs,
        ):
            office = Office(address, environment, sessions)
            try:
                with announced(OFFICE_VARIABLE, json.dumps(asdict(office))):
                    yield office
            finally:
                jobs.terminate()
