"""The site as operators run it: nginx, gunicorn, a database; for tests that break it.

    with deployed_site(folder, database=address) as site:
        site.machines[0].kill_worker()
        assert Visitor(site.port).get("/")[0].status == 200

The files are those of `deploy/`; everything else is in the folder that is given.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.servers import (
    BASE_DIR,
    free_port,
    manage,
    site_environment,
    wait_until_served,
)
from tests.stockton_cms.nginx import nginx_in_front


@dataclass
class Machine:
    """One gunicorn with its own folder, which can be stopped, killed and started."""

    environment: dict
    port: int = field(default_factory=free_port)
    # Where the code is; another version of it can be started in its place.
    code: Path = BASE_DIR
    gunicorn: subprocess.Popen | None = None

    @property
    def folder(self) -> Path:
        """Return where its static files, pictures and last known pages are."""
        return Path(self.environment["DATA_DIR"])

    @property
    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.gunicorn.pid).children()

    def manage(self, *arguments: str, script: str = "") -> str:
        return manage(self.environment, *arguments, script=script)

    def start(self, path: str = "/-/live") -> None:
        """Start gunicorn with the deployed file; wait until it answers for the path."""
        with (self.folder / "gunicorn.log").open("a") as log:
            self.gunicorn = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "stockton_cms.wsgi"),
                    *("--config", "deploy/gunicorn.conf.py"),
                    f"--bind=127.0.0.1:{self.port}",
                ],
                env={**os.environ, **self.environment},
                cwd=self.code,
                stderr=log,
            )
        wait_until_served(self.port, path)

    def stop(self) -> None:
        """Stop gunicorn as systemd does: it answers what it has begun."""
        if self.gunicorn:
            self.gunicorn.terminate()
            self.gunicorn.wait(timeout=40)
            self.gunicorn = None

    @contextmanager
    def other_settings(self, **settings: str) -> Iterator[None]:
        """Start it again with other settings, and as it was in the end."""
        before = dict(self.environment)
        try:
            self.stop()
            self.environment |= settings
            self.start("/-/ready")
            yield
        finally:
            self.stop()
            self.environment = before
            self.start("/-/ready")

    def kill_worker(self) -> None:
        """Kill a worker at once, whatever it is doing."""
        self.workers[0].kill()


@dataclass
class Deployment:
    """The machines, and the port of the nginx in front of them."""

    machines: list[Machine]
    port: int


@contextmanager
def deployed_site(
    folder: Path, database: str = "", machines: int = 1, **settings: str
) -> Iterator[Deployment]:
    """Run the example site on so many machines behind one nginx.

    `database` is the address of an empty PostgreSQL database; SQLite in the folder if
    there is none. `settings` are environment variables for every machine.
    """
    with ExitStack() as stack:
        running = []
        for number in range(machines):
            data = folder / f"machine-{number}"
            data.mkdir()
            environment = site_environment(data) | {"BEHIND_TLS_PROXY": "true"}
            environment |= {"DATABASE_URL": database} if database else {}
            running.append(Machine(environment | settings))
        running[0].manage("migrate", "--verbosity=0")
        running[0].manage("load_demo_site")
        for machine in running:
            machine.manage("collectstatic", "--noinput", "--verbosity=0")
            stack.callback(machine.stop)
            machine.start("/-/ready")
        (folder / "root").symlink_to(running[0].folder)
        ports = [machine.port for machine in running]
        port = stack.enter_context(nginx_in_front(folder, *ports))
        yield Deployment(running, port)
