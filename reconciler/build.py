"""From a tree of manifests to snapshots: the one path that every command takes.

A build is a pure function of (tree, options, gitway's version). Caches make it faster and never different: of parsed
files by blob id (`reconciler.source.cache`), and of translated routes and assembled fleets under a digest of everything
that they can depend on (`reconciler.route_cache`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.parallel import share, shared_map
from reconciler.records import dataclass
from reconciler.resolve.options import Options
from reconciler.source.cache import ParseCache
from reconciler.source.collector import no_cyclic_gc
from reconciler.source.document import Document, Manifests
from reconciler.source.positions import locate
from reconciler.source.read import read
from reconciler.source.suppressions import NOTHING_SUPPRESSED, Rule, Suppressed, Suppressions, sift
from reconciler.source.tree import Tree

if TYPE_CHECKING:
    from reconciler import ir
    from reconciler.manifests.base import Loaded, Resource
    from reconciler.manifests.load import Triage
    from reconciler.manifests.routes import Route
    from reconciler.resolve.patches import Failure, PatchPolicy
    from reconciler.resolve.rivals import Lost
    from reconciler.resolve.routes import ResolvedRoute
    from reconciler.resolve.world import World
    from reconciler.route_cache import Packed, RouteCache, RouteRecord, SnapshotCache
    from reconciler.snapshot.model import Resources, Snapshot
    from reconciler.translate.claims import Claimant
    from reconciler.translate.routes import TranslatedRoute

# The rooms behind `source` are imported by the functions that need them: while one process parses, this one imports.

ROUTES_WORTH_A_PROCESS = 300
"""Translating fewer takes hardly longer than starting a process."""

Step = Callable[[str], None]
"""Told what is being done, for progress."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to build: the tree, the folders in it (none: all), how to resolve, where caches are, what to ignore."""

    tree: Tree
    roots: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    cache_dir: Path | None = None
    ignore: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """The outcome. With errors among the diagnostics `snapshots` are what would be without the refused objects.

    Attributes:
        documents: every object that was read, for reviews.
        snapshots: by fleet name.
        diagnostics: located, errors first, then by file and line.
        routes: how many routes are attached, by fleet name.
        suppressed: what was found, and is not reported as somebody accepts it.
        suppressions: of the tree, for what is found later.
    """

    documents: tuple[Document, ...]
    snapshots: Mapping[str, Snapshot]
    diagnostics: tuple[Diagnostic, ...]
    routes: Mapping[str, int]
    suppressed: tuple[Suppressed, ...] = ()
    suppressions: Suppressions = NOTHING_SUPPRESSED

    @property
    def failed(self) -> bool:
        """True where there is an error: nothing may be published."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def build(request: Request, step: Step = lambda _: None) -> Build:
    """Read, resolve and translate."""
    with no_cyclic_gc():
        step("reading manifests")
        manifests = _read(request)
        sorted_out = _triage(manifests)
        step("resolving")
        world, unloadable = _world(sorted_out, request.options)
        step("translating routes")
        of_routes, of_fleets = _caches(sorted_out, request)
        routes, route_findings = _translated_routes(sorted_out, world, of_routes)
        step("assembling snapshots")
        snapshots, inconsistent = _snapshots(world, routes, of_fleets)
        found = (*manifests.diagnostics, *sorted_out.diagnostics, *unloadable, *world.diagnostics)
        suppressions = Suppressions(manifests.suppressions, request.ignore)
        diagnostics, suppressed = _sifted([*found, *route_findings, *inconsistent], suppressions, request.tree)
        attached = Counter(fleet for fleet, _ in {(fleet, route.age) for route in routes for fleet in route.fleets})
    counted = {name: attached[name] for name in snapshots}
    return Build(manifests.documents, snapshots, diagnostics, counted, suppressed, suppressions)


@dataclass(frozen=True, slots=True)
class Status:
    """Every resource of the repository, as raw objects with `.status` where a controller would write one."""

    items: tuple[dict[str, Any], ...]
    diagnostics: tuple[Diagnostic, ...]


def status(request: Request, step: Step = lambda _: None) -> Status:
    """Read and resolve; the statuses of routes need every route's outcome, so nothing comes from the route cache."""
    from reconciler import ir
    from reconciler.manifests.base import Loaded
    from reconciler.resolve.routes import resolve_route
    from reconciler.resolve.status import statuses
    from reconciler.translate.claims import claims_of

    with no_cyclic_gc():
        step("reading manifests")
        manifests = _read(request)
        sorted_out = _triage(manifests)
        step("resolving")
        world, unloadable = _world(sorted_out, request.options)
        resolved: list[tuple[Loaded[Route], ResolvedRoute]] = []
        found = [*manifests.diagnostics, *sorted_out.diagnostics, *unloadable, *world.diagnostics]
        for document in sorted_out.routes:
            loaded = _load_route(document)
            if isinstance(loaded, Loaded):
                resolved.append((loaded, resolve_route(loaded, world)))
            else:
                found += loaded
        resolved = _without_what_is_lost(resolved, world)
        found += [finding for _, route in resolved for finding in route.diagnostics]
        l4 = [
            (loaded.origin, unit) for loaded, route in resolved for unit in route.units if isinstance(unit, ir.L4Unit)
        ]
        found += _shadowed([(origin, claims_of(unit)) for origin, unit in l4])
        found += _about_policies(world, sorted_out)
        written = statuses(world, resolved)
        if world.patch_policies:
            outcomes, failed = _patch_statuses(world, resolved)
            written.update(outcomes)
            found += failed
        items = tuple(_with_status(document, written) for document in manifests.documents)
        suppressions = Suppressions(manifests.suppressions, request.ignore)
        return Status(items, _sifted(found, suppressions, request.tree)[0])


