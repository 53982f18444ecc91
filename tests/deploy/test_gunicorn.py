"""No header of a request moves its path, however gunicorn is reached."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import pytest
from django.conf import settings

CONFIG = "deploy/gunicorn.conf.py"
HEADERS = [
    "SCRIPT_NAME: /moved",
    "script_name: /moved",
    "PATH_INFO: /moved/",
    "REMOTE_USER: officer",
    "Script-Name: /moved",
    "Path-Info: /moved/",
    "X-Script-Name: /moved",
    "X-Forwarded-Prefix: /moved",
    "X_FORWARDED_PREFIX: /moved",
    "X-Forwarded-Path: /moved/",
    "X-Original-URL: /moved/",
]


def echo(environ, start_response):
    """Answer with what the server says of the path, as an application."""
    names = ("SCRIPT_NAME", "PATH_INFO", "REMOTE_USER")
    body = json.dumps([environ.get(name) for name in names]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def gunicorn(*options):
    """Serve `echo` with the configuration of production; yield a port."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", CONFIG, *options]
    environment = {**os.environ, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    server = subprocess.Popen(
        [*command, f"{__name__}:echo"], cwd=settings.BASE_DIR, env=environment
    )
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


def ask(port, *headers):
    """Return what `echo` says to these lines, as they stand."""
    lines = ["GET /moved/on/ HTTP/1.1", "Host: localhost", *headers]
    sent = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    for _ in range(600):
        try:
            with socket.create_connection(
                ("127.0.0.1", port), timeout=30
            ) as connection:
                connection.sendall(sent)
                answer = connection.makefile("rb").read()
            return json.loads(answer.partition(b"\r\n\r\n")[2])
        except ConnectionRefusedError:
            time.sleep(0.1)
    pytest.fail("gunicorn does not answer.")


def test_no_header_moves_the_path():
    with gunicorn() as port:
        for header in HEADERS:
            assert ask(port, header) == ["", "/moved/on/", None], header


def test_gunicorn_as_it_comes_would_let_them():
    with gunicorn("--forwarder-headers", "SCRIPT_NAME,PATH_INFO") as port:
        assert ask(port, HEADERS[0]) == ["/moved", "/on/", None]
