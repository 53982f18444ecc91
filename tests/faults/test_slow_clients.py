"""Hundreds of slow connections: nginx keeps them from those who read."""

import socket
import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.faults.processes import run_command
from tests.faults.readers import Readers, p95_ms, seconds_until_well, warm

pytestmark = pytest.mark.faults

FAULT = "slow clients"
CONNECTIONS, P95_MS, SECONDS = 300, 500, 10
# A third each: headers that never end, forms that never come, pages that no one takes.
HEADERS = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = (
    b"POST /cant-find-it/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nmessage="
)


class SlowClient:
    """One connection, on which a byte comes or goes each time."""

    def __init__(self, port: int, number: int):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self._socket.settimeout(5)
        self._socket.connect(("127.0.0.1", port))
        self._takes = number % 3 == 2
        begin = (HEADERS, BODY, HEADERS + b"\r\n")[number % 3]
        self._socket.sendall(begin)
        self._socket.setblocking(False)

    def go_on(self) -> bool:
        """Send or take one byte; return whether the connection still stands."""
        try:
            if self._takes:
                return self._socket.recv(1) != b""
            # A header that never ends, or a letter of the message.
            self._socket.send(b"x")
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def close(self):
        self._socket.close()


@contextmanager
def slow_clients(port: int):
    """Keep so many connections busy; one that is closed comes again."""
    stop = Event()
    clients = [SlowClient(port, number) for number in range(CONNECTIONS)]

    def go_on():
        while not stop.wait(1):
            for number, client in enumerate(clients):
                if not client.go_on():
                    client.close()
                    clients[number] = SlowClient(port, number)

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()


def read_beside_slow_clients(stack, port: int) -> Readers:
    """Let people read while the slow ones are there; none waits longer than 5 s."""
    with slow_clients(port):
        time.sleep(2)
        with Readers(port, stack.pages, count=4, timeout=5) as readers:
            time.sleep(SECONDS)
    return readers


def test_three_hundred_slow_connections(stack, measured):
    ports = stack.port, stack.machine.port
    warm(ports, stack.pages)
    behind_nginx, bare = (read_beside_slow_clients(stack, port) for port in ports)
    assert seconds_until_well(stack.machine.port, ["/-/ready"], most=60) < 60
    said = run_command(
        "curl -so /dev/null -w %{time_total} $SITE_URL/", **stack.settings
    )
    p95, bare_p95 = p95_ms(behind_nginx.answers), p95_ms(bare.answers)
    measured(
        FAULT,
        f"{CONNECTIONS} slow connections: p95 of others under {P95_MS} ms",
        f"{len(behind_nginx.failed())} of {len(behind_nginx.answers)} failed, "
        f"p95 {p95:.0f} ms; without nginx "
        f"{len(bare.failed())} of {len(bare.answers)}, p95 {bare_p95:.0f} ms",
    )
    assert float(said.stdout) < 1
    assert not behind_nginx.failed()
    assert p95 < P95_MS
    # Without nginx they are in the way.
    assert bare.failed() or bare_p95 > P95_MS
