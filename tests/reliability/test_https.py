"""A published store is read over plain HTTPS, whatever stands between."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.snapshot.model import CLUSTER
from reconciler.store import https
from reconciler.store.errors import StoreError, Unsupported
from reconciler.store.objects import Missing, Unchanged
from reconciler.store.open import open_objects, open_store
from reconciler.store.store import HEAD
from tests.reliability.attacks import FLEET, Bucket, new_key
from tests.sidecar.authority import Authority
from tests.sidecar.running import Call, Sidecar
from tests.support.gitway import gitway, succeed
from tests.support.manifests import repository
from tests.support.ports import free_port
from tests.support.repository import GitRepository
from tests.support.wait import eventually
from tests.support.web import Handler, WebServer, etag_of


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    """A signed release `one`."""
    bucket = Bucket(tmp_path / "store", new_key(tmp_path / "key"), store_name="production")
    bucket.publish("one")
    return bucket


@pytest.fixture
def web(bucket: Bucket) -> Iterator[WebServer]:
    """The store behind a web server, http on loopback."""
    with WebServer(bucket.directory) as server:
        yield server


# Urls


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://cdn.example/prefix", "could change what is read"),
        ("http://10.0.0.1/prefix", "could change what is read"),
        ("http://localhost.example/prefix", "could change what is read"),
        ("https:///prefix", "names no host"),
        ("https://:443/prefix", "names no host"),
        ("https://a b/prefix", "names no host"),
        ("https://host:port/prefix", "names no host"),
        ("https://host/prefix?key=canary", "no query"),
        ("https://host/prefix#part", "no query"),
        ("https://user:canary@host/prefix", "a user or a password"),
    ],
)
def test_what_is_no_store_is_wrong_usage(url: str, told: str) -> None:
    done = gitway("history", "--store", url)
    assert (done.code, told in done.stderr) == (64, True), done.stderr
    assert "canary" not in done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1/p", "http://localhost:80", "http://[::1]:8080/p", "HTTPS://Host/a/"])
def test_what_is_a_store(url: str) -> None:
    assert open_store(url).url


def test_http_to_others_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(https.ALLOW_HTTP, "1")
    assert open_store("http://cdn.example/prefix/").url == "http://cdn.example/prefix"


@pytest.mark.parametrize("command", ["publish", "gc"])
def test_writing_to_it_is_wrong_usage(git_repo: GitRepository, command: str) -> None:
    git_repo.commit("First", repository())
    done = gitway(command, "--repo", git_repo.path, "--store", "https://cdn.example/prefix")
    assert (done.code, "can only be read" in done.stderr, "s3://" in done.stderr) == (64, True, True)


def test_no_operation_writes(web: WebServer) -> None:
    objects = open_objects(web.url)
    for write in (
        lambda: objects.put("a", b""),
        lambda: objects.put_immutable("a", b""),
        lambda: objects.swap("a", b"", None),
        lambda: objects.delete("a"),
        lambda: objects.list(""),
        lambda: objects.stat("a"),
    ):
        with pytest.raises(Unsupported, match="only read over HTTPS"):
            write()
    assert web.requests == []


# Reading


def test_a_poll_is_one_conditional_request(web: WebServer) -> None:
    store = open_store(web.url)
    found = store.read_head()
    assert found
    for _ in range(3):
        assert store.poll(found[1]) == Unchanged()
    assert [(condition, status) for _, condition, status in web.requests] == [(None, 200), *[(found[1], 304)] * 3]
    assert web.authorised is False


def test_the_commands_that_read_work(web: WebServer, tmp_path: Path) -> None:
    for command in (("history",), ("show",), ("diff", "current")):
        assert succeed(*command, "--store", web.url).stdout
    signed = ("--verify-key", tmp_path / "key.pub", "--store-name", "production")
    told = succeed("verify", "--store", web.url, *signed, "-o", "json").json
    assert (told["signatures"], told["unreferenced"], told["damage"]) == ("verified", None, [])
    web.directory = web.directory / "empty"
    assert gitway("verify", "--store", web.url).code == 1


def test_https_is_verified(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with WebServer(bucket.directory, authority.issue("cdn", "localhost")) as web:
        with pytest.raises(StoreError) as raised:
            open_store(web.url).read_head()
        assert "certificate is not trusted" in raised.value.help
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        found = open_store(web.url).current()
        assert found
        assert found.serial == 1
        with pytest.raises(StoreError):
            open_store(web.url.replace("localhost", "127.0.0.1")).read_head()


def test_without_an_etag_the_content_is_compared(web: WebServer) -> None:
    def bare(handler: Handler, content: bytes) -> bool:
        handler.answer(200, content)
        return True

    web.fault = bare
    store = open_store(web.url)
    found = store.read_head()
    assert found
    assert store.poll(found[1]) == Unchanged()
    assert [condition for _, condition, _ in web.requests] == [None, None]


def test_compressed_all_the_same(web: WebServer) -> None:
    def compress(handler: Handler, content: bytes) -> bool:
        packed = gzip.compress(content)
        handler.answer(200, packed, ETag='W/"weak"', encoding="gzip")
        return True

    web.fault = compress
    current = open_store(web.url).current()
    assert current
    assert current.serial == 1


# What stands between


def _status(status: int) -> Callable[[Handler, bytes], bool]:
    def fault(handler: Handler, content: bytes) -> bool:
        handler.answer(status, b"<html>canary</html>")
        return True

    return fault


def _garbage(handler: Handler, content: bytes) -> bool:
    handler.answer(200, b"<html>Sign in</html>", ETag='"x"')
    return True


def _truncated(handler: Handler, content: bytes) -> bool:
    handler.answer(200, content[: len(content) // 2], length=len(content), ETag=etag_of(content))
    return True


def _cut_but_consistent(handler: Handler, content: bytes) -> bool:
    handler.answer(200, content[: len(content) // 2], ETag=etag_of(content))
    return True


def _redirect_loop(handler: Handler, content: bytes) -> bool:
    handler.answer(302, b"", Location=handler.path)
    return True


def _redirect_elsewhere(handler: Handler, content: bytes) -> bool:
    handler.answer(302, b"", Location="http://evil.example/canary")
    return True


def _redirect_to_a_file(handler: Handler, content: bytes) -> bool:
    handler.answer(302, b"", Location="file:///etc/passwd")
    return True


def _unasked_304(handler: Handler, content: bytes) -> bool:
    handler.answer(304, b"")
    return True


def _no_http(handler: Handler, content: bytes) -> bool:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    return True


def _hang_up(handler: Handler, content: bytes) -> bool:
    handler.hang_up()
    return True


def _false_gzip(handler: Handler, content: bytes) -> bool:
    handler.answer(200, content, encoding="gzip")
    return True


FAULTS = {
    "500": _status(500),
    "503": _status(503),
    "403": _status(403),
    "204": _status(204),
    "206": _status(206),
    "garbage": _garbage,
    "truncated": _truncated,
    "cut": _cut_but_consistent,
    "redirect loop": _redirect_loop,
    "redirect elsewhere": _redirect_elsewhere,
    "redirect to a file": _redirect_to_a_file,
    "304 to no condition": _unasked_304,
    "no HTTP": _no_http,
    "hang-up": _hang_up,
    "false gzip": _false_gzip,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_intermediary_that_fails_is_an_error_and_then_over(
    web: WebServer, fault: Callable[[Handler, bytes], bool]
) -> None:
    store = open_store(web.url)
    web.fault = fault
    with pytest.raises(StoreError) as raised:
        store.read_head()
    assert raised.value.help
    assert "\n" not in raised.value.message
    web.fault = None
    assert store.current()


def test_a_good_redirect_is_followed(web: WebServer) -> None:
    def moved(handler: Handler, content: bytes) -> bool:
        if content:
            return False
        handler.answer(307, b"", Location=handler.path.replace("/old/", "/"))
        return True

    web.fault = moved
    current = open_store(web.url + "/old").current()
    assert current


def test_one_that_drips_is_given_up(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, https.TOTAL_TIMEOUT + 1)
    monkeypatch.setattr("reconciler.store.https.time.monotonic", lambda: float(next(clock)))
    with pytest.raises(StoreError, match="took longer"):
        open_store(web.url).read_head()


def test_one_that_says_nothing_is_given_up(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()

    def silent(handler: Handler, content: bytes) -> bool:
        over.wait(20)
        return True

    web.fault = silent
    monkeypatch.setattr(https, "READ_TIMEOUT", 0.2)
    try:
        with pytest.raises(StoreError, match="timed out"):
            open_store(web.url).read_head()
    finally:
        over.set()


def test_what_is_endless_is_not_taken(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "MAX_OBJECT_BYTES", 10)
    with pytest.raises(StoreError, match="more than 10 bytes"):
        open_store(web.url).read_head()


def test_a_server_that_is_not_there_is_told() -> None:
    done = gitway("history", "--store", f"http://127.0.0.1:{free_port()}/p")
    assert (done.code, "check the server" in done.stderr) == (4, True)


def test_what_is_missing_is_missing(web: WebServer) -> None:
    with pytest.raises(Missing):
        open_objects(web.url).get("snapshots/none")


# The sidecar


def test_a_sidecar_follows_a_cdn_through_all_of_it(bucket: Bucket, web: WebServer, tmp_path: Path) -> None:
    options = {"verify_keys": (tmp_path / "key.pub",), "store_name": "production"}
    with Sidecar(tmp_path / "sidecar", web.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CLUSTER, fleet=FLEET)
        assert {each.name for each in call.next().resources} == {"x", "one"}
        for number, fault in enumerate(FAULTS.values()):
            web.fault = fault
            before = sidecar.admin("/").json["store"]["errors"]
            if fault is not _unasked_304:  # which is what a poll expects
                eventually(lambda before=before: sidecar.admin("/").json["store"]["errors"] > before)  # type: ignore[misc]
            web.fault = None
            bucket.publish(f"text-{number}")
            assert {each.name for each in call.next().resources} == {f"text-{number}"}
        assert not (bucket.directory / "status").exists()


def test_a_cdn_that_answers_with_old_content_now_and_then_does_no_harm(
    bucket: Bucket, web: WebServer, tmp_path: Path
) -> None:
    """Two of its places, of which one is behind."""
    old = bucket.read(HEAD)
    bucket.publish("two")
    turn = itertools.cycle([False, True])

    def flapping(handler: Handler, content: bytes) -> bool:
        if not handler.path.endswith(HEAD) or not next(turn):
            return False
        handler.answer(200, old, ETag=etag_of(old))
        return True

    options = {"verify_keys": (tmp_path / "key.pub",), "store_name": "production"}
    with Sidecar(tmp_path / "sidecar", web.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CLUSTER, fleet=FLEET)
        assert {each.name for each in call.next().resources} == {"x", "two"}
        web.fault = flapping
        before = sidecar.admin("/").json["store"]["polls"]
        eventually(lambda: sidecar.admin("/").json["store"]["polls"] > before + 4)
        assert sidecar.admin("/").json["serial"] == 2
        bucket.publish("three")
        assert {each.name for each in call.next().resources} == {"three"}
