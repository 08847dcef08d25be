from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.store.errors import Damaged, StoreError
from reconciler.store.model import (
    CommitInfo,
    FleetEntry,
    Head,
    Release,
    Retired,
    TypeEntry,
    canonical,
    digest_of,
    is_digest,
)

DIGEST = "0123456789abcdef" * 4

texts = st.text(max_size=20)
numbers = st.integers(1, 10**9)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
types = st.dictionaries(texts, st.builds(TypeEntry, version=texts, count=st.integers(0, 1000)), max_size=3)
fleets = st.builds(FleetEntry, snapshot=digests, commit=texts, types=types, routes=st.none() | st.integers(0, 1000))
releases = st.builds(
    Release,
    serial=numbers,
    parent=st.none() | digests,
    commit=st.builds(CommitInfo, texts, texts, texts, texts),
    gitway=texts,
    repository=texts,
    paths=st.lists(texts, max_size=3).map(tuple),
    fleets=st.dictionaries(texts, fleets, max_size=3),
    retired=st.dictionaries(texts, st.builds(Retired, commit=texts, serial=numbers), max_size=2),
)


def _release(**changes: Any) -> bytes:
    content: dict[str, Any] = {
        "format": 1,
        "serial": 42,
        "parent": DIGEST,
        "commit": {"sha": "abc", "author": "A <a@b>", "time": "2026-01-01T00:00:00Z", "subject": "S"},
        "gitway": "1.0",
        "repository": "r",
        "paths": ["a"],
        "fleets": {"ns/a": {"snapshot": DIGEST, "commit": "abc", "types": {"t": {"version": "1.d", "count": 2}}}},
    }
    return json.dumps({**content, **changes}).encode()


@given(releases)
def test_a_release_survives_its_bytes(release: Release) -> None:
    assert Release.from_bytes(release.to_bytes(), "x") == release


@given(st.builds(Head, serial=numbers, release=digests))
def test_a_head_survives_its_bytes(head: Head) -> None:
    assert Head.from_bytes(head.to_bytes(), "x") == head


def test_the_json_that_others_rely_on() -> None:
    types = {"type.googleapis.com/T": TypeEntry("41.d1", 3)}
    release = Release(
        serial=42,
        parent=None,
        commit=CommitInfo("abc", "Ada <ada@example.com>", "2026-01-01T12:00:00Z", "Subject"),
        gitway="1.2.3",
        repository="https://github.com/acme/routes",
        paths=("manifests",),
        fleets={"ns/name": FleetEntry(DIGEST, "abc", types)},
    )
    assert json.loads(release.to_bytes()) == {
        "format": 1,
        "serial": 42,
        "parent": None,
        "commit": {
            "sha": "abc",
            "author": "Ada <ada@example.com>",
            "time": "2026-01-01T12:00:00Z",
            "subject": "Subject",
        },
        "gitway": "1.2.3",
        "repository": "https://github.com/acme/routes",
        "paths": ["manifests"],
        "fleets": {
            "ns/name": {
                "snapshot": DIGEST,
                "commit": "abc",
                "types": {"type.googleapis.com/T": {"version": "41.d1", "count": 3}},
            }
        },
        "retired": {},
    }
    assert Head(42, DIGEST).to_bytes() == (b'{"format":1,"release":"%s","serial":42,"signatures":[]}' % DIGEST.encode())


def test_canonical_json_does_not_depend_on_order() -> None:
    assert canonical({"b": 1, "a": {"d": "ü", "c": None}}) == canonical({"a": {"c": None, "d": "ü"}, "b": 1})
    assert canonical({"a": "ü"}) == '{"a":"ü"}'.encode()


def test_a_name_that_is_no_unicode_survives() -> None:
    name = b"J\xfcrgen".decode("utf-8", "surrogateescape")
    assert json.loads(canonical({"author": name})) == {"author": name}


def test_fields_of_a_newer_gitway_are_ignored() -> None:
    known = Release.from_bytes(_release(), "x")
    assert Release.from_bytes(_release(later={"a": 1}), "x") == known
    assert Head.from_bytes(b'{"format": 1, "serial": 1, "release": "%s", "later": 1}' % DIGEST.encode(), "x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        _release(format="1"),
        _release(format=0),
        _release(serial="42"),
        _release(serial=0),
        _release(serial=True),
        _release(serial=1.5),
        _release(parent=DIGEST[:-1]),
        _release(parent="../" * 21 + "x"),
        _release(commit=None),
        _release(commit={"sha": "abc"}),
        _release(commit=[]),
        _release(gitway=None),
        _release(repository=1),
        _release(paths="a"),
        _release(paths=[1]),
        _release(fleets=[]),
        _release(fleets={"a": None}),
        _release(fleets={"a": {"snapshot": "x", "commit": "abc", "types": {}}}),
        _release(fleets={"a": {"snapshot": DIGEST, "commit": None, "types": {}}}),
        _release(fleets={"a": {"snapshot": DIGEST, "commit": "abc"}}),
        _release(fleets={"a": {"snapshot": DIGEST, "commit": "abc", "types": {"t": {"version": 1, "count": 1}}}}),
        _release(fleets={"a": {"snapshot": DIGEST, "commit": "abc", "types": {"t": {"version": "1", "count": -1}}}}),
        _release(fleets={"a": {"snapshot": DIGEST, "commit": "abc", "types": {}, "routes": "many"}}),
        _release(retired={"a": {}}),
        _release(retired=None),
    ],
)
def test_a_damaged_release_is_told(content: bytes) -> None:
    with pytest.raises(Damaged, match="damaged release name of here") as raised:
        Release.from_bytes(content, "name of here")
    assert raised.value.help


@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        b'{"format": 1}',
        b'{"format": 1, "serial": 1, "release": "../x"}',
        b'{"format": 1, "serial": 1, "release": "%s", "signatures": {}}' % DIGEST.encode(),
    ],
)
def test_a_damaged_head_is_told(content: bytes) -> None:
    with pytest.raises(Damaged, match=r"damaged HEAD\.json") as raised:
        Head.from_bytes(content, "HEAD.json")
    assert "bucket versioning" in raised.value.help


def test_a_newer_format_is_told() -> None:
    with pytest.raises(StoreError, match="format 2 is newer") as raised:
        Release.from_bytes(_release(format=2), "x")
    assert "update gitway" in raised.value.help


@pytest.mark.parametrize(
    ("name", "expected"),
    [(DIGEST, True), (DIGEST.upper(), False), (DIGEST + "\n", False), (DIGEST[1:], False), ("", False)],
)
def test_digests(name: str, expected: bool) -> None:
    assert is_digest(name) is expected
    assert is_digest(digest_of(name.encode()))
