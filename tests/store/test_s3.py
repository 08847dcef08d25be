"""What is S3's own: its answers and its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from reconciler.store import s3
from reconciler.store.errors import StoreError
from reconciler.store.objects import Missing
from reconciler.store.s3 import S3Objects
from tests.support.ports import free_port
from tests.support.stores import BUCKET


@pytest.fixture
def environment(seaweed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in seaweed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return seaweed


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"s3/{abs(hash(request.node.nodeid))}"


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def _answers(objects: S3Objects, *answers: tuple[int, str] | None) -> list[str]:
    """Gives these answers (status, code; None: the server's) to a client's next requests; the list of all it asks."""
    asked: list[str] = []
    planned = list(answers)

    headers: Any = {"content-type": "application/xml"}

    def before_send(request: Any, **_: Any) -> Any:
        asked.append(request.method)
        answer = planned.pop(0) if planned else None
        if answer is None:
            return None
        status, code = answer
        body = f"<Error><Code>{code}</Code><Message>told by a test</Message></Error>".encode()
        return AWSResponse(request.url, status, headers, _Raw(body))

    objects._client.meta.events.register("before-send.s3", before_send)
    return asked


@pytest.mark.parametrize(("status", "code"), [(412, "PreconditionFailed"), (404, "NoSuchKey")], ids=["412", "404"])
def test_these_answers_mean_that_another_was_first(
    environment: dict[str, str], prefix: str, status: int, code: str
) -> None:
    objects = S3Objects(BUCKET, prefix)
    asked = _answers(objects, (status, code))
    assert objects.swap("HEAD.json", b"", '"etag"') is None
    assert asked == ["PUT"]


def test_a_conflict_is_tried_again(environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_CONFLICT_PAUSE", 0.0)
    objects = S3Objects(BUCKET, prefix)
    asked = _answers(objects, (409, "ConditionalRequestConflict"), (409, "ConditionalRequestConflict"), None)
    assert objects.swap("HEAD.json", b"new", None)
    assert asked == ["PUT"] * 3
    assert objects.get("HEAD.json") == b"new"


def test_a_conflict_that_stays_is_lost(
    environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_CONFLICT_PAUSE", 0.0)
    objects = S3Objects(BUCKET, prefix)
    asked = _answers(objects, *[(409, "ConditionalRequestConflict")] * 20)
    assert objects.swap("HEAD.json", b"new", None) is None
    assert len(asked) == s3.CONFLICTS + 1


@pytest.mark.parametrize(("stored", "won"), [(b"ours", True), (b"theirs", False)])
def test_a_swap_whose_answer_was_lost_is_recognised(
    environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch, stored: bytes, won: bool
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    objects = S3Objects(BUCKET, prefix)
    objects.put("HEAD.json", stored)  # the first request was carried out, or another publisher's was
    asked = _answers(objects, (503, "SlowDown"), (412, "PreconditionFailed"), None)
    assert bool(objects.swap("HEAD.json", b"ours", '"etag"')) is won
    assert asked == ["PUT", "PUT", "GET"]


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (403, "AccessDenied", "s3:ListBucket"),
        (403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "AWS_SESSION_TOKEN"),
        (404, "NoSuchBucket", "create the bucket"),
        (301, "PermanentRedirect", "AWS_REGION"),
        (501, "NotImplemented", "conditional writes"),
        (403, "RequestTimeTooSkewed", "clock"),
        (503, "SlowDown", "later"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda objects: objects.get("HEAD.json"),
        lambda objects: objects.get_if_changed("HEAD.json", '"etag"'),
        lambda objects: objects.swap("HEAD.json", b"", '"etag"'),
        lambda objects: list(objects.list("")),
    ],
    ids=["get", "poll", "swap", "list"],
)
def test_a_refusal_is_told_with_its_remedy(
    environment: dict[str, str], prefix: str, use: Callable[[S3Objects], object], status: int, code: str, remedy: str
) -> None:
    objects = S3Objects(BUCKET, prefix)
    _answers(objects, (status, code), (status, code))
    with pytest.raises(StoreError, match=rf"s3://{BUCKET}/{prefix}: {code}") as raised:
        use(objects)
    assert remedy in raised.value.help


def test_a_bucket_that_is_not_there_is_told(environment: dict[str, str]) -> None:
    objects = S3Objects("gitway-no-such-bucket", "")
    with pytest.raises(StoreError, match="NoSuchBucket") as raised:
        objects.get("HEAD.json")
    assert "create the bucket" in raised.value.help


def test_credentials_that_are_wrong_are_told_without_them(
    environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-a-secret")
    with pytest.raises(StoreError) as raised:
        S3Objects(BUCKET, prefix).get("HEAD.json")
    assert "AWS_SECRET_ACCESS_KEY" in raised.value.help
    assert "canary" not in f"{raised.value.message}{raised.value.help}"


def test_credentials_that_are_missing_are_told(
    environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match="credentials") as raised:
        S3Objects(BUCKET, prefix).get("HEAD.json")
    assert "AWS_ACCESS_KEY_ID" in raised.value.help


def test_a_server_that_is_not_there_is_told(
    environment: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    objects = S3Objects(BUCKET, prefix)
    for use in (lambda: objects.get("HEAD.json"), lambda: objects.swap("HEAD.json", b"", None)):
        with pytest.raises(StoreError, match=r"127\.0\.0\.1") as raised:
            use()
        assert "AWS_ENDPOINT_URL_S3" in raised.value.help


def test_an_endpoint_that_is_no_url_is_told(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "not a url")
    with pytest.raises(StoreError, match="not a url"):
        S3Objects(BUCKET, prefix).get("HEAD.json")


def test_a_profile_that_is_not_there_is_told(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreError, match="nobody") as raised:
        S3Objects(BUCKET, prefix).get("HEAD.json")
    assert "profile" in raised.value.help


def test_no_prefix_is_the_whole_bucket(environment: dict[str, str]) -> None:
    objects = S3Objects(BUCKET, "")
    assert objects.url == f"s3://{BUCKET}"
    with pytest.raises(Missing):
        objects.get("no-such-object")
