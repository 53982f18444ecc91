"""Serves the states as in production: gunicorn, compressed static files, no DEBUG."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import (
    BASE_DIR,
    free_port,
    manage,
    site_environment,
    wait_until_served,
)

# Where a site that is served already can be found, by the workers of pytest.
VARIABLE = "BROWSER_TEST_SITE"


@dataclass(frozen=True)
class ServedSite:
    """The addresses of the site, and of the same site without its database."""

    address: str
    broken_address: str


@contextmanager
def serve_states() -> Iterator[ServedSite]:
    """Yield a site with all the states; the one that is served already, if any."""
    if os.environ.get(VARIABLE):
        yield ServedSite(*os.environ[VARIABLE].split())
        return
    with tempfile.TemporaryDirectory(
        prefix="stockton-cms-browser-", ignore_cleanup_errors=True
    ) as folder:
        environment = build_states(Path(folder))
        broken = {
            **environment,
            "DATA_DIR": f"{folder}/broken",
            "DATABASE_URL": f"sqlite:///{folder}/broken",
        }
        with (
            serve(environment, "/") as address,
            serve(broken, "/-/live") as broken_address,
        ):
            os.environ[VARIABLE] = f"{address} {broken_address}"
            try:
                yield ServedSite(address, broken_address)
            finally:
                del os.environ[VARIABLE]


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
