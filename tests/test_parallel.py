"""Work shared with a forked process gives the results of work done alone."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import parallel
from reconciler.parallel import share, shared_map

# From 3.12 on Python says so where a process with threads forks.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    # Other tests of this process may leave threads behind (gRPC's never end); what is forked here touches none of them.
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@pytest.mark.parametrize("theirs", [0, 1, 3, 5])
def test_results_come_in_order(theirs: int) -> None:
    assert shared_map(lambda number: number * number, [1, 2, 3, 4, 5], theirs) == [1, 4, 9, 16, 25]


def test_the_other_process_does_its_share() -> None:
    first, second = shared_map(lambda _: os.getpid(), [0, 0], 1)
    assert (first != os.getpid(), second == os.getpid()) == (True, True)


def test_with_threads_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert set(shared_map(lambda _: os.getpid(), [0, 0], 1)) == {os.getpid()}


def test_with_one_core_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert set(shared_map(lambda _: os.getpid(), [0, 0], 1)) == {os.getpid()}


@pytest.mark.parametrize(("cores", "processes"), [(None, 1), (1, 1), (2, 2)])
def test_where_the_system_does_not_tell_our_cores(
    cores: int | None, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert len(set(shared_map(lambda _: os.getpid(), [0, 0], 1))) == processes


def test_an_error_meanwhile_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    fork = os.fork

    def noted() -> int:
        process = fork()
        started.append(process)
        return process

    monkeypatch.setattr(os, "fork", noted)
    with pytest.raises(ZeroDivisionError):
        shared_map(str, [1, 2], 1, lambda: 1 // 0)
    with pytest.raises(ChildProcessError):
        os.waitpid(started[0], os.WNOHANG)


def test_what_the_other_process_cannot_do_is_done_here() -> None:
    here = os.getpid()

    def only_here(number: int) -> int:
        if os.getpid() != here:
            os._exit(9)
        return number

    assert shared_map(only_here, [1, 2, 3], 2) == [1, 2, 3]


def test_an_error_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        shared_map(lambda number: 1 // number, [0, 1], 1)


def test_meanwhile_is_done_here_and_once() -> None:
    done: list[int] = []
    shared_map(str, [1, 2], 1, lambda: done.append(os.getpid()))
    shared_map(str, [], 0, lambda: done.append(os.getpid()))
    assert done == [os.getpid()] * 2


@given(st.lists(st.integers(0, 1000)), st.integers(0, 2000))
def test_a_share_balances(weights: list[int], head_start: int) -> None:
    """The other process takes half of the sum and of the head start, and no more items than that needs."""
    count = share(weights, head_start)
    goal = min(sum(weights), (sum(weights) + head_start) // 2)
    assert sum(weights[:count]) >= goal
    assert count == 0 or sum(weights[: count - 1]) < goal


def test_little_work_is_not_shared() -> None:
    assert share([1, 2], least=4) == 0
    assert parallel.share([2, 2], least=4) > 0
