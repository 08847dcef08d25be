"""What caCertificateRefs lead to: bundles of certificates that others' certificates are verified with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import LocalObjectReference, ObjectReference, SecretObjectReference
from reconciler.manifests.secret import Secret
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.bundles import join_bundle, read_bundle
from reconciler.resolve.grants import Grants
from reconciler.resolve.suggestions import Names

if TYPE_CHECKING:
    from reconciler.manifests.configmap import ConfigMap

KEY = "ca.crt"
REVOKED_KEY = "ca.crl"
_REVOKED = b"-----BEGIN X509 CRL-----"
SYSTEM = ir.Authority("system_ca_certificates", file="/etc/ssl/certs/ca-certificates.crt")
"""Whom Envoy's host trusts, with Envoy Gateway's name and path."""

INVALID_REF = "InvalidCACertificateRef"
INVALID_KIND = "InvalidKind"
NOT_PERMITTED = "RefNotPermitted"

Reference = LocalObjectReference | ObjectReference | SecretObjectReference
"""Those without a namespace of their own are about the referrer's."""

_CONFIG_MAP = ("", "ConfigMap")
_SECRET = ("", "Secret")


@dataclass(frozen=True, slots=True)
class BadAuthority:
    """Why a caCertificateRef gives no certificate, or fewer than it holds; `path` is relative to the references."""

    reason: str
    message: str
    code: str
    path: FieldPath
    help: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a list of references comes to.

    Attributes:
        authority: None where not one reference is valid.
        problems: one for each invalid reference.
        notes: what is wrong inside of valid ones.
    """

    authority: ir.Authority | None
    problems: tuple[BadAuthority, ...] = ()
    notes: tuple[BadAuthority, ...] = ()

    @property
    def reason(self) -> str:
        """The reason of the first problem; empty: there is none."""
        return self.problems[0].reason if self.problems else ""

    @property
    def message(self) -> str:
        """All problems in words."""
        return " ".join(problem.message for problem in self.problems)


class Referrer(NamedTuple):
    """Whose references they are: group, kind and namespace."""

    group: str
    kind: str
    namespace: str


class _Found(NamedTuple):
    certificates: tuple[bytes, ...]
    unreadable: int = 0
    secret: str = ""
    """The Secret that only the sidecar knows the content of."""


class Authorities:
    """The ConfigMaps and Secrets of a repository, as CA bundles. Each is parsed once, when first named."""

    def __init__(
        self,
        config_maps: Iterable[Loaded[ConfigMap]],
        secrets: Iterable[Loaded[Secret]],
        grants: Grants,
        *,
        publish_keys: bool,
    ) -> None:
        self._objects: dict[tuple[str, str], dict[tuple[str, str], ConfigMap | Secret]] = {
            _CONFIG_MAP: {(c.resource.metadata.namespace, c.resource.metadata.name): c.resource for c in config_maps},
            _SECRET: {(s.resource.metadata.namespace, s.resource.metadata.name): s.resource for s in secrets},
        }
        self._names = {kind: Names(objects) for kind, objects in self._objects.items()}
        self._grants = grants
        self._publish_keys = publish_keys
        self._read: dict[tuple[tuple[str, str], tuple[str, str]], _Found | BadAuthority] = {}

    def bundle(self, name: str, refs: Sequence[Reference], referrer: Referrer) -> Bundle:
        """The certificates of all references together, as an authority of this SDS name.

        A Secret without data is declared only: the sidecar has its content, which cannot be joined with any other.
        """
        certificates: list[bytes] = []
        problems: list[BadAuthority] = []
        notes: list[BadAuthority] = []
        elsewhere = ""
        for index, ref in enumerate(refs):
            found = self._resolve(ref, referrer)
            if isinstance(found, BadAuthority):
                problems.append(_at(index, found))
            elif found.secret and len(refs) > 1:
                message = f"Secret {found.secret} is resolved by the sidecar: it has to be the only reference."
                problems.append(BadAuthority(INVALID_REF, message, codes.BAD_CA_CERTIFICATE, (index, "name")))
            else:
                certificates += found.certificates
                elsewhere = found.secret
                if found.unreadable:
                    message = f"{found.unreadable} certificates of {ref.kind} {ref.name} cannot be read: left out."
                    notes.append(BadAuthority(INVALID_REF, message, codes.BAD_CA_CERTIFICATE, (index, "name")))
        authority = None
        if elsewhere:
            authority = ir.Authority(f"{elsewhere}/{KEY}")
        elif certificates:
            authority = ir.Authority(name, join_bundle(tuple(certificates)))
        return Bundle(authority, tuple(problems), tuple(notes))

    def revoked(self, ref: SecretObjectReference, referrer: Referrer) -> bytes | BadAuthority:
        """The lists of revoked certificates that a reference leads to, in PEM, or why there are none."""
        found = self._object(ref, referrer)
        if isinstance(found, BadAuthority):
            return found
        name = f"{ref.kind} {found.metadata.namespace}/{found.metadata.name}"
        if isinstance(found, Secret) and not (self._publish_keys and found.has_content):
            guidance = f"Put it into a ConfigMap, under {REVOKED_KEY}: it is no secret."
            message = f"{name} has no content that may be published."
            return BadAuthority(INVALID_REF, message, codes.BAD_REVOCATION_LIST, ("name",), guidance)
        content = found.content().get(REVOKED_KEY, b"")
        if _REVOKED not in content:
            message = f"{name} has no list of revoked certificates (PEM) in {REVOKED_KEY}."
            return BadAuthority(INVALID_REF, message, codes.BAD_REVOCATION_LIST, ("name",))
        return content.rstrip() + b"\n"

    def _resolve(self, ref: Reference, referrer: Referrer) -> _Found | BadAuthority:
        found = self._object(ref, referrer)
        if isinstance(found, BadAuthority):
            return found
        key = ((ref.group, ref.kind), (found.metadata.namespace, found.metadata.name))
        if key not in self._read:
            self._read[key] = self._load(found)
        return self._read[key]

    def _object(self, ref: Reference, referrer: Referrer) -> ConfigMap | Secret | BadAuthority:
        kind = (ref.group, ref.kind)
        if kind not in self._objects:
            message = f"CA certificates are in a ConfigMap or a Secret, not in a {ref.kind} of group {ref.group!r}."
            return BadAuthority(INVALID_KIND, message, codes.INVALID_KIND, ("kind",))
        namespace = getattr(ref, "namespace", None) or referrer.namespace
        if not self._grants.allow(referrer[:2], referrer.namespace, kind, namespace, ref.name):
            source = f"{referrer.kind}s of {referrer.namespace}"
            message = f"No ReferenceGrant in namespace {namespace} lets {source} use {ref.kind} {ref.name}."
            guidance = f"Add a ReferenceGrant from {source} to {ref.kind} {ref.name} in namespace {namespace}."
            return BadAuthority(NOT_PERMITTED, message, codes.REF_NOT_PERMITTED, ("namespace",), guidance)
        found = self._objects[kind].get((namespace, ref.name))
        if found is None:
            guidance = self._names[kind].suggest(namespace, ref.name)
            message = f"{ref.kind} {namespace}/{ref.name} does not exist."
            return BadAuthority(INVALID_REF, message, codes.CA_CERTIFICATE_NOT_FOUND, ("name",), guidance)
        return found

    def _load(self, found: ConfigMap | Secret) -> _Found | BadAuthority:
        key = f"{found.metadata.namespace}/{found.metadata.name}"
        name = f"{found.kind_name} {key}"
        if isinstance(found, Secret) and not (self._publish_keys and found.has_content):
            return _Found((), secret=key)
        content = found.content().get(KEY)
        if content is None:
            message = f"{name} has no key {KEY}."
            return BadAuthority(INVALID_REF, message, codes.BAD_CA_CERTIFICATE, ("name",))
        certificates, unreadable = read_bundle(content)
        if not certificates:
            message = f"{name} has no PEM certificate in {KEY}."
            return BadAuthority(INVALID_REF, message, codes.BAD_CA_CERTIFICATE, ("name",))
        return _Found(certificates, unreadable)


def _at(index: int, problem: BadAuthority) -> BadAuthority:
    """The problem with the place of its reference."""
    return BadAuthority(problem.reason, problem.message, problem.code, (index, *problem.path), problem.help)
