"""The whole site with all that it stands on, for tests that take something away."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deployment import Deployment, Machine, deployed_site
from tests.faults.readers import pages_of
from tests.faults.services import DatabaseServer, MailServer, SharedCache
from tests.run import postgresql_server
from tests.servers import free_port


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
