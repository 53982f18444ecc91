"""A store like S3, on this machine only, and small archives."""

import io

import boto3
import pytest

from stockton_cms.operations.backup.archive import FORMAT, Manifest, new_archive


@pytest.fixture
def write_archive():
    """Return a function that writes an archive with a table and files."""

    def write(path, **values):
        defaults = {
            "format": FORMAT,
            "made_at": "2026-11-23T12:00:00+00:00",
            "database": "sqlite",
        }
        manifest = Manifest(**defaults | values)
        with new_archive(path, manifest) as archive:
            archive.add_rows("home_page", iter([b'["id"]\n', b"[1]\n", b"[2]\n"]))
            archive.add_file("images/a b.jpg", io.BytesIO(b"picture" * 1000))
        return manifest

    return write


@pytest.fixture
def s3(s3_server, monkeypatch, request):
    """Return a client with an empty bucket `backups`, as the environment names it."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3_server,
        "AWS_ACCESS_KEY_ID": "name",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    where = {"LocationConstraint": "eu-west-2"}
    client.create_bucket(Bucket="backups", CreateBucketConfiguration=where)
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="backups"):
        for item in page.get("Contents", ()):
            client.delete_object(Bucket="backups", Key=item["Key"])
    for upload in client.list_multipart_uploads(Bucket="backups").get("Uploads", ()):
        client.abort_multipart_upload(
            Bucket="backups", Key=upload["Key"], UploadId=upload["UploadId"]
        )
    client.delete_bucket(Bucket="backups")