def _patch_statuses(
    world: World, resolved: Sequence[tuple[Loaded[Route], ResolvedRoute]]
) -> tuple[dict[tuple[str, str, str, str], dict[str, Any]], list[Diagnostic]]:
    """The statuses of the policies that change finished resources, which have to be made to know them."""
    from reconciler.resolve.fleets import fleets
    from reconciler.resolve.patches import patch_status
    from reconciler.translate.units import translate

    failures: dict[int, list[Failure]] = {}
    found: list[Diagnostic] = []
    for fleet in fleets(world):
        if policies := _patch_policies(world, fleet.name):
            units = [unit for _, route in resolved for unit in route.units]
            outcome = _patched(fleet, [translate(unit) for unit in units], policies, world)
            failures |= outcome.failures
            found += outcome.findings
    written = {}
    for policy, status_ in patch_status(world.patch_policies, failures, world):
        resource = policy.resource
        key = (resource.group, resource.kind_name, resource.metadata.namespace, resource.metadata.name)
        written[key] = status_
    return written, found


def _without_what_is_lost(
    resolved: Sequence[tuple[Loaded[Route], ResolvedRoute]], world: World
) -> list[tuple[Loaded[Route], ResolvedRoute]]:
    """All routes, of which those that have lost a listener to a rival are resolved again."""
    from reconciler.resolve.rivals import Attached, losers
    from reconciler.resolve.routes import resolve_route
    from reconciler.translate.precedence import age

    attached = {
        index: Attached(
            age(route.unit), tuple((one.fleet, one.table, one.hosts) for unit in route.units for one in unit.placements)
        )
        for index, (_, route) in enumerate(resolved)
        if route.unit is not None
    }
    lost = losers(attached.values(), world)
    again = {index: lost[route.age] for index, route in attached.items() if route.age in lost}
    return [
        (loaded, resolve_route(loaded, world, again[index]) if index in again else route)
        for index, (loaded, route) in enumerate(resolved)
    ]


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors first, then warnings, then notices; within each by file, position, code and message."""
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTICE: 2}
    return tuple(
        sorted(
            set(diagnostics), key=lambda d: (rank[d.severity], d.file, d.line, d.column, d.code, d.message, d.object)
        )
    )


def _sifted(
    found: Iterable[Diagnostic], suppressions: Suppressions, tree: Tree
) -> tuple[tuple[Diagnostic, ...], tuple[Suppressed, ...]]:
    """What is to be reported, located and in order, and what is suppressed."""
    sifted = sift(in_order(locate(found, tree)), suppressions)
    return in_order([*sifted.reported, *locate(sifted.about_suppressions, tree)]), sifted.suppressed


def _read(request: Request) -> Manifests:
    cache = ParseCache(request.cache_dir / "parsed") if request.cache_dir else None
    return read(request.tree, request.roots, cache, _import_rooms)


def _import_rooms(to_the_end: bool) -> None:
    """Import what comes after reading; it takes as long as parsing several hundred routes.

    What assembles a fleet and checks it is not needed where none has changed: it is imported only `to_the_end`.
    """
    import reconciler.resolve.fleets
    import reconciler.resolve.routes
    import reconciler.route_cache
    import reconciler.translate.units

    if to_the_end:
        import reconciler.snapshot.check
        import reconciler.translate.fleet  # noqa: F401  for later


def _triage(manifests: Manifests) -> Triage[Document]:
    from reconciler.manifests.load import triage

    return triage(manifests.documents)


def _world(sorted_out: Triage[Document], options: Options) -> tuple[World, list[Diagnostic]]:
    from reconciler.manifests.base import Loaded
    from reconciler.manifests.load import load
    from reconciler.resolve.world import build_world

    resources: list[Loaded[Resource]] = []
    found: list[Diagnostic] = []
    for document in sorted_out.others:
        loaded = load(document.object, document.origin)
        if isinstance(loaded, Loaded):
            resources.append(loaded)
        else:
            found += loaded
    return build_world(resources, options, _bootstrap_problem), found


def _bootstrap_problem(change: str, document: str) -> str:
    """What is wrong with an EnvoyProxy's change of the bootstrap that `gitway bootstrap` prints; empty: nothing."""
    from reconciler.sidecar.bootstrap import problem

    return problem(change, document)


