"""EnvoyPatchPolicies: whose Envoys' configuration they change, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.diagnostics import Diagnostic
from reconciler.manifests.base import Loaded, Resource
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.resolve import codes
from reconciler.resolve.conditions import Condition, condition, stamp
from reconciler.resolve.findings import finding

if TYPE_CHECKING:
    from reconciler.manifests.envoypatchpolicy import EnvoyPatchPolicy
    from reconciler.resolve.world import World

DISABLED = (
    "EnvoyPatchPolicies are disabled: one can change, and break, whatever is published.",
    "Allow them: `allowEnvoyPatchPolicy: true` in gitway.yaml, or --allow-envoy-patch-policy.",
)


class PatchPolicy(NamedTuple):
    """A policy, and the fleet that it is about. `reason` says why it is not accepted; empty: it is."""

    source: Loaded[EnvoyPatchPolicy]
    fleet: str
    reason: str = ""
    message: str = ""


class Failure(NamedTuple):
    """A change that was not made: its place in the policy, a reason of the condition `Programmed`, and words."""

    place: int
    reason: str
    message: str


def patch_policies(policies: Iterable[Loaded[Resource]], world: World) -> tuple[PatchPolicy, ...]:
    """The policies in the order in which they are applied: the lowest priority first, then the oldest."""
    found: list[PatchPolicy] = []
    for item in policies:
        source: Any = item
        found.append(_policy(source, world))
    return tuple(sorted(found, key=lambda policy: policy.source.resource.spec.priority or 0))


def _policy(source: Loaded[EnvoyPatchPolicy], world: World) -> PatchPolicy:
    ref, namespace = source.resource.spec.target_ref, source.resource.metadata.namespace
    if not world.options.allow_envoy_patch_policy:
        gateway = world.gateways.get((namespace, ref.name))
        return PatchPolicy(source, gateway.fleet if gateway is not None else "", "Disabled", DISABLED[0])
    if (ref.group, ref.kind) == (GATEWAY_GROUP, "GatewayClass"):
        return _of_class(source, world)
    if (ref.group, ref.kind) != (GATEWAY_GROUP, "Gateway"):
        message = f"A {ref.kind} of group {ref.group!r} cannot be patched, only a Gateway."
        return PatchPolicy(source, "", "Invalid", message)
    gateway = world.gateways.get((namespace, ref.name))
    if gateway is None:
        return PatchPolicy(
            source, "", "TargetNotFound", f"Gateway {namespace}/{ref.name} does not exist, or is not ours."
        )
    if gateway.fleet != f"{namespace}/{ref.name}":
        message = (
            f"Gateway {namespace}/{ref.name} is merged with others: the target has to be GatewayClass {gateway.fleet}."
        )
        return PatchPolicy(source, "", "Invalid", message)
    return PatchPolicy(source, gateway.fleet)


def _of_class(source: Loaded[EnvoyPatchPolicy], world: World) -> PatchPolicy:
    """A class is a fleet where its Gateways are merged."""
    name = source.resource.spec.target_ref.name
    found = world.classes.get(name)
    if found is None or not found.ours or not found.merged:
        message = f"GatewayClass {name} is none of ours whose Gateways are merged (mergeGateways)."
        return PatchPolicy(source, "", "Invalid", message)
    return PatchPolicy(source, name)


Operation = tuple[str, str, dict[str, Any], str | None, str | None]
"""Type URL and name of the resource, the operation without its path, the path, and the JSONPath."""


def operations(policy: PatchPolicy) -> Iterator[Operation]:
    """The changes of a policy in their order."""
    for patch in policy.source.resource.spec.json_patches:
        written = patch.operation
        operation: dict[str, Any] = {"op": written.op}
        if "value" in written.model_fields_set:
            operation["value"] = written.value
        if written.from_ is not None:
            operation["from"] = written.from_
        yield patch.type, patch.name, operation, written.path, written.json_path


def policy_findings(policies: Iterable[PatchPolicy]) -> Iterator[Diagnostic]:
    """What there is to say about policies that are not accepted."""
    for policy in policies:
        if policy.reason == "Disabled":
            yield finding(codes.PATCHES_DISABLED, policy.source, ("kind",), *DISABLED)
        elif policy.reason:
            path = ("spec", "targetRef", "kind" if policy.reason == "Invalid" else "name")
            yield finding(codes.POLICY_TARGET_NOT_FOUND, policy.source, path, policy.message)


def failure_findings(policy: PatchPolicy, failures: Iterable[Failure]) -> Iterator[Diagnostic]:
    """What there is to say about changes that were not made."""
    for failure in failures:
        path = ("spec", "jsonPatches", failure.place)
        yield finding(codes.BAD_PATCH, policy.source, path, failure.message)


def patch_status(
    policies: Iterable[PatchPolicy], failures: Mapping[int, Iterable[Failure]], world: World
) -> Iterator[tuple[Loaded[EnvoyPatchPolicy], dict[str, Any]]]:
    """Each policy with its status; `failures` are by the policy's identity."""
    for policy in policies:
        namespace, name = policy.source.resource.metadata.namespace, policy.source.resource.spec.target_ref.name
        gateway = world.gateways.get((namespace, name))
        of_class = world.classes.get(name) if policy.source.resource.spec.target_ref.kind == "GatewayClass" else None
        ancestor = {"group": GATEWAY_GROUP, "kind": "Gateway", "namespace": namespace, "name": name}
        if of_class is not None and of_class.ours:
            controller, ancestor = of_class.controller, {"group": GATEWAY_GROUP, "kind": "GatewayClass", "name": name}
        elif gateway is not None:
            controller = gateway.controller
        else:
            continue
        conditions = list(_conditions(policy, tuple(failures.get(id(policy.source), ()))))
        yield (
            policy.source,
            {"ancestors": [{"ancestorRef": ancestor, "controllerName": controller, "conditions": conditions}]},
        )


def _conditions(policy: PatchPolicy, failures: tuple[Failure, ...]) -> Iterator[Condition]:
    at = stamp(policy.source.resource.metadata)
    if policy.reason:
        yield condition("Accepted", False, policy.reason, policy.message, at)
        return
    yield condition("Accepted", True, "Accepted", "The policy is accepted.", at)
    if failures:
        words = " ".join(dict.fromkeys(failure.message for failure in failures))
        yield condition("Programmed", False, failures[0].reason, words, at)
    else:
        yield condition("Programmed", True, "Programmed", "The changes are made.", at)
