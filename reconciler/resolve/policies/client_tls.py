"""What a ClientTrafficPolicy says of TLS, with the authorities that certificates of clients are verified with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from reconciler import ir
from reconciler.ir.clients import TLSSettings
from reconciler.manifests.client_tls import (
    ClientTLSSettings,
    ClientValidationContext,
    RevocationLists,
    SubjectAltNameMatches,
)
from reconciler.manifests.clienttrafficpolicy import ClientTrafficPolicySpec
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.string_match import StringMatch
from reconciler.resolve import codes
from reconciler.resolve.authorities import SYSTEM, Referrer
from reconciler.resolve.policies.effective import Effective
from reconciler.resolve.problems import ACCEPTED, Problem
from reconciler.resolve.world import World

OLDEST, NEWEST = "1.2", "1.3"
"""What is negotiated where a policy says nothing of it, as in Envoy Gateway."""

_PATH = ("spec", "tls", "clientValidation")
_SPKI = re.compile(r"[A-Za-z0-9+/]{43}=")
_HASH = re.compile(r"(?:[0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}")

_KINDS = {
    "dns_names": ("dnsNames", "DNS"),
    "email_addresses": ("emailAddresses", "EMAIL"),
    "ip_addresses": ("ipAddresses", "IP_ADDRESS"),
    "uris": ("uris", "URI"),
    "other_names": ("otherNames", "OTHER_NAME"),
}
"""Attribute → its name in manifests, and the kind of name."""


class ClientTLS(NamedTuple):
    """The settings, what is wrong with them, and the authorities that they name."""

    settings: TLSSettings
    problems: tuple[Problem, ...] = ()
    secrets: tuple[ir.Secret | ir.Authority, ...] = ()


def client_tls(effective: Effective[ClientTrafficPolicySpec], world: World) -> ClientTLS:
    """What the policy says of TLS."""
    tls = effective.spec.tls
    if tls is None:
        return ClientTLS(TLSSettings(ir.TLSParameters(OLDEST, NEWEST)))
    resumption = tls.session.resumption if tls.session is not None else None
    settings = TLSSettings(
        _parameters(tls),
        None if tls.alpn_protocols is None else tuple(tls.alpn_protocols),
        tickets=resumption is not None and resumption.stateless is not None,
        sessions=resumption is not None and resumption.stateful is not None,
    )
    if tls.client_validation is None:
        return ClientTLS(settings)
    check = _Validation(effective, world)
    clients = check.validation(tls.client_validation)
    return ClientTLS(settings._replace(clients=clients), tuple(check.problems), tuple(check.secrets))


def _parameters(tls: ClientTLSSettings) -> ir.TLSParameters:
    return ir.TLSParameters(
        _version(tls.min_version, OLDEST),
        _version(tls.max_version, NEWEST),
        tuple(tls.ciphers or ()),
        tuple(tls.ecdh_curves),
        tuple(tls.signature_algorithms),
    )


def _version(version: str | None, default: str) -> str:
    if version is None:
        return default
    return "" if version == "Auto" else version


class _Validation:
    """Resolves what certificates of clients are verified with; collects what is wrong, and authorities."""

    def __init__(self, effective: Effective[ClientTrafficPolicySpec], world: World) -> None:
        self.problems: list[Problem] = []
        self.secrets: list[ir.Secret | ir.Authority] = []
        self._world = world
        meta = effective.policy.resource.metadata
        self._name = f"{meta.namespace}/{meta.name}"
        self._referrer = Referrer(ENVOY_GATEWAY, "ClientTrafficPolicy", meta.namespace)

    def validation(self, asked: ClientValidationContext) -> ir.ClientValidation:
        """Who is let in."""
        mode = asked.mode or ("VerifyIfGiven" if asked.optional else "RequireAndVerify")
        verified = mode in ("VerifyIfGiven", "RequireAndVerify")
        authority = self._authority(asked)
        # Envoy only insists on a certificate where it has something to compare it with.
        any_will_do = mode == "RequireAny" and not (authority or asked.spki_hashes or asked.certificate_hashes)
        if any_will_do:
            authority = SYSTEM.name
            self.secrets.append(SYSTEM)
        self._check_hashes(asked)
        names = tuple(self._names(asked.subject_alt_names)) if asked.subject_alt_names is not None else ()
        if verified and not (authority or asked.spki_hashes or asked.certificate_hashes or asked.ca_certificate_refs):
            message = (
                f"{mode} verifies certificates with caCertificateRefs, spkiHashes or certificateHashes: none is there."
            )
            self._refuse(message, codes.BAD_POLICY)
        return ir.ClientValidation(
            authority,
            required=mode in ("RequireAny", "RequireAndVerify"),
            untrusted=not verified,
            spki_hashes=tuple(asked.spki_hashes),
            certificate_hashes=tuple(asked.certificate_hashes),
            names=names,
            revoked=self._revoked(asked.crl) if asked.crl is not None else b"",
            revoked_leaf_only=asked.crl is not None and bool(asked.crl.only_verify_leaf_certificate),
            expired=bool(asked.allow_expired_certificate),
            silent=any_will_do,
        )

    def _authority(self, asked: ClientValidationContext) -> str:
        if not asked.ca_certificate_refs:
            return ""
        bundle = self._world.authorities.bundle(f"{self._name}/ca.crt", asked.ca_certificate_refs, self._referrer)
        for item in (*bundle.problems, *bundle.notes):
            fatal = bundle.authority is None
            path = (*_PATH, "caCertificateRefs", *item.path)
            condition = ACCEPTED if fatal else ""
            self.problems.append(Problem(condition, item.reason, item.message, item.code, path, item.help, fatal))
        if bundle.authority is None:
            return ""
        self.secrets.append(bundle.authority)
        return bundle.authority.name

    def _revoked(self, lists: RevocationLists) -> bytes:
        """A list is of use only whole: one that is missing would let in whom it names."""
        found: list[bytes] = []
        for index, ref in enumerate(lists.refs):
            content = self._world.authorities.revoked(ref, self._referrer)
            if isinstance(content, bytes):
                found.append(content)
            else:
                path = ("crl", "refs", index, *content.path)
                self._refuse(content.message, content.code, *path, guidance=content.help)
        return b"".join(found)

    def _check_hashes(self, asked: ClientValidationContext) -> None:
        for field, values, pattern, words in (
            ("spkiHashes", asked.spki_hashes, _SPKI, "the base64 of a SHA-256 digest of a public key"),
            (
                "certificateHashes",
                asked.certificate_hashes,
                _HASH,
                "the SHA-256 digest of a certificate in hexadecimal",
            ),
        ):
            for index, value in enumerate(values):
                if not pattern.fullmatch(value):
                    self._refuse(f"{value} is not {words}.", codes.BAD_POLICY, field, index)

    def _names(self, asked: SubjectAltNameMatches) -> Iterator[ir.PresentedName]:
        for attribute, (field, kind) in _KINDS.items():
            matches: list[StringMatch] = getattr(asked, attribute)
            for index, match in enumerate(matches):
                why = self._world.memory.expressions.problem(match.value) if match.type == "RegularExpression" else ""
                if why:
                    message = f"The regular expression is not one of RE2: {why}."
                    self._refuse(message, codes.BAD_REGEX, "subjectAltNames", field, index, "value")
                yield ir.PresentedName(kind, match.type, match.value, getattr(match, "oid", ""))

    def _refuse(self, message: str, code: str, *path: str | int, guidance: str = "") -> None:
        self.problems.append(Problem(ACCEPTED, "Invalid", message, code, (*_PATH, *path), guidance, fatal=True))
