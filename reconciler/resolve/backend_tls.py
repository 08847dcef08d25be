"""BackendTLSPolicies: which backends are spoken to by TLS, and how they are verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import Diagnostic
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import GATEWAY_GROUP, LocalPolicyTargetReference
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.authorities import SYSTEM, Authorities, Bundle, Referrer
from reconciler.resolve.findings import finding
from reconciler.resolve.targets import Refusal, Target

if TYPE_CHECKING:
    from reconciler.manifests.backendtlspolicy import BackendTLSPolicy, BackendTLSPolicyValidation, SubjectAltName

Key = tuple[str, str]

Object = tuple[str, str, str, str]
"""Group, kind, namespace and name of what a policy is about."""

Sections = Callable[[Object], Mapping[int, str] | None]
"""The ports of an object by number, with their names; None where it does not exist or policies cannot be about it."""

ACCEPTED = ("Accepted", "The policy is accepted.")
TARGET_NOT_FOUND = "TargetNotFound"
RESOLVED = ("ResolvedRefs", "All references are resolved.")


@dataclass(frozen=True, slots=True)
class Aim:
    """One of the targets of a policy.

    Attributes:
        section: name of the port that it is about; empty: all that no other policy is about.
        problem: reason and message where the policy has no effect on it; empty: it has.
    """

    target: Object
    section: str
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A BackendTLSPolicy, resolved.

    Attributes:
        tls: None where it is invalid: backends that it is about cannot be reached.
        accepted, resolved_refs: reason and message of the conditions; the reason is the condition's name where it is
            true. What is particular to a target is in `aims`.
    """

    source: Loaded[BackendTLSPolicy]
    tls: ir.BackendTLS | None
    accepted: tuple[str, str]
    resolved_refs: tuple[str, str]
    aims: tuple[Aim, ...]

    @property
    def name(self) -> str:
        """Namespace and name."""
        meta = self.source.resource.metadata
        return f"{meta.namespace}/{meta.name}"


