"""The parse cache never changes a result, whatever is in it."""

from __future__ import annotations

import marshal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import cache_file
from reconciler.source import cache as cache_module
from reconciler.source.cache import ParseCache

DOCUMENTS: list[Any] = [{"a": [1, 1.5, True, None, "é"]}, None]


def filled(directory: Path, **entries: Any) -> None:
    cache = ParseCache(directory)
    for key, documents in (entries or {"k": DOCUMENTS}).items():
        cache.put(key, documents)
    cache.save()


def test_what_was_put_is_there(tmp_path: Path) -> None:
    filled(tmp_path / "new" / "folder")
    again = ParseCache(tmp_path / "new" / "folder")
    assert again.get("k") == DOCUMENTS
    assert again.get("other") is None


def test_nothing_is_written_without_save_or_without_change(tmp_path: Path) -> None:
    ParseCache(tmp_path).put("k", DOCUMENTS)
    assert list(tmp_path.iterdir()) == []
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns, file.stat().st_ino
    again = ParseCache(tmp_path)
    again.get("k")
    again.save()
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


@given(position=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_damage_anywhere_is_noticed(tmp_path_factory: pytest.TempPathFactory, position: float, change: int) -> None:
    directory = tmp_path_factory.mktemp("cache")
    filled(directory)
    (file,) = directory.iterdir()
    data = bytearray(file.read_bytes())
    data[int(position * len(data))] ^= change
    file.write_bytes(data)
    assert ParseCache(directory).get("k") is None


@pytest.mark.parametrize("data", [b"", b"\0" * 31, b"x" * 1000, marshal.dumps({"k": b""})])
def test_foreign_files_are_ignored_and_rewritten(tmp_path: Path, data: bytes) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(data)
    assert ParseCache(tmp_path).get("k") is None
    filled(tmp_path)
    assert ParseCache(tmp_path).get("k") == DOCUMENTS


@pytest.mark.parametrize("packed", [b"", b"N", b"garbage", marshal.dumps({"a": 1})])
def test_entries_that_are_no_documents(tmp_path: Path, packed: bytes) -> None:
    cache_file.write(tmp_path / "documents", cache_module._LOADER_VERSION, {"k": packed})
    assert ParseCache(tmp_path).get("k") is None


@pytest.mark.parametrize("body", [None, b"", [1], "k"])
def test_a_body_that_is_no_mapping(tmp_path: Path, body: object) -> None:
    cache_file.write(tmp_path / "documents", cache_module._LOADER_VERSION, body)
    assert ParseCache(tmp_path).get("k") is None


def test_another_versions_entries_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    monkeypatch.setattr("reconciler.__version__", "another")
    assert ParseCache(tmp_path).get("k") is None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    filled(tmp_path / "file")
    assert ParseCache(tmp_path / "file").get("k") is None


def test_growth_is_bounded(tmp_path: Path) -> None:
    large = ["x" * 1_000_000]
    for run in range(12):
        filled(tmp_path, **{f"k{run}": large})
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size < 7_000_000
    again = ParseCache(tmp_path)
    assert [run for run in range(12) if again.get(f"k{run}")] == [7, 8, 9, 10, 11]


def test_what_was_used_stays(tmp_path: Path) -> None:
    filled(tmp_path, used=DOCUMENTS)
    for run in range(12):
        cache = ParseCache(tmp_path)
        assert cache.get("used") == DOCUMENTS
        cache.put(f"k{run}", ["x" * 1_000_000])
        cache.save()
