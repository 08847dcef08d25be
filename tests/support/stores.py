"""Stores of every kind, empty and each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from reconciler.store.objects import ObjectStore
from reconciler.store.open import open_objects
from reconciler.store.store import Store
from tests.support.s3 import S3Server

BUCKET = "gitway-store"


@pytest.fixture(scope="session")
def seaweed(s3_server: S3Server) -> dict[str, str]:
    """The environment of a real S3 server that has the bucket."""
    s3_server.create_bucket(BUCKET)
    return s3_server.environment


@pytest.fixture(params=["files", "seaweed", "moto"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty store, of each kind; the environment fits it.

    moto answers as AWS does where SeaweedFS differs (404 for `If-Match` on what is not there).
    """
    in_bucket = f"s3://{BUCKET}/{uuid4().hex}"
    if request.param == "files":
        yield (tmp_path / "store").as_uri()
    elif request.param == "seaweed":
        for name, value in request.getfixturevalue("seaweed").items():
            monkeypatch.setenv(name, value)
        yield in_bucket
    else:
        import boto3
        from moto import mock_aws

        monkeypatch.setenv("AWS_REGION", "us-east-1")
        with mock_aws():
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
            yield in_bucket


@pytest.fixture
def objects(url: str) -> ObjectStore:
    """The objects of an empty store."""
    return open_objects(url)


@pytest.fixture
def store(url: str) -> Store:
    """An empty store."""
    return Store(open_objects(url))


@pytest.fixture
def files(tmp_path: Path) -> Store:
    """An empty store in a directory."""
    return Store(open_objects((tmp_path / "store").as_uri()))