class BackendTLSPolicies:
    """The BackendTLSPolicies of a repository.

    Attributes:
        policies: all of them, oldest first.
        authorities: whom they trust.
        findings: what there is to say about them.
    """

    def __init__(
        self, policies: Iterable[Loaded[BackendTLSPolicy]], authorities: Authorities, sections: Sections
    ) -> None:
        """`policies` come in the order of precedence: the first that is about a target wins."""
        self.findings: list[Diagnostic] = []
        self.authorities: dict[str, ir.Authority] = {}
        self._in_force: dict[Object, dict[str, Policy]] = {}
        self._known = authorities
        self._sections = sections
        self.policies = tuple(self._add(loaded) for loaded in policies)

    def secure(self, target: Target, at: Object) -> Target | Refusal:
        """The target as the policies want it spoken to. What a policy covers is never spoken to in the clear."""
        policy = self._about(at, target.section)
        if policy is None:
            return _unverifiable(at) if target.unverifiable else target
        if policy.tls is None:
            reason, message = policy.accepted
            told = f"BackendTLSPolicy {policy.name} is not valid ({reason}): {message}"
            return Refusal("InvalidBackendTLS", told, codes.UNSUPPORTED_BACKEND, ("name",))
        if target.tls is None:
            return replace(target, tls=policy.tls)
        return replace(target, tls=_merged(policy.tls, target.tls), unverifiable=False)

    def is_target(self, at: Object) -> bool:
        """Whether any policy is about the object, or a part of it."""
        return at in self._in_force

    def _about(self, at: Object, section: str) -> Policy | None:
        sections = self._in_force.get(at)
        return None if sections is None else (sections.get(section) or sections.get(""))

    def _add(self, loaded: Loaded[BackendTLSPolicy]) -> Policy:
        spec = loaded.resource.spec
        tls, accepted, resolved_refs = self._validation(loaded)
        aims = tuple(self._aim(ref, index, loaded) for index, ref in enumerate(spec.target_refs))
        made = Policy(loaded, tls, accepted, resolved_refs, aims)
        for aim in aims:
            if aim.problem is None:
                self._in_force.setdefault(aim.target, {})[aim.section] = made
        if spec.options:
            message = f"options are not known, none has an effect: {', '.join(sorted(spec.options))}."
            self.findings.append(finding(codes.NOT_TRANSLATED, loaded, ("spec", "options"), message))
        return made

    def _aim(self, ref: LocalPolicyTargetReference, index: int, loaded: Loaded[BackendTLSPolicy]) -> Aim:
        target = (ref.group, ref.kind, loaded.resource.metadata.namespace, ref.name)
        section = ref.section_name or ""
        known = self._sections(target)
        name = f"{ref.kind} {'/'.join(target[2:])}"
        problem, code, field = None, codes.POLICY_TARGET_NOT_FOUND, "name"
        if known is None:
            problem = (TARGET_NOT_FOUND, f"{name} does not exist, or is not of a kind that policies can be about.")
        elif section and section not in known.values():
            names = ", ".join(sorted(filter(None, known.values()))) or "none"
            problem, field = (TARGET_NOT_FOUND, f"{name} has no port named {section}; it has {names}."), "sectionName"
        elif (winner := self._in_force.get(target, {}).get(section)) is not None:
            part = f" port {section}" if section else ""
            problem = ("Conflicted", f"BackendTLSPolicy {winner.name} is older and already about {name}{part}.")
            code = codes.POLICY_CONFLICT
        if problem is not None:
            self.findings.append(finding(code, loaded, ("spec", "targetRefs", index, field), problem[1]))
        return Aim(target, section, problem)

    def _validation(
        self, loaded: Loaded[BackendTLSPolicy]
    ) -> tuple[ir.BackendTLS | None, tuple[str, str], tuple[str, str]]:
        """How backends are verified, and what Accepted and ResolvedRefs come to."""
        validation = loaded.resource.spec.validation
        path = ("spec", "validation")
        well_known = validation.well_known_ca_certificates
        if well_known not in (None, "System"):
            message = f"wellKnownCACertificates {well_known} is not known, only System."
            self.findings.append(finding(codes.NOT_TRANSLATED, loaded, (*path, "wellKnownCACertificates"), message))
            return None, ("Invalid", message), RESOLVED
        meta = loaded.resource.metadata
        bundle = Bundle(SYSTEM)
        if well_known is None:
            name = f"backendtlspolicy/{meta.namespace}/{meta.name}/ca.crt"
            referrer = Referrer(GATEWAY_GROUP, "BackendTLSPolicy", meta.namespace)
            bundle = self._known.bundle(name, validation.ca_certificate_refs, referrer)
        for item in (*bundle.problems, *bundle.notes):
            where = (*path, "caCertificateRefs", *item.path)
            self.findings.append(finding(item.code, loaded, where, item.message, item.help))
        resolved_refs = (bundle.reason, bundle.message) if bundle.reason else RESOLVED
        if bundle.authority is None:
            return None, ("NoValidCACertificate", bundle.message), resolved_refs
        self.authorities[bundle.authority.name] = bundle.authority
        return _tls(bundle.authority.name, validation), ACCEPTED, resolved_refs


def _tls(authority: str, validation: BackendTLSPolicyValidation) -> ir.BackendTLS:
    names = tuple(_name(item) for item in validation.subject_alt_names)
    return ir.BackendTLS(authority, validation.hostname, names=names)


def _name(item: SubjectAltName) -> ir.CertificateName:
    if item.uri is not None:
        return ir.CertificateName(ir.NameKind.URI, item.uri)
    return ir.CertificateName(ir.NameKind.DNS, item.hostname or "")


def _merged(policy: ir.BackendTLS, own: ir.BackendTLS) -> ir.BackendTLS:
    """A policy says how a backend is verified; the rest stays as its Backend has it."""
    return replace(
        own, authority=policy.authority, server_name=policy.server_name, endpoint_names=False, names=policy.names
    )


def _unverifiable(at: Object) -> Refusal:
    message = f"{at[1]} {'/'.join(at[2:])}: tls has no CA certificates to verify the backend with."
    guidance = "Add caCertificateRefs or wellKnownCACertificates, or a BackendTLSPolicy for it."
    return Refusal("InvalidBackendTLS", message, codes.UNVERIFIED_BACKEND, ("name",), guidance)
