"""`gitway publish`: cold, warm, growth and memory, against the time that parsing the same YAML takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import mixed, policies
from tests.benchmarks.manifests import files
from tests.benchmarks.processes import PYTHON, Run, alternating, in_turns, peak_mib, run
from tests.benchmarks.table import Row, memory, ratio
from tests.support.binaries import gitway
from tests.support.repository import GitRepository

COLD = 2.5
"""Times of parsing."""
WARM = 0.5
PLAN = 1.2
"""Times of a publish."""
GROWTH = 1.1
"""Times of linear."""
PEAK_MIB = 600
REPEATS = 5
FEW_REPEATS = 3

_PARSE = """\
import sys, time, pathlib, yaml
contents = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).glob("**/*.yaml"))]
begin = time.perf_counter()
for content in contents:
    for document in yaml.load_all(content, yaml.CSafeLoader):
        pass
print(time.perf_counter() - begin)
"""

# The messages without pydantic's decoration, as gitway imports them: it would be 0.3 s more.
_FLOOR = """\
import gc
gc.disable()
import git, pydantic, pydantic.dataclasses, yaml
from yaml import CSafeLoader
class Model(pydantic.BaseModel):
    name: str
pydantic.dataclasses.dataclass = lambda *_, **__: lambda cls: cls
from envoy_data_plane.envoy.config.cluster import v3
from envoy_data_plane.envoy.config.endpoint import v3
from envoy_data_plane.envoy.config.listener import v3
from envoy_data_plane.envoy.config.route import v3
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3
"""


@dataclass(frozen=True, slots=True)
class Published:
    """A repository with its routes, and a release of it in a store."""

    repository: GitRepository
    store: str
    cache: Path
    routes: int


def repository(directory: Path, routes: int) -> GitRepository:
    """A git repository with the manifests of `routes` HTTPRoutes, packed as a clone is."""
    return _packed(directory, files(routes))


def _packed(directory: Path, contents: Iterable[tuple[str, str]]) -> GitRepository:
    made = GitRepository(directory)
    made.commit("Manifests", dict(contents))
    made.git("repack", "-a", "-d", "-q")
    return made


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary directory."""
    with tempfile.TemporaryDirectory(prefix="gitway-bench-") as name:
        yield Path(name)


def publish(made: Published, *options: str) -> Run:
    """One `gitway publish`, as a process."""
    return run(*_command(made), *options)


def _command(made: Published) -> list[str | Path]:
    where: list[str | Path] = ["--repo", made.repository.path, "--store", made.store, "--cache-dir", made.cache]
    return [gitway(), "publish", *where, "-o", "json"]


def _plan_command(made: Published) -> list[str | Path]:
    where: list[str | Path] = ["--repo", made.repository.path, "--store", made.store, "--cache-dir", made.cache]
    return [gitway(), "plan", *where, "-o", "json"]


def fresh(directory: Path, made: GitRepository, routes: int, name: str) -> Published:
    """An empty store and an empty cache for a repository."""
    own = directory / name
    return Published(made, f"file://{own / 'store'}", own / "cache", routes)


def measure(routes: int, directory: Path) -> tuple[float, list[Row]]:
    """The seconds of a cold publish, and all rows for one number of routes."""
    made = repository(directory / "repository", routes)
    warm = fresh(directory, made, routes, "warm")
    publish(warm, "--envoy-validate=never")

    def parse(_: int) -> float:
        return _parsing(made)

    def cold(number: int) -> float:
        return publish(fresh(directory, made, routes, f"cold-{number}"), "--envoy-validate=never").seconds

    def changed(number: int) -> float:
        _change_one_file(made, number)
        return publish(warm, "--envoy-validate=never").seconds

    def planned(number: int) -> float:
        _change_one_file(made, REPEATS + number)
        return run(*_plan_command(warm)).seconds

    parsing, coldest, warmest, planning = in_turns(REPEATS, parse, cold, changed, planned)
    validated = publish(fresh(directory, made, routes, "validated"), "--envoy-validate=always").seconds
    peak = peak_mib(*_command(fresh(directory, made, routes, "memory")), "--envoy-validate=never")
    return coldest, [
        Row(f"CSafeLoader, {routes} routes", f"{parsing:.3f} s"),
        ratio(f"publish cold / CSafeLoader, {routes} routes", coldest, parsing, COLD),
        Row(f"publish cold with Envoy's validation, {routes} routes", f"{validated:.3f} s"),
        ratio(f"publish warm, one file changed / CSafeLoader, {routes} routes", warmest, parsing, WARM),
        ratio(f"plan / publish, both warm, one file changed, {routes} routes", planning, warmest, PLAN),
        memory(f"publish cold, peak memory, {routes} routes", peak, PEAK_MIB),
    ]


