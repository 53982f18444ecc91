"""A real SMTP server, which takes emails or refuses them as a test wants."""

import email
import signal
import sys
from contextlib import contextmanager
from email import policy

from aiosmtpd.controller import Controller

from stockton_cms.operations.benchmarks import free_port


class Server:
    """Keeps what it takes; `refuse` and `cut` make it say no.

    `refuse` answers with what it says to a recipient, "MAIL" or "DATA", or None.
    """

    def __init__(self):
        self.taken = []
        self.connections = 0
        self.refuse = lambda step: None
        # Called once an email has been taken, before the client is told so.
        self.after = lambda: None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.refuse("MAIL") or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.refuse(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if answer := self.refuse("DATA"):
            return answer
        self.taken.append((envelope.rcpt_tos[0], envelope.content))
        self.after()
        return "250 OK"

    @property
    def addresses(self):
        """Return whom the emails were for, in their order."""
        return [address for address, _ in self.taken]

    def read(self, number=0):
        """Return an email as a mail program reads it."""
        return email.message_from_bytes(self.taken[number][1], policy=policy.default)


@contextmanager
def smtp_server(port=None):
    """Run a server on a port, or a free one; yield what it keeps, with its `port`."""
    kept = Server()
    kept.port = port or free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()


def main(port, path):
    """Serve until stopped; write whom each email was for into a file, at once."""
    with open(path, "a", buffering=1) as file, smtp_server(int(port)) as kept:

        def note():
            file.write(f"{kept.taken.pop()[0]}\n")

        kept.after = note
        print("listening", flush=True)
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(*sys.argv[1:])
