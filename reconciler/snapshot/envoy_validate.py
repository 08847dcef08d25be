"""Ask a real Envoy whether it would take a snapshot (`envoy --mode validate`).

Envoy validates static configuration only, so that the snapshot is laid out as a static bootstrap: route configurations
and endpoints inline, secrets among the static ones, with a stand-in certificate for each that the sidecar resolves.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from reconciler.records import dataclass
from reconciler.snapshot import model
from reconciler.snapshot.fill import fill, is_template, stand_ins
from reconciler.snapshot.filter_references import UPSTREAM_FILTER, refers, visit
from reconciler.snapshot.model import Snapshot

TIMEOUT_SECONDS = 300

_ACCEPTED = "' OK"
"""How the line ends that Envoy prints of a configuration that it takes (`configuration '…' OK`)."""
_REFUSED = "error initializing configuration"
"""What Envoy says of one that it does not take."""
_DUMP = "goo.gle/debug"
"""How the text of a message begins (`debugproto` or `debugstr`, at random); what is wrong comes some lines later."""

_QUIC = "/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport"
_CERTIFICATE = "tls_certificate"
_AUTHORITY = "validation_context"
_GENERIC = "generic_secret"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Envoy said. `reason` is empty where it accepts."""

    reason: str

    @property
    def accepted(self) -> bool:
        """True where Envoy accepts the snapshot."""
        return not self.reason


class NoVerdictError(Exception):
    """The program that was asked said nothing about the snapshot: it crashed, hangs, or is no Envoy."""


def find_envoy() -> str | None:
    """The Envoy binary: `GITWAY_ENVOY`, or `envoy` on the path; None where there is none."""
    named = os.environ.get("GITWAY_ENVOY")
    return named or shutil.which("envoy")