def _load_route(document: Document) -> Loaded[Route] | tuple[Diagnostic, ...]:
    from reconciler.manifests.load import load

    return cast("Loaded[Route] | tuple[Diagnostic, ...]", load(document.object, document.origin))


def _caches(sorted_out: Triage[Document], request: Request) -> tuple[RouteCache, SnapshotCache]:
    """What is remembered of builds with the same objects that are no routes, and the same options."""
    from reconciler.route_cache import RouteCache, SnapshotCache, environment_digest

    environment = environment_digest(sorted_out.others, request.options)
    return RouteCache.open(request.cache_dir, environment), SnapshotCache(request.cache_dir, environment)


def _translated_routes(
    sorted_out: Triage[Document], world: World, cache: RouteCache
) -> tuple[list[RouteRecord], list[Diagnostic]]:
    """Translate every route, or take it from the cache of an earlier build in the same environment."""
    from reconciler.resolve.rivals import Attached, losers
    from reconciler.route_cache import unpack

    missing = [document for document in sorted_out.routes if not cache.has(document)]
    theirs = share([1] * len(missing), least=ROUTES_WORTH_A_PROCESS)
    translated = shared_map(lambda document: _translate_route(document, world), missing, theirs)
    for document, packed in zip(missing, translated, strict=True):
        cache.put(document, packed)
    alone = [(document, *unpack(cache.get(document))) for document in sorted_out.routes]
    lost = losers((Attached(route.age, route.hosts) for _, made, _ in alone for route in made), world)
    routes: list[RouteRecord] = []
    found: list[Diagnostic] = []
    claimants: list[tuple[Origin, RouteRecord]] = []
    for document, made, findings in alone:
        if lost and made and made[0].age in lost:
            made, findings = unpack(_translate_route(document, world, lost[made[0].age]))
        routes += made
        claimants += [(document.origin, route) for route in made if route.claims]
        found += [replace(finding, origin=document.origin) for finding in findings]
    cache.close()
    return routes, found + _shadowed(claimants) + _about_policies(world, sorted_out)


