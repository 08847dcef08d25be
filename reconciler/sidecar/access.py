"""Who may connect: transport security, and which fleets a client certificate permits."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import grpc

from reconciler.sidecar.addresses import Address, AddressError

_SUBJECT_ALTERNATIVE_NAMES = "x509_subject_alternative_name"


def permitted_fleets(auth_context: Mapping[str, Iterable[bytes]]) -> frozenset[str]:
    """The fleets that a client's certificate names by URIs `spiffe://DOMAIN/gitway/NAMESPACE/NAME`."""
    fleets = set()
    for name in auth_context.get(_SUBJECT_ALTERNATIVE_NAMES, ()):
        uri = urlsplit(name.decode("utf-8", "replace"))
        head, _, fleet = uri.path.removeprefix("/").partition("/")
        if uri.scheme == "spiffe" and uri.netloc and head == "gitway" and fleet and not uri.query and not uri.fragment:
            fleets.add(fleet)
    return frozenset(fleets)


def server_credentials(
    listen: Address, tls_cert: Path | None, tls_key: Path | None, client_ca: Path | None
) -> grpc.ServerCredentials | None:
    """Mutual TLS, or None for plaintext, which only this machine may be offered.

    Raises:
        AddressError: the address needs TLS, or files are missing or cannot be read.
    """
    files = (tls_cert, tls_key, client_ca)
    if not any(files):
        if not listen.loopback:
            raise AddressError(
                f"{listen} can be reached from other machines: that needs mutual TLS",
                "give --tls-cert, --tls-key and --client-ca, or listen on 127.0.0.1 or unix:PATH",
            )
        return None
    if tls_cert is None or tls_key is None or client_ca is None:
        raise AddressError("mutual TLS takes three files", "give --tls-cert, --tls-key and --client-ca together")
    _check(tls_cert, tls_key, client_ca)
    cert, key, ca = (_read(path) for path in (tls_cert, tls_key, client_ca))
    return grpc.ssl_server_credentials([(key, cert)], root_certificates=ca, require_client_auth=True)


def _check(tls_cert: Path, tls_key: Path, client_ca: Path) -> None:
    """What is wrong with the files, which gRPC would tell only as a port that it cannot listen on."""
    for path in (tls_cert, tls_key, client_ca):
        _read(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # OpenSSL would ask the terminal for the password of an encrypted key.
        context.load_cert_chain(tls_cert, tls_key, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        raise AddressError(
            f"{tls_cert} and {tls_key} are not a certificate and its key",
            "give them as PEM, the key without a password",
        ) from error
    try:
        context.load_verify_locations(client_ca)
    except ssl.SSLError as error:
        raise AddressError(f"{client_ca} holds no certificates", "give certificates of authorities as PEM") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AddressError(
            f"cannot read {path}: {error.strerror or error}", "check the path and its permissions"
        ) from error