def _parsing(made: GitRepository) -> float:
    return float(run(PYTHON, "-c", _PARSE, made.path).stdout)


def measure_mixed(directory: Path) -> list[Row]:
    """The rows for a repository of all kinds of routes."""
    made = _packed(directory / "repository", mixed.files())
    routes = mixed.HTTP + mixed.GRPC + mixed.UDP + mixed.TLS + mixed.TCP
    warm = fresh(directory, made, routes, "warm")
    publish(warm, "--envoy-validate=never")

    def parse(_: int) -> float:
        return _parsing(made)

    def cold(number: int) -> float:
        return publish(fresh(directory, made, routes, f"cold-{number}"), "--envoy-validate=never").seconds

    def again(number: int) -> float:
        made.commit("Change one file", {"http/000.yaml": (made.path / "http/000.yaml").read_text() + f"# {number}\n"})
        return publish(warm, "--envoy-validate=never").seconds

    parsing, coldest, warmest = in_turns(REPEATS, parse, cold, again)
    return [
        Row("CSafeLoader, mixed", f"{parsing:.3f} s"),
        Row(f"publish cold / CSafeLoader, mixed, {routes} routes", f"{coldest / parsing:.2f}"),
        Row(f"publish warm, one file changed, mixed, {routes} routes", f"{warmest:.3f} s"),
    ]


def measure_policies(routes: int, directory: Path) -> list[Row]:
    """The rows for HTTPRoutes under 50 policies of each kind."""
    made = _packed(directory / "repository", policies.files(routes))
    warm = fresh(directory, made, routes, "warm")
    publish(warm, "--envoy-validate=never")

    def parse(_: int) -> float:
        return _parsing(made)

    def cold(number: int) -> float:
        return publish(fresh(directory, made, routes, f"cold-{number}"), "--envoy-validate=never").seconds

    def changed(number: int) -> float:
        _change_one_file(made, number)
        return publish(warm, "--envoy-validate=never").seconds

    parsing, coldest, warmest = in_turns(FEW_REPEATS, parse, cold, changed)
    peak = peak_mib(*_command(fresh(directory, made, routes, "memory")), "--envoy-validate=never")
    what = f"{routes} routes under {policies.EACH} policies of each kind"
    return [
        Row(f"CSafeLoader, {what}", f"{parsing:.3f} s"),
        ratio(f"publish cold / CSafeLoader, {what}", coldest, parsing, COLD),
        ratio(f"publish warm, one file changed / CSafeLoader, {what}", warmest, parsing, WARM),
        memory(f"publish cold, peak memory, {what}", peak, PEAK_MIB),
    ]


def measure_floor() -> Row:
    """What a publish cannot do without: the time in which Python imports the libraries, and none of gitway."""
    seconds = alternating(REPEATS, [PYTHON, "-c", _FLOOR])[0]
    return Row("import git, yaml, pydantic and the messages of a route", f"{seconds:.3f} s")


def growth(measured: dict[int, float]) -> Row:
    """How time grows from the smallest to the largest number of routes; seconds by number."""
    small, large = min(measured), max(measured)
    figure, bound = measured[large] / measured[small], large / small * GROWTH
    what = f"publish cold, {large} / {small} routes"
    return Row(what, f"{figure:.2f}", f"<= {bound:.2f}", figure <= bound)


def _change_one_file(made: GitRepository, number: int) -> None:
    path = f"teams/team-{number:03}/routes.yaml"
    text = (made.path / path).read_text()
    made.commit("Change one file", {path: text.replace("value: /\n", f"value: /changed-{number}\n", 1)})