def validate(snapshot: Snapshot, envoy: str) -> Verdict:
    """Run Envoy on the snapshot.

    Raises:
        OSError: Envoy cannot be started.
        NoVerdictError: it was started, and did not say whether it takes the snapshot.
    """
    with tempfile.TemporaryDirectory(prefix="gitway-validate-") as directory:
        config = Path(directory) / "bootstrap.pb"
        config.write_bytes(static_bootstrap(snapshot))
        command = [envoy, "--mode", "validate", "-c", str(config), "--log-level", "error", "--disable-hot-restart"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NoVerdictError(f"{envoy} gave no answer within {TIMEOUT_SECONDS} s") from error
    return _verdict(envoy, done)


def static_bootstrap(snapshot: Snapshot) -> bytes:
    """The snapshot as an encoded static `envoy.config.bootstrap.v3.Bootstrap`."""
    from envoy.config.bootstrap.v3 import bootstrap_pb2

    values = {found.type_url: {one.name: one.value for one in found.resources} for found in snapshot.types}
    bootstrap = bootstrap_pb2.Bootstrap()
    static = bootstrap.static_resources
    endpoints = values.get(model.CLUSTER_LOAD_ASSIGNMENT, {})
    named: dict[str, str] = {}
    for value in values.get(model.CLUSTER, {}).values():
        static.clusters.add().ParseFromString(value)
        _inline_endpoints(static.clusters[-1], endpoints)
        for configured in (static.clusters[-1], *static.clusters[-1].transport_socket_matches):
            _inline_secrets(configured, named)
        _inline_upstream_filters(static.clusters[-1], named)
    routes = values.get(model.ROUTE_CONFIGURATION, {})
    for value in values.get(model.LISTENER, {}).values():
        static.listeners.add().ParseFromString(value)
        for chain in _chains(static.listeners[-1]):
            _inline_routes(chain, routes, named)
            _inline_secrets(chain, named)
    secrets = values.get(model.SECRET, {})
    for name in sorted(named):
        _inline_secret(static.secrets.add(), name, secrets.get(name), named[name])
    # As in the bootstrap of `gitway bootstrap`: expressions may be longer than Envoy's default.
    bootstrap.layered_runtime.layers.add(name="gitway").static_layer["re2.max_program_size.error_level"] = 2**32 - 1
    return bytes(bootstrap.SerializeToString(deterministic=True))


def _chains(listener: Any) -> list[Any]:
    default = [listener.default_filter_chain] if listener.HasField("default_filter_chain") else []
    return [*listener.filter_chains, *default]


def _inline_endpoints(cluster: Any, endpoints: dict[str, bytes]) -> None:
    """Endpoints that come by EDS are given with the cluster."""
    if not cluster.HasField("eds_cluster_config"):
        return
    name = cluster.eds_cluster_config.service_name or cluster.name
    cluster.ClearField("eds_cluster_config")
    cluster.type = cluster.STATIC
    cluster.load_assignment.ParseFromString(endpoints.get(name, b""))
    cluster.load_assignment.cluster_name = cluster.load_assignment.cluster_name or name


def _inline_routes(chain: Any, routes: dict[str, bytes], named: dict[str, str]) -> None:
    from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2

    for network_filter in chain.filters:
        manager = http_connection_manager_pb2.HttpConnectionManager()
        if not network_filter.typed_config.Unpack(manager) or not manager.HasField("rds"):
            continue
        name = manager.rds.route_config_name
        manager.ClearField("rds")
        manager.route_config.ParseFromString(_filled(routes.get(name, b"")))
        # Clusters are compared by `snapshot.check`; one is missing on purpose, for backends that are invalid.
        manager.route_config.validate_clusters.value = False
        per_route = [
            one for host in manager.route_config.virtual_hosts for route in host.routes for one in _refer(route)
        ]
        for packed in (*(http_filter.typed_config for http_filter in manager.http_filters), *per_route):
            _inline_of_filter(packed, named)
        network_filter.typed_config.Pack(manager)


def _filled(routes: bytes) -> bytes:
    """A route configuration as the sidecar fills it, with values that serve nobody."""
    return fill(routes, stand_ins).value if is_template(routes) else routes


def _refer(route: Any) -> list[Any]:
    return [packed for packed in route.typed_per_filter_config.values() if refers(packed)]


def _inline_of_filter(packed: Any, named: dict[str, str]) -> None:
    """Secrets of an HTTP filter."""

    def inline(type_url: str, _name: str, config: Any) -> None:
        if type_url == model.SECRET:
            _inline_config(config, _GENERIC, named)

    visit(packed, inline)


def _inline_upstream_filters(cluster: Any, named: dict[str, str]) -> None:
    from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

    for packed in cluster.typed_extension_protocol_options.values():
        options = http_protocol_options_pb2.HttpProtocolOptions()
        if UPSTREAM_FILTER in packed.value and packed.Unpack(options):
            for http_filter in options.http_filters:
                _inline_of_filter(http_filter.typed_config, named)
            packed.Pack(options)


def _inline_secrets(configured: Any, named: dict[str, str]) -> None:
    """Secrets of a transport socket are found among the static ones; `named` tells what each is: a field of Secret."""
    from envoy.extensions.transport_sockets.tls.v3 import tls_pb2

    if not configured.HasField("transport_socket"):
        return
    socket = configured.transport_socket.typed_config
    for context in (tls_pb2.DownstreamTlsContext(), tls_pb2.UpstreamTlsContext()):
        if socket.Unpack(context):
            _inline_certificates(context.common_tls_context, named)
            socket.Pack(context)
            return
    if socket.type_url.endswith(_QUIC):
        from envoy.extensions.transport_sockets.quic.v3 import quic_transport_pb2

        transport = quic_transport_pb2.QuicDownstreamTransport.FromString(socket.value)
        _inline_certificates(transport.downstream_tls_context.common_tls_context, named)
        socket.Pack(transport)


def _inline_certificates(common: Any, named: dict[str, str]) -> None:
    for config in common.tls_certificate_sds_secret_configs:
        _inline_config(config, _CERTIFICATE, named)
    for owner in (common, common.combined_validation_context):
        if owner.HasField("validation_context_sds_secret_config"):
            _inline_config(owner.validation_context_sds_secret_config, _AUTHORITY, named)


def _inline_config(config: Any, kind: str, named: dict[str, str]) -> None:
    config.ClearField("sds_config")
    named[config.name] = kind


def _inline_secret(secret: Any, name: str, value: bytes | None, kind: str) -> None:
    """The secret, or a stand-in where the content is somewhere else: with the sidecar, or in a file of Envoy's host."""
    if value is not None:
        secret.ParseFromString(value)
        if not secret.validation_context.trusted_ca.filename:
            return
        secret.Clear()
    secret.name = name
    if kind == _GENERIC:
        secret.generic_secret.secret.inline_string = "stand-in"
        return
    certificate, key = _self_signed()
    if kind == _AUTHORITY:
        secret.validation_context.trusted_ca.inline_bytes = certificate
        return
    secret.tls_certificate.certificate_chain.inline_bytes = certificate
    secret.tls_certificate.private_key.inline_bytes = key


def _self_signed() -> tuple[bytes, bytes]:
    """A certificate that serves nobody: it only has to parse."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _verdict(envoy: str, done: subprocess.CompletedProcess[str]) -> Verdict:
    """Only what Envoy says in so many words is a verdict; an exit code alone may be anybody's."""
    if done.returncode == 0 and any(line.rstrip().endswith(_ACCEPTED) for line in done.stdout.splitlines()):
        return Verdict("")
    said = (done.stderr or done.stdout).strip()
    if done.returncode > 0 and _REFUSED in said:
        return Verdict(_reason(said))
    last = said.rpartition("\n")[2].strip()
    raise NoVerdictError(f"{envoy} {_end(done.returncode)}{f': {last}' if last else ''}")


def _reason(said: str) -> str:
    """What Envoy names, without the log's prefix, the name of a file that is gone, and the message that is wrong."""
    told = said[said.index(_REFUSED) :]
    reason = told.partition(".pb': ")[2] or told
    if reason.startswith(_DUMP):
        reason = reason.rpartition("\n: ")[2]
    return reason.partition("\n")[0].strip()


def _end(code: int) -> str:
    """How a process ended that ought to have said more."""
    if code >= 0:
        return f"ended with exit code {code} without a verdict"
    known = {number.value: number.name for number in signal.Signals}
    return f"crashed ({known.get(-code, f'signal {-code}')})"
