"""Runs the benchmarks, prints their table, and ends with 1 if a bound is missed."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
from collections.abc import Iterator

from tests.benchmarks import publishing, serving, streams
from tests.benchmarks.processes import PYTHON, alternating
from tests.benchmarks.publishing import scratch
from tests.benchmarks.table import Row, ratio, rendered
from tests.support.binaries import ROOT, envoy, gitway

SIZES = [1_000, 2_000, 10_000]
UNDER_POLICIES = 10_000
HELP = 1.5


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--routes", type=int, nargs="+", default=SIZES, help="numbers of HTTPRoutes to publish")
    parser.add_argument(
        "--only", choices=["publish", "mixed", "policies", "help", "serve", "streams"], help="only one group"
    )
    options = parser.parse_args()
    os.environ["GITWAY_ENVOY"] = str(envoy())
    # As pip does when it installs; a checkout may be where Python has not written, or may not write, its bytecode.
    compileall.compile_dir(ROOT / "reconciler", quiet=1)
    groups = {
        "publish": lambda: _publish(sorted(options.routes)),
        "mixed": _mixed,
        "policies": _policies,
        "help": _help,
        "serve": _serve,
        "streams": _streams,
    }
    rows: list[Row] = []
    for name, group in groups.items():
        if options.only in {None, name}:
            for row in group():
                print(f"  {row.what}: {row.figure}", file=sys.stderr, flush=True)
                rows.append(row)
    print(rendered(rows))
    return 0 if all(row.ok for row in rows) else 1


def _publish(sizes: list[int]) -> Iterator[Row]:
    yield publishing.measure_floor()
    measured: dict[int, float] = {}
    for routes in sizes:
        with scratch() as directory:
            measured[routes], rows = publishing.measure(routes, directory)
        yield from rows
    if len(measured) > 1:
        yield publishing.growth(measured)


def _mixed() -> Iterator[Row]:
    with scratch() as directory:
        yield from publishing.measure_mixed(directory)


def _policies() -> Iterator[Row]:
    with scratch() as directory:
        yield from publishing.measure_policies(UNDER_POLICIES, directory)


def _help() -> Iterator[Row]:
    ours, bare = alternating(10, [gitway(), "--help"], [PYTHON, "-c", "import typer, rich"])
    yield ratio("gitway --help / import typer, rich", ours, bare, HELP)


def _serve() -> Iterator[Row]:
    with scratch() as directory:
        yield from serving.measure(directory)


def _streams() -> Iterator[Row]:
    with scratch() as directory:
        yield from streams.measure(directory)


if __name__ == "__main__":
    sys.exit(main())
