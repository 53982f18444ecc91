"""What tests of the whole site share."""

import io
import logging

import pytest
from django.test import Client
from moto.server import ThreadedMotoServer


@pytest.fixture
def visitor(home):
    """Return a visitor who is shown the page for errors, as in production."""
    return Client(raise_request_exception=False)


@pytest.fixture
def log_text(monkeypatch):
    """Return a function that gives the log since then, as production writes it."""
    stream = io.StringIO()
    for name in ("", "django"):
        for handler in logging.getLogger(name).handlers:
            if type(handler) is logging.StreamHandler:
                monkeypatch.setattr(handler, "stream", stream)
    return stream.getvalue


@pytest.fixture(scope="session")
def s3_server():
    """Start a server that speaks S3; yield its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
