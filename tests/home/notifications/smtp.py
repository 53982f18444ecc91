"""A real SMTP server, which accepts or rejects emails as a test wants."""

import email
import signal
import sys
from contextlib import contextmanager
from email import policy

import pytest
from aiosmtpd.controller import Controller

from tests.servers import free_port


class Server:
    """Stores what it accepts.

    `reject` returns the error for a recipient, "MAIL" or "DATA", or None.
    """

    def __init__(self):
        self.accepted = []
        self.connections = 0
        self.reject = lambda step: None
        # Called before the client gets the reply to an accepted email.
        self.after = lambda: None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.reject("MAIL") or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.reject(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if answer := self.reject("DATA"):
            return answer
        self.accepted.append((envelope.rcpt_tos[0], envelope.content))
        self.after()
        return "250 OK"

    @property
    def addresses(self):
        return [address for address, _ in self.accepted]

    def read(self, number=0):
        return email.message_from_bytes(self.accepted[number][1], policy=policy.default)


@contextmanager
def smtp_server(port=None):
    """Run a server on a port, or a free one."""
    server = Server()
    server.port = port or free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.fixture
def server(db, settings):
    """Run a mail server, to which the site sends."""
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.WAGTAILADMIN_BASE_URL = "https://council.example"
        yield running


def main(port, path):
    """Serve until stopped; write the recipient of each email into a file."""
    with open(path, "a", buffering=1) as file, smtp_server(int(port)) as server:

        def log():
            file.write(f"{server.accepted.pop()[0]}\n")

        server.after = log
        print("listening", flush=True)
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(*sys.argv[1:])
