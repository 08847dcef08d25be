from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.store.errors import StoreError
from reconciler.store.open import open_store
from reconciler.store.publish import publish
from reconciler.store.store import Store
from tests.store.examples import candidate, linear

FORBIDDEN = ("boto3", "botocore", "pydantic", "git", "envoy_data_plane", "betterproto2", "asyncio")

READ = f"""
import sys
from reconciler.store.open import open_store
from reconciler.store.history import history

store = open_store(sys.argv[1])
head, etag = store.read_head()
release = store.release(head.release)
for entry in release.fleets.values():
    store.snapshot(entry.snapshot)
store.poll(etag)
list(history(store))
print([name for name in {FORBIDDEN!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("file:///srv/store", "file:///srv/store"),
        ("file:///srv/store/", "file:///srv/store"),
        ("file://localhost/srv/store", "file:///srv/store"),
        ("FILE:///srv/store", "file:///srv/store"),
        ("file:///srv/with%20space", "file:///srv/with%20space"),
        ("file:///srv/with space", "file:///srv/with%20space"),
        ("file:///srv/a#b", "file:///srv/a%23b"),
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/some/prefix/", "s3://bucket/some/prefix"),
        ("s3://my.bucket-1/prefix", "s3://my.bucket-1/prefix"),
    ],
)
def test_urls(url: str, canonical: str) -> None:
    assert open_store(url).url == canonical


@pytest.mark.parametrize(
    ("url", "message", "help_"),
    [
        ("", "not a store's URL", "file:///"),
        ("/srv/store", "not a store's URL", "for a directory write file:///srv/store"),
        ("store", "not a store's URL", "for a directory write file:///"),
        ("C:\\store", "not a store's URL", "file:///"),
        ("file://store", "does not name an absolute directory", "starts with /"),
        ("file://", "does not name an absolute directory", "starts with /"),
        ("file:///", "root of the file system", "directory of its own"),
        ("file:///a%00b", "does not name an absolute directory", "starts with /"),
        ("gs://bucket/store", "no stores of the kind gs://", "s3://bucket/prefix"),
        ("s3://", "not the name of a bucket", "s3://bucket/prefix"),
        ("s3:///prefix", "not the name of a bucket", "s3://bucket/prefix"),
        ("s3://Bucket_/x", "not the name of a bucket", "s3://bucket/prefix"),
    ],
)
def test_what_is_no_url_is_told(url: str, message: str, help_: str) -> None:
    with pytest.raises(StoreError, match=message) as raised:
        open_store(url)
    assert help_ in raised.value.help


def test_credentials_in_a_url_are_not_repeated() -> None:
    with pytest.raises(StoreError) as raised:
        open_store("s3://AKIAKEY:canary@bucket/prefix")
    assert "canary" not in raised.value.message
    assert "AWS_*" in raised.value.help


def test_reading_a_directory_imports_nothing_heavy(files: Store, tmp_path: Path) -> None:
    publish(files, candidate(1), linear)
    found = subprocess.run(
        [sys.executable, "-c", READ, files.url],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ,
    )
    assert found.stdout == "[]\n"
