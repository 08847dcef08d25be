"""From a URL to a store."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from reconciler.store.errors import NotAStore
from reconciler.store.objects import ObjectStore
from reconciler.store.store import Store

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|arn:[^/]+")
_EXAMPLES = "write file:///absolute/directory or s3://bucket/prefix"


def open_store(url: str) -> Store:
    """The store of `file:///directory` or `s3://bucket/prefix`; nothing is read or written yet.

    Raises:
        NotAStore: the URL names no store.
    """
    return Store(open_objects(url))


def open_objects(url: str) -> ObjectStore:
    """The objects behind a store's URL; see `open_store`."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        absolute = Path(url).absolute().as_uri() if url and "\0" not in url else ""
        raise NotAStore(f"{url!r} is not a store's URL", f"for a directory write {absolute}" if absolute else _EXAMPLES)
    match scheme.lower():
        case "file":
            return _files(url, rest)
        case "s3":
            return _s3(url, rest)
    raise NotAStore(f"{url!r}: there are no stores of the kind {scheme}://", _EXAMPLES)


def _files(url: str, rest: str) -> ObjectStore:
    from reconciler.store.files import FileObjects

    path = unquote(rest.removeprefix("localhost"))
    if not path.startswith("/") or "\0" in path:
        raise NotAStore(f"{url!r} does not name an absolute directory", "write file:// and a path that starts with /")
    if path.strip("/") == "":
        raise NotAStore(f"{url!r} is the root of the file system", "name a directory of its own for the store")
    return FileObjects(Path(path))


def _s3(url: str, rest: str) -> ObjectStore:
    bucket, _, prefix = rest.partition("/")
    if not _BUCKET.fullmatch(bucket):
        help_ = "credentials belong into the AWS_* environment" if "@" in bucket else "write s3://bucket/prefix"
        raise NotAStore(f"{url.split('@')[-1]!r}: this is not the name of a bucket", help_)
    from reconciler.store.s3 import S3Objects  # boto3 takes a third of a second to import

    return S3Objects(bucket, prefix.strip("/"))
