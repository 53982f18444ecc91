"""What tests of files and of backups share: a store that speaks S3."""

import logging

import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def s3_server():
    """Start a server that speaks S3; yield its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
