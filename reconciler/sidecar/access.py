"""Who may connect: transport security, and which fleets a client certificate permits."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import grpc

from reconciler.sidecar.addresses import Address, AddressError

_log = logging.getLogger(__name__)

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


def peer_of(address: str, auth_context: Mapping[str, Iterable[bytes]]) -> str:
    """Whose share of the limits a stream takes: that of a certificate and an address; on this machine a connection's.

    Args:
        address: as gRPC gives it, such as `ipv4:10.0.0.1:4711`.
        auth_context: empty without mutual TLS.
    """
    names = sorted(auth_context.get(_SUBJECT_ALTERNATIVE_NAMES, ()))
    host = address.rpartition(":")[0] if names else address
    return " ".join((host, *(name.decode("utf-8", "replace") for name in names)))


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
    files_on_disk = _Files(tls_cert, tls_key, client_ca)
    first = files_on_disk.current()
    return grpc.dynamic_ssl_server_credentials(first, files_on_disk.current, require_client_authentication=True)


class _Files:
    """Certificate, key and authorities, read again when they have changed.

    gRPC asks at every handshake, in threads of its own. What cannot be used is told, and the one before stays.
    """

    def __init__(self, tls_cert: Path, tls_key: Path, client_ca: Path) -> None:
        self._paths = (tls_cert, tls_key, client_ca)
        self._lock = Lock()
        self._signature: tuple[tuple[int, int, int], ...] = ()
        self._told = ""
        self._configuration = self._read_all()

    def _read_all(self) -> grpc.ServerCertificateConfiguration:
        """What the files have now; raises `AddressError`."""
        signature = _signature(self._paths)
        _check(*self._paths)
        cert, key, ca = (_read(path) for path in self._paths)
        self._signature = signature
        return grpc.ssl_server_certificate_configuration([(key, cert)], root_certificates=ca)

    def current(self) -> grpc.ServerCertificateConfiguration:
        """What the files have, or had when they could be used last."""
        with self._lock:
            if _signature(self._paths) != self._signature:
                self._renew()
            return self._configuration

    def _renew(self) -> None:
        try:
            self._configuration = self._read_all()
        except AddressError as error:
            if error.message != self._told:
                self._told = error.message
                _log.error("%s; the certificate that was read before stays (%s)", error.message, error.help)
        else:
            self._told = ""
            _log.info("the certificate in %s was read again", self._paths[0])


def _signature(paths: Iterable[Path]) -> tuple[tuple[int, int, int], ...]:
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


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
