"""From a URL to a store."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from reconciler.store.errors import NotAStore
from reconciler.store.objects import ObjectStore
from reconciler.store.store import Store

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|arn:[^/]+")
_EXAMPLES = "write file:///absolute/directory or s3://bucket/prefix; to read only, also https://host/prefix"
_READ_ONLY = ("https", "http")


def open_store(url: str) -> Store:
    """The store of `file:///directory`, `s3://bucket/prefix` or `https://host/prefix`; nothing is read yet.

    Raises:
        NotAStore: the URL names no store.
    """
    return Store(open_objects(url))


def is_read_only(url: str) -> bool:
    """Whether nothing can be published to this URL, only read from it."""
    return url.partition("://")[0].lower() in _READ_ONLY


def open_writable(url: str) -> Store:
    """Like `open_store`, for what publishes or collects.

    Raises:
        NotAStore: the URL names no store, or one that can only be read.
    """
    if is_read_only(url):
        from reconciler.store.https import READ_ONLY

        raise NotAStore(f"{url.partition('?')[0]} can only be read", READ_ONLY)
    return open_store(url)


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
        case "https" | "http":
            from reconciler.store.https import HttpsObjects

            return HttpsObjects(url)
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
