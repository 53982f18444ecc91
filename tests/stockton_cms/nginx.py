"""A real nginx with the file from `deploy/` in front of the site, for tests."""

import getpass
import grp
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler

from tests.servers import BASE_DIR

# The name in the deployed file.
HOST = "www.example.gov.uk"
# How often the deployed file names the one server that it asks.
NAMED = 4
# Around the file, what Debian's own nginx.conf says; everything in one folder.
FRAME = """
daemon off;
user {user} {group};
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 768; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  # A test may be many visitors: nginx takes each to come from where it says.
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Real-IP;
  include {folder}/site.conf;
}}
"""


class SiteServer(ThreadedWSGIServer):
    """The site in threads of this process, whose clock a test has set."""

    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), QuietWSGIRequestHandler)
        self.set_app(WSGIHandler())
        self._sockets = []
        self._is_running = True
        Thread(target=self.serve_forever, args=[0.05], daemon=True).start()

    def get_request(self):
        """Remember each connection: nginx keeps some for its next request."""
        connection, address = super().get_request()
        self._sockets.append(connection)
        return connection, address

    def stop(self):
        """Stop as a process would that is gone, with all its connections."""
        if self._is_running:
            self._is_running = False
            self.shutdown()
            self.server_close()
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # Closed already.


def find_nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    return found or pytest.fail("nginx is missing here: apt-get install nginx-light")


@dataclass(frozen=True)
class Ports:
    """Where nginx listens: for plain http to the site itself, and as deployed."""

    site: int
    http: int
    https: int

    @classmethod
    def free(cls) -> "Ports":
        with ExitStack() as stack:
            taken = [
                stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                for _ in range(3)
            ]
            return cls(*(each.getsockname()[1] for each in taken))


def make_certificate(folder: Path, host: str = HOST) -> None:
    """Make a certificate of our own for a host in the folder, once."""
    if (folder / "fullchain.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, *private))


def name_servers(*site_ports: int) -> str:
    """Return what stands in `upstream`: one machine as deployed, or several."""
    if len(site_ports) == 1:
        return f"server 127.0.0.1:{site_ports[0]} max_fails=0;\n" * NAMED
    return "".join(f"server 127.0.0.1:{each};\n" for each in site_ports)


def site_configuration(folder: Path, ports: Ports, *site_ports: int) -> str:
    """Return the deployed file with nothing replaced but addresses and folders."""
    text = (BASE_DIR / "deploy/nginx.conf").read_text()
    server = "  server 127.0.0.1:8000 max_fails=0;\n"
    cache, https = "proxy_cache_path ", f"listen 127.0.0.1:{ports.https} ssl http2"
    for times, deployed, ours in (
        (1, server * NAMED, name_servers(*site_ports)),
        (1, f"{cache}/var/cache/nginx/stockton_cms ", f"{cache}{folder}/cache "),
        (2, "listen 80", f"listen 127.0.0.1:{ports.http}"),
        (1, "listen 443 ssl http2 d", f"{https} d"),
        (1, "listen 443 ssl http2;", f"{https}; listen 127.0.0.1:{ports.site};"),
        # Not every machine has IPv6.
        (4, "listen [::]:", "# "),
        (2, f"/etc/letsencrypt/live/{HOST}", str(folder)),
        (1, "root /var/www/html;", f"root {folder}/letsencrypt;"),
        (1, "root /var/lib/stockton_cms;", f"root {folder}/root;"),
        (1, "/var/log/nginx/stockton_cms.log", f"{folder}/access.log"),
        (1, "/var/log/nginx/stockton_cms.error.log", f"{folder}/error.log"),
    ):
        if text.count(deployed) != times:
            pytest.fail(f"deploy/nginx.conf no longer says '{deployed}' {times} times.")
        text = text.replace(deployed, ours)
    return text


@contextmanager
def nginx_in_front(folder: Path, *site_ports: int) -> Iterator[int]:
    """Run nginx in front of the site, on one port or several; yield its own port.

    That one takes plain http for any host; `running_nginx` also says where the others
    are, on which it is as deployed.
    """
    with running_nginx(folder, *site_ports) as ports:
        yield ports.site


@contextmanager
def running_nginx(
    folder: Path, *site_ports: int, changes: Sequence[tuple[str, str]] = ()
) -> Iterator[Ports]:
    """Run nginx in front of the site; yield its ports.

    `changes` of the deployed file are for negative controls.
    """
    ports = Ports.free()
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    frame = FRAME.format(folder=folder, user=user, group=group)
    make_certificate(folder)
    text = site_configuration(folder, ports, *site_ports)
    for old, new in changes:
        if old not in text:
            pytest.fail(f"deploy/nginx.conf no longer says '{old}'.")
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(frame)
    command = [find_nginx(), "-p", str(folder), "-e", "stderr"]
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "-c", str(folder / "nginx.conf")], stdout=log, stderr=log
        )
    try:
        _wait_until_it_listens(process, ports.site, folder / "nginx.log")
        yield ports
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_it_listens(process, port, log):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"nginx did not start: {log.read_text()}")


class Visitor:
    """Someone who reads the site through nginx, over one connection."""

    def __init__(self, port: int, **headers: str):
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self._headers = {"Host": "localhost", **headers}

    def get(self, address: str, method: str = "GET", body: str | None = None):
        self._connection.request(method, address, body, self._headers)
        response = self._connection.getresponse()
        return response, response.read().decode(errors="replace")
