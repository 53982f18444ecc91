"""Grades the site by MDN's HTTP Observatory: `python -m tests.security.observatory`.

The site runs as in production behind something that ends TLS on loopback, with a
certificate made for the run. Every page must get A+; without its policy none may.
"""

import json
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.browser.programs import NODE, get_package
from tests.browser.sites import serve
from tests.servers import manage, site_environment
from tests.stockton_cms.nginx import make_certificate

PAGES = ("/", "/stronger-communities/", "/search/", "/cant-find-it/", "/account/login/")
MAKE_PAGES = """
from tests.browser.content import build_home, build_section
build_section(build_home())
"""
POLICY = "content-security-policy"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}
PRODUCTION = {
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "SITE_URL": "https://localhost",
    "HTTPS": "true",
    "BEHIND_TLS_PROXY": "true",
    "SECOND_STEP_REQUIRED": "true",
}


class Front(ThreadingHTTPServer):
    """What stands before the site and ends TLS, as nginx does in production."""

    daemon_threads = True

    def __init__(self, site_port: int, certificate: Path | None, without: set[str]):
        super().__init__(("127.0.0.1", 0), Forwarding)
        self.site_port, self.without = site_port, without
        self.scheme = "https" if certificate else "http"
        self.https_port = self.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_name("privkey.pem"))
            self.socket = context.wrap_socket(self.socket, server_side=True)
        Thread(target=self.serve_forever, daemon=True).start()


class Forwarding(BaseHTTPRequestHandler):
    """Passes a request on, and its answer back."""

    def do_GET(self):
        """Forward the request with the scheme it came by."""
        connection = HTTPConnection("127.0.0.1", self.server.site_port, timeout=20)
        headers = {
            "Host": "localhost",
            "Accept": self.headers.get("Accept", "*/*"),
            "X-Forwarded-Proto": self.server.scheme,
            "X-Forwarded-For": "127.0.0.1",
        }
        connection.request(self.command, self.path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() in HOP_BY_HOP | self.server.without:
                continue
            # The ports here are not those of the web.
            here = f"https://localhost:{self.server.https_port}/"
            self.send_header(name, value.replace("https://localhost/", here))
        self.end_headers()
        self.wfile.write(body)

    do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served() -> Iterator[tuple[int, Path]]:
    """Yield the port of a site with production's settings, and a certificate."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        environment = site_environment(folder)
        manage(environment, "migrate", "-v0")
        leave_out = ("-i=wagtail*", "-i=admin")
        manage(environment, "collectstatic", "--no-input", "-v0", *leave_out)
        manage(environment, "shell", "-v0", script=MAKE_PAGES)
        production = {**environment, **PRODUCTION}
        with serve(production, "/-/live") as address:
            make_certificate(folder, "localhost")
            yield int(address.rpartition(":")[2]), folder / "fullchain.pem"


def grade(site_port: int, certificate: Path, path: str, without=frozenset()) -> dict:
    """Return the grade of a page, and the rules that it does not pass."""
    package = get_package("@mdn/mdn-http-observatory")
    # Its installation would fetch this list; we are in no browser's list anyway.
    (package / "conf" / "hsts-preload.json").write_text("{}")
    https = Front(site_port, certificate, set(without))
    http = Front(site_port, None, set(without))
    http.https_port = https.server_port
    script = Path(__file__).with_name("observatory.mjs")
    ports = [str(http.server_port), str(https.server_port)]
    try:
        result = subprocess.run(
            [NODE, script, package, *ports, path],
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        http.shutdown()
        https.shutdown()
    if result.returncode:
        sys.exit(f"The Observatory could not grade {path}: {result.stderr[-500:]}")
    return json.loads(result.stdout)


def main() -> int:
    """Print the grades; return 0 where each is A+ and the control is not."""
    failed = False
    with served() as (port, certificate):
        for path in PAGES:
            found = grade(port, certificate, path)
            failed |= found["grade"] != "A+" or found["status"] != 200
            print(f"{path:24} {found['grade']:3} {found['score']} {found['failed']}")
        control = grade(port, certificate, "/", {POLICY})
        print(f"{'/ without its policy':24} {control['grade']:3} {control['score']}")
        failed |= control["grade"] == "A+"
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