def _about_policies(world: World, sorted_out: Triage[Document]) -> list[Diagnostic]:
    """What there is to say about policies that only all routes together tell."""
    if world.policies is None:
        return []
    from reconciler.resolve.policies.targets import facts, route_findings

    return route_findings(world, filter(None, (facts(document.object) for document in sorted_out.routes)))


def _shadowed(claimants: Sequence[tuple[Origin, Claimant]]) -> list[Diagnostic]:
    """What there is to say about routes that have to leave traffic to others."""
    from reconciler.resolve.shadowed import shadowed
    from reconciler.translate.claims import settle

    origins = {route.age: origin for origin, route in claimants}
    return [
        shadowed(lost.loser.age, lost.winner.age, lost.table, lost.hosts, origins[lost.loser.age])
        for lost in settle(route for _, route in claimants).lost
    ]


def _translate_route(document: Document, world: World, lost: Lost | None = None) -> Packed:
    from reconciler.manifests.base import Loaded
    from reconciler.resolve.routes import resolve_route
    from reconciler.route_cache import pack
    from reconciler.translate.units import translate

    loaded = _load_route(document)
    if not isinstance(loaded, Loaded):
        return pack((), loaded)
    resolved = resolve_route(loaded, world, lost or {})
    return pack([translate(unit) for unit in resolved.units], resolved.diagnostics)


def _snapshots(
    world: World, routes: Sequence[RouteRecord], cache: SnapshotCache
) -> tuple[dict[str, Snapshot], list[Diagnostic]]:
    """Assemble every fleet, or take its snapshot from an earlier build with the same routes in the same environment."""
    from reconciler.resolve.fleets import fleets

    snapshots: dict[str, Snapshot] = {}
    found: list[Diagnostic] = []
    by_fleet = _by_fleet(routes)
    for fleet in fleets(world):
        own = by_fleet.get(fleet.name, ())
        snapshot = cache.get(fleet.name, own)
        if snapshot is None:
            snapshot, findings = _made(fleet, own, world)
            found += findings
            if not findings:
                cache.put(fleet.name, own, snapshot)
        snapshots[fleet.name] = snapshot
    cache.close()
    return snapshots, found


def _made(fleet: ir.Fleet, routes: Sequence[RouteRecord], world: World) -> tuple[Snapshot, list[Diagnostic]]:
    """A fleet's snapshot, and what there is to say about it."""
    if policies := _patch_policies(world, fleet.name):
        outcome = _patched(fleet, [route.route() for route in routes], policies, world)
        return outcome.snapshot, outcome.findings
    snapshot, problems = _assembled(fleet, routes, world)
    return snapshot, [_inconsistent(fleet.name, problem) for problem in problems]


class _Patched(NamedTuple):
    """A fleet that policies have changed. `failures` are by the identity of the policy's manifest."""

    snapshot: Snapshot
    findings: list[Diagnostic]
    failures: dict[int, list[Failure]]


def _patch_policies(world: World, fleet: str) -> list[PatchPolicy]:
    return [policy for policy in world.patch_policies if policy.fleet == fleet and not policy.reason]


