"""No header of a request moves its path, however gunicorn is reached."""

import json
import socket

from tests.servers import running_gunicorn

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


def ask(port, *headers):
    """Return what `echo` says to these lines, exactly as they are."""
    lines = ["GET /moved/on/ HTTP/1.1", "Host: localhost", *headers]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        sent = "\r\n".join([*lines, "Connection: close", "", ""])
        connection.sendall(sent.encode())
        answer = connection.makefile("rb").read()
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_no_header_moves_the_path():
    with running_gunicorn({}, f"{__name__}:echo") as (_, port):
        for header in HEADERS:
            assert ask(port, header) == ["", "/moved/on/", None], header


def test_gunicorn_as_it_comes_would_let_them():
    usual = {"GUNICORN_CMD_ARGS": "--forwarder-headers SCRIPT_NAME,PATH_INFO"}
    with running_gunicorn(usual, f"{__name__}:echo") as (_, port):
        assert ask(port, HEADERS[0]) == ["/moved", "/on/", None]
