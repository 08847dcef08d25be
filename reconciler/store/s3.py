"""A store in a bucket of S3 or of a server that speaks its protocol: `s3://bucket/prefix`.

Endpoint, region and credentials come from where all AWS tools take them (`AWS_*`, profiles, the machine's role).
`HEAD.json` is swapped by conditional writes. Implementations answer a lost one differently: 412 mostly, 404 where
`If-Match` names a key that is gone (AWS), 409 while another conditional write is under way (AWS; to be tried again).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's)
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from reconciler.store.errors import StoreError
from reconciler.store.objects import MAX_OBJECT_BYTES, Missing, Stored, Unchanged
from reconciler.store.store import RELEASES, SNAPSHOTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
"""Seconds."""

CONFLICTS = 5
"""How often a 409 is tried again before the swap counts as lost."""

_CONFLICT_PAUSE = 0.05
"""Seconds before the first of these, doubled each time."""

_NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})
_LOST = _NOT_FOUND | {"412", "PreconditionFailed"}
_CONFLICT = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})
_NOT_MODIFIED = frozenset({"304", "NotModified"})


class S3Objects:
    """The objects of a bucket below a prefix. Neither the bucket nor anything outside of the prefix is ever created."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def get(self, key: str) -> bytes:
        """See `ObjectStore`."""
        content, _ = self._get(key)
        return content

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        """See `ObjectStore`."""
        try:
            return self._get(key, **({"IfNoneMatch": etag} if etag else {}))
        except ClientError as error:
            if _code(error) in _NOT_MODIFIED:
                return Unchanged()
            raise self._explained(error, f"read {key}") from error

    def stat(self, key: str) -> Stored | None:
        """See `ObjectStore`."""
        with self._told(f"look for {key}"):
            try:
                found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
            except ClientError as error:
                if _code(error) in _NOT_FOUND:
                    return None
                raise
            return Stored(key, found["ContentLength"], found["LastModified"])

    def put_immutable(self, key: str, data: bytes) -> None:
        """See `ObjectStore`."""
        self._put_if(key, data, IfNoneMatch="*")

    def put(self, key: str, data: bytes) -> None:
        """See `ObjectStore`."""
        with self._told(f"write {key}"):
            self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + key, Body=data, CacheControl=_cache_control(key)
            )

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        """See `ObjectStore`."""
        if expected_etag is None:
            return self._put_if(key, data, IfNoneMatch="*")
        return self._put_if(key, data, IfMatch=expected_etag)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See `ObjectStore`."""
        with self._told("list the objects"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield Stored(found["Key"].removeprefix(self._prefix), found["Size"], found["LastModified"])

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        with self._told(f"remove {key}"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    @cached_property
    def _client(self) -> S3Client:
        config = Config(
            # AWS_MAX_ATTEMPTS still counts.
            retries={"mode": "standard"},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=16,
            user_agent_extra="gitway",
        )
        # boto3 knows AWS_DEFAULT_REGION only; every other SDK reads AWS_REGION.
        session = Session(region_name=os.environ.get("AWS_REGION") or None)
        return session.client("s3", config=config)

    def _get(self, key: str, **conditions: Any) -> tuple[bytes, str]:
        """Content and etag; lets a 304 through as the `ClientError` that it is."""
        with self._told(f"read {key}", but=_NOT_MODIFIED):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **conditions)
            except ClientError as error:
                if _code(error) in _NOT_FOUND:
                    raise Missing(key) from error
                raise
            with found["Body"] as body:
                if found["ContentLength"] > MAX_OBJECT_BYTES:
                    raise StoreError(f"{self.url}/{key} has more than {MAX_OBJECT_BYTES} bytes", "it is not gitway's")
                return body.read(), found["ETag"]

    def _put_if(self, key: str, data: bytes, **condition: Any) -> str | None:
        """The new etag, or None where the condition did not hold."""
        with self._told(f"write {key}"):
            for attempt in range(CONFLICTS + 1):
                try:
                    answer = self._client.put_object(
                        Bucket=self._bucket,
                        Key=self._prefix + key,
                        Body=data,
                        CacheControl=_cache_control(key),
                        **condition,
                    )
                except ClientError as error:
                    if _code(error) in _LOST:
                        return self._etag_if_ours(error, key, data)
                    if _code(error) not in _CONFLICT:
                        raise
                    time.sleep(_CONFLICT_PAUSE * 2**attempt)
                else:
                    return answer["ETag"]
        return None

    def _etag_if_ours(self, error: ClientError, key: str, data: bytes) -> str | None:
        """The etag where the request that was refused had been sent again after an answer that never came.

        The first one may have been carried out: then the object is ours already, and the second finds it changed.
        """
        if not error.response.get("ResponseMetadata", {}).get("RetryAttempts"):
            return None
        try:
            content, etag = self._get(key)
        except Missing:
            return None
        return etag if content == data else None

    @contextmanager
    def _told(self, doing: str, but: frozenset[str] = frozenset()) -> Iterator[None]:
        """Turns errors of botocore into ones for people; those with a code of `but` pass."""
        try:
            yield
        except ClientError as error:
            if _code(error) in but:
                raise
            raise self._explained(error, doing) from error
        except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
            raise self._unreachable(error, doing) from error

    def _explained(self, error: ClientError, doing: str) -> StoreError:
        code = _code(error)
        said = error.response.get("Error", {}).get("Message") or ""
        message = f"cannot {doing} in {self.url}: {code}{f' ({said})' if said and said != code else ''}"
        for codes, remedy in _REMEDIES:
            if code in codes:
                return StoreError(message, remedy)
        return StoreError(message, _TRY_AGAIN)

    def _unreachable(self, error: Exception, doing: str) -> StoreError:
        for kinds, remedy in _CAUSES:
            if isinstance(error, kinds):
                return StoreError(f"cannot {doing} in {self.url}: {error}", remedy)
        return StoreError(f"cannot {doing} in {self.url}: {error}", _ENVIRONMENT)


_TRY_AGAIN = "run this again later: nothing is half-written"
_ENVIRONMENT = "check the AWS_* environment and the profile in use"
_CREDENTIALS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the role in use"
_BUCKET = "create the bucket (gitway never does), or correct its name in the store's URL"
_PERMISSIONS = (
    "the role needs s3:GetObject and s3:ListBucket, to publish also s3:PutObject "
    "(without s3:ListBucket S3 answers 403 for whatever is missing)"
)
_REGION = "the bucket may be in another region: set AWS_REGION"
_CONDITIONS = "this server has no conditional writes (If-Match, If-None-Match), which gitway cannot do without"
_NETWORK = (
    "check the network and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, then run this again: "
    "a publish that was carried out all the same is found to be done"
)

_REMEDIES = (
    ({"NoSuchBucket"}, _BUCKET),
    ({"AccessDenied", "AllAccessDisabled", "Forbidden", "403"}, _PERMISSIONS),
    ({"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}, _CREDENTIALS),
    ({"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "400"}, _REGION),
    ({"RequestTimeTooSkewed"}, "set this machine's clock"),
    ({"NotImplemented", "501"}, _CONDITIONS),
)
"""Error codes → what to do about them."""

_CAUSES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((NoCredentialsError, PartialCredentialsError), _CREDENTIALS),
    ((ConnectionError, HTTPClientError), _NETWORK),
)


def _cache_control(key: str) -> str:
    """For a CDN in front of the bucket: what changes is asked for once a second and place, all else once."""
    fixed = key.startswith((RELEASES, SNAPSHOTS))
    return "public, max-age=31536000, immutable" if fixed else "public, max-age=1"


def _code(error: ClientError) -> str:
    """What the server named as the cause, or the HTTP status where it sent no body (HEAD requests)."""
    return str(error.response.get("Error", {}).get("Code", ""))
