"""A real nginx with the file from `deploy/` in front of the site, for tests."""

import getpass
import grp
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler

# Around the file, what Debian's own nginx.conf says; everything in one folder.
FRAME = """
daemon off;
user {user} {group};
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
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
    """Return the path of nginx, or fail with how to get it."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    return found or pytest.fail("nginx is missing here: apt-get install nginx-light")


def site_configuration(folder: Path, port: int, site_port: int) -> str:
    """Return the deployed file with nothing replaced but addresses and folders."""
    text = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    for deployed, ours in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{site_port};"),
        (
            "proxy_cache_path /var/cache/nginx/stockton_cms ",
            f"proxy_cache_path {folder}/cache ",
        ),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("root /var/lib/stockton_cms;", f"root {folder}/root;"),
    ):
        if text.count(deployed) != 1:
            pytest.fail(f"deploy/nginx.conf no longer says '{deployed}' once.")
        text = text.replace(deployed, ours)
    return text


@contextmanager
def nginx_in_front(site: SiteServer, folder: Path) -> Iterator[int]:
    """Run nginx in front of the site; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    frame = FRAME.format(
        folder=folder,
        user=getpass.getuser(),
        group=grp.getgrgid(os.getgid()).gr_name,
    )
    (folder / "site.conf").write_text(
        site_configuration(folder, port, site.server_port)
    )
    (folder / "nginx.conf").write_text(frame)
    command = [find_nginx(), "-p", str(folder), "-e", "stderr"]
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "-c", str(folder / "nginx.conf")], stdout=log, stderr=log
        )
    try:
        _wait_until_it_listens(process, port, folder / "nginx.log")
        yield port
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
    """Somebody who reads the site through nginx, over one connection."""

    def __init__(self, port: int, **headers: str):
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self._headers = {"Host": "localhost", **headers}

    def get(self, address: str):
        """Return the response and its text."""
        self._connection.request("GET", address, headers=self._headers)
        response = self._connection.getresponse()
        return response, response.read().decode(errors="replace")
