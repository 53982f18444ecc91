"""What tests of the whole site share."""

import io
import logging
from urllib.parse import urlsplit

import boto3
import pytest
from django.test import Client
from moto.server import ThreadedMotoServer

from stockton_cms import media_storage
from stockton_cms.circuit_breaker import CircuitBreaker
from stockton_cms.settings import environment


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


@pytest.fixture
def create_bucket(s3_server, monkeypatch):
    """Return a function that makes a bucket in the store that the environment names."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3_server,
        "AWS_ACCESS_KEY_ID": "name",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }.items():
        monkeypatch.setenv(name, value)
    store, buckets = boto3.session.Session().resource("s3", endpoint_url=s3_server), []

    def create(name):
        where = {"LocationConstraint": "eu-west-2"}
        bucket = store.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        buckets.append(bucket)
        return store.meta.client

    yield create
    for bucket in buckets:
        bucket.objects.delete()
        for upload in bucket.multipart_uploads.all():
            upload.abort()
        bucket.delete()


@pytest.fixture
def store_media(create_bucket, settings, monkeypatch):
    """Return a function that lets the site's files be in a bucket, by its address."""
    monkeypatch.setattr(media_storage, "breaker", CircuitBreaker(5))

    def store(address):
        settings.STORAGES = {**settings.STORAGES, "default": environment.media(address)}
        return create_bucket(urlsplit(address).hostname)

    return store


@pytest.fixture
def quiet():
    """Log nothing of the many requests that are refused."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class ThreadAtOnce:
    """Stands for a thread, and does its work before it is left alone."""

    def __init__(self, target, args):
        self.start = lambda: target(*args)
