"""What the parts of a policy are resolved with, and where they say what is wrong with them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.references import LocalObjectReference, SecretObjectReference
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.policies.effective import Effective
from reconciler.resolve.problems import ACCEPTED, Problem
from reconciler.resolve.targets import Refusal

if TYPE_CHECKING:
    from reconciler.resolve.world import World

INVALID = "Invalid"


@dataclass(slots=True)
class Context:
    """One policy on its way. Paths are below its spec."""

    effective: Effective[Any]
    world: World
    problems: list[Problem] = field(default_factory=list)
    secrets: list[ir.AnySecret] = field(default_factory=list)

    @property
    def source(self) -> tuple[str, str]:
        """Group and kind of the policy, as ReferenceGrants name them."""
        resource = self.effective.policy.resource
        return resource.group, resource.kind_name

    @property
    def name(self) -> str:
        """For names of filters and clusters: `securitypolicy/<namespace>/<name>`."""
        return f"{self.source[1].lower()}/{self.effective.name}"

    def namespace(self, *path: str | int) -> str:
        """Where a reference at this path is resolved."""
        return self.effective.owner(*path).namespace

    def fail(self, path: FieldPath, message: str, code: str = codes.BAD_POLICY, help_: str = "") -> None:
        """Say what is wrong, so that all that the policy covers is answered with 500."""
        self.problems.append(Problem(ACCEPTED, INVALID, message, code, ("spec", *path), help_, fatal=True))

    def note(self, path: FieldPath, message: str, code: str, help_: str = "") -> None:
        """Say what is not as it was meant, though the policy is in force."""
        self.problems.append(Problem("", "", message, code, ("spec", *path), help_))

    def refuse(self, path: FieldPath, refusal: Refusal) -> None:
        """The same as `fail`, for a reference."""
        self.fail((*path, *refusal.field), refusal.message, refusal.code, refusal.help)

    def secret(self, ref: SecretObjectReference, path: FieldPath, key: str = "") -> str | None:
        """The name of the Secret that is referred to; None where that cannot be."""
        found = self.world.secret_values.resolve(ref, self.namespace(*path), self.source, key)
        if isinstance(found, Refusal):
            self.refuse(path, found)
            return None
        return found

    def config(self, ref: LocalObjectReference, path: FieldPath, key: str, *, or_first: bool = False) -> str | None:
        """The text of a ConfigMap; None where there is none."""
        found = self.world.config_values.value(ref, self.namespace(*path), key, or_first=or_first)
        if isinstance(found, Refusal):
            self.refuse(path, found)
            return None
        return found

    def regex(self, pattern: str, path: FieldPath) -> bool:
        """Whether RE2 takes a pattern."""
        reason = self.world.memory.expressions.problem(pattern)
        if reason:
            self.fail(
                path, f"{pattern!r} is not a regular expression that Envoy (RE2) accepts: {reason}.", codes.BAD_REGEX
            )
        return not reason
