from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from reconciler.store.errors import StoreError
from reconciler.store.files import FileObjects
from reconciler.store.objects import Missing

RACER = """
import sys
from pathlib import Path
from reconciler.store.files import FileObjects

objects = FileObjects(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    while True:
        data, etag = objects.get_if_changed("HEAD.json", None)
        if objects.swap("HEAD.json", b"%d" % (int(data) + 1), etag):
            break
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "some" / "store"


@pytest.fixture
def objects(root: Path) -> FileObjects:
    return FileObjects(root)


def test_reading_creates_nothing(objects: FileObjects, root: Path) -> None:
    with pytest.raises(Missing):
        objects.get("HEAD.json")
    assert not root.parent.exists()


@pytest.mark.parametrize(
    "key",
    [
        "../secret",
        "/etc/passwd",
        "releases/../../secret",
        "",
        "releases//a",
        ".lock",
        ".staging/a",
        "a\0b",
        "a\nb",
        ".",
    ],
)
def test_no_key_leaves_the_root(objects: FileObjects, root: Path, key: str) -> None:
    root.mkdir(parents=True)
    (root.parent / "secret").write_text("secret")
    for use in (objects.get, objects.stat, objects.delete, lambda key: objects.put(key, b"")):
        with pytest.raises(StoreError, match="not the name of an object"):
            use(key)


def test_no_increment_of_racing_processes_is_lost(objects: FileObjects, root: Path) -> None:
    objects.swap("HEAD.json", b"0", None)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, root, "8"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        assert [racer.wait(60) for racer in racers] == [0] * len(racers)
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    assert objects.get("HEAD.json") == b"32"


def test_a_write_that_fails_leaves_the_old_object(
    objects: FileObjects, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.put("HEAD.json", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left on device"):
            objects.put("HEAD.json", b"new")
    assert objects.get("HEAD.json") == b"old"
    assert list((root / ".staging").iterdir()) == []


def test_what_a_killed_process_left_is_swept(objects: FileObjects, root: Path) -> None:
    etag = objects.swap("HEAD.json", b"1", None)
    old, recent = root / ".staging" / "old", root / ".staging" / "recent"
    old.touch()
    recent.touch()
    os.utime(old, (0, time.time() - 7200))
    assert [found.key for found in objects.list("")] == ["HEAD.json"]
    assert objects.swap("HEAD.json", b"2", etag)
    assert not old.exists()
    assert recent.exists()


def test_files_are_as_readable_as_the_umask_says(objects: FileObjects, root: Path) -> None:
    before = os.umask(0o022)
    try:
        objects.put("HEAD.json", b"")
    finally:
        os.umask(before)
    assert (root / "HEAD.json").stat().st_mode & 0o777 == 0o644


def test_a_lock_that_is_held_is_told(objects: FileObjects, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.files.LOCK_TIMEOUT", 0.01)
    root.mkdir(parents=True)
    with FileLock(root / ".lock"), pytest.raises(StoreError, match="locked") as raised:
        objects.swap("HEAD.json", b"", None)
    assert "another publish" in raised.value.help


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    objects = FileObjects(tmp_path / "file")
    with pytest.raises(StoreError, match="is a file"):
        objects.get("HEAD.json")
    with pytest.raises(StoreError, match="cannot write"):
        objects.put("HEAD.json", b"")
    with pytest.raises(StoreError, match="cannot write") as raised:
        objects.swap("HEAD.json", b"", None)
    assert "name a directory" in raised.value.help


def test_what_is_denied_is_told(objects: FileObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    objects.put("HEAD.json", b"old")  # tests may run as root, who is denied nothing

    def denied(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(os, "open", denied)
    for use in (lambda: objects.get("HEAD.json"), lambda: objects.put("HEAD.json", b"")):
        with pytest.raises(StoreError, match=r"HEAD\.json: Permission denied") as raised:
            use()
        assert "give this user access" in raised.value.help
