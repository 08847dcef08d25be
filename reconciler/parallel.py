"""Work shared with a forked process: a build is bound by one core, and the machines of CI have two.

The other process has all that this one had at the fork, so that nothing but results has to be handed over. Where
forking is no use or not safe (one core, other threads) all is done here, with the same results.
"""

from __future__ import annotations

import marshal
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def shared_map(
    function: Callable[[T], R], items: Sequence[T], theirs: int, meanwhile: Callable[[], object] = lambda: None
) -> list[R]:
    """The results of a function for all items, in their order.

    Args:
        function: must be pure; its results must be what `marshal` takes (plain JSON types, bytes, tuples).
        items: what it is called with.
        theirs: how many of the first items the other process takes; none: there is none.
        meanwhile: done here first, while the other process has begun.
    """
    taken = items[:theirs] if theirs > 0 and _can_fork() else items[:0]
    wait = _forked(lambda: [function(item) for item in taken]) if taken else list
    try:
        meanwhile()
        ours = [function(item) for item in items[len(taken) :]]
    except BaseException:
        wait()  # or it would stay a zombie for as long as we are here
        raise
    finished = wait()
    return ([function(item) for item in taken] if finished is None else finished) + ours


def share(weights: Sequence[int], head_start: int = 0, least: int = 0) -> int:
    """How many of the first items the other process should take so that both end at about the same time.

    Args:
        weights: of the items.
        head_start: what the other process can do while this one does something else first.
        least: below this sum of weights a process of its own does not pay.
    """
    total = sum(weights)
    if total < least:
        return 0
    goal = min(total, (total + head_start) // 2)
    done = 0
    for count, weight in enumerate(weights):
        if done >= goal:
            return count
        done += weight
    return len(weights)


def _can_fork() -> bool:
    """A fork copies one thread only: what others hold locked would stay locked for ever."""
    return hasattr(os, "fork") and _cores() > 1 and threading.active_count() == 1


def _cores() -> int:
    """How many cores this process may use; not every system can say, and then how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _forked(work: Callable[[], list[R]]) -> Callable[[], list[R] | None]:
    """Begin work in another process; the function waits for it: its result, or None if it came to nothing."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed when its result has been read
    try:
        process = os.fork()
    except OSError:
        file.close()
        return lambda: None
    if process == 0:
        _run_and_exit(work, file)
    return lambda: _result(process, file)


def _run_and_exit(work: Callable[[], Any], file: IO[bytes]) -> None:
    """In the other process: nothing of this one's may be cleaned up there, nor told twice."""
    status = 1
    try:
        file.write(marshal.dumps(work()))
        file.flush()
        status = 0
    finally:
        os._exit(status)


def _result(process: int, file: IO[bytes]) -> list[Any] | None:
    _, status = os.waitpid(process, 0)
    with file:
        if status:
            return None
        file.seek(0)
        result: list[Any] = marshal.loads(file.read())  # noqa: S302  written by our own child
        return result