def _patched(
    fleet: ir.Fleet, routes: Sequence[TranslatedRoute], policies: Sequence[PatchPolicy], world: World
) -> _Patched:
    """Assemble a fleet and change its resources; what is inconsistent without the changes is a defect of ours."""
    from reconciler.resolve.patches import Failure, failure_findings, operations
    from reconciler.snapshot import build as snapshot_build
    from reconciler.snapshot.check import check
    from reconciler.snapshot.patch import Patch, apply
    from reconciler.translate.destinations import INVALID_CLUSTER
    from reconciler.translate.fleet import assemble, secrets_elsewhere

    absent = secrets_elsewhere(fleet)

    def problems(resources: Resources) -> tuple[str, ...]:
        return check(snapshot_build.build(resources), absent, {INVALID_CLUSTER})

    resources = _filled(assemble(fleet, routes), world)
    found = [_inconsistent(fleet.name, problem) for problem in problems(resources)]
    asked = [[Patch(*one) for one in operations(policy)] for policy in policies]
    resources, refused = apply(resources, asked, problems)
    failures = {
        id(policy.source): [Failure(index, refusal.reason, refusal.message) for index, refusal in of_policy]
        for policy, of_policy in zip(policies, refused, strict=True)
    }
    for policy in policies:
        found += failure_findings(policy, failures[id(policy.source)])
    return _Patched(snapshot_build.build(resources), found, failures)


def _assembled(fleet: ir.Fleet, routes: Sequence[RouteRecord], world: World) -> tuple[Snapshot, Sequence[str]]:
    """A fleet's snapshot, and what is inconsistent in it."""
    from reconciler.snapshot import build as snapshot_build
    from reconciler.snapshot.check import check
    from reconciler.translate.destinations import INVALID_CLUSTER
    from reconciler.translate.fleet import assemble, secrets_elsewhere

    snapshot = snapshot_build.build(_filled(assemble(fleet, [route.route() for route in routes]), world))
    return snapshot, check(snapshot, secrets_elsewhere(fleet), {INVALID_CLUSTER})


def _filled(resources: Resources, world: World) -> Resources:
    """With `allow_plaintext_secrets`, what can be filled in here is: the sidecar may have the rest."""
    published = world.secret_values.published
    if not published:
        return resources
    from reconciler.snapshot.fill import fill, is_template
    from reconciler.snapshot.model import ROUTE_CONFIGURATION

    routes = {
        name: fill(value, published.get).value if is_template(value) else value
        for name, value in resources.get(ROUTE_CONFIGURATION, {}).items()
    }
    return {**resources, ROUTE_CONFIGURATION: routes}


def _by_fleet(routes: Sequence[RouteRecord]) -> dict[str, list[RouteRecord]]:
    grouped: dict[str, list[RouteRecord]] = {}
    for route in routes:
        for fleet in route.fleets:
            grouped.setdefault(fleet, []).append(route)
    return grouped


def _inconsistent(fleet: str, problem: str) -> Diagnostic:
    return Diagnostic(
        "GW501",
        Severity.ERROR,
        f"the snapshot of fleet {fleet} is inconsistent: {problem}",
        object=f"Gateway {fleet}",
        help="this is a defect of gitway: please report it with the manifests that lead to it",
    )


def _with_status(document: Document, written: Mapping[tuple[str, str, str, str], dict[str, Any]]) -> dict[str, Any]:
    """The raw object with its status; Secrets without what is secret."""
    raw = document.object
    metadata = raw.get("metadata")
    api_version = raw.get("apiVersion")
    if not isinstance(metadata, dict) or not isinstance(api_version, str):
        return raw
    group = api_version.rpartition("/")[0]
    name = str(metadata.get("name"))
    kind = str(raw.get("kind"))
    found = written.get((group, kind, str(metadata.get("namespace") or "default"), name)) or written.get(
        (group, kind, "", name)
    )
    if not group and kind == "Secret":
        raw = {**raw, **{key: _masked(raw[key]) for key in ("data", "stringData") if key in raw}}
        raw["metadata"] = _without_last_applied(metadata)
    return {**raw, "status": found} if found is not None else raw


def _without_last_applied(metadata: dict[str, Any]) -> dict[str, Any]:
    """Without what kubectl repeats in an annotation: the whole Secret."""
    name = "kubectl.kubernetes.io/last-applied-configuration"
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict) or name not in annotations:
        return metadata
    return {**metadata, "annotations": {**annotations, name: "***"}}


def _masked(data: object) -> object:
    return dict.fromkeys(data, "***") if isinstance(data, dict) else "***"
