"""Is a snapshot complete in itself? Everything that is referred to is there, once, and nothing is there for nobody.

The resources are decoded from their bytes with the gRPC project's build of Envoy's protos, which has nothing in common
with what encoded them, so that a mistake of the translation or of the encoder shows here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import Any, TypeVar

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2
from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2, tls_pb2
from google.protobuf.message import DecodeError, Message

from reconciler.snapshot.filter_references import UPSTREAM_FILTER, references, refers
from reconciler.snapshot.model import (
    CLUSTER,
    CLUSTER_LOAD_ASSIGNMENT,
    LISTENER,
    RATE_LIMIT_CONFIG,
    ROUTE_CONFIGURATION,
    SECRET,
    START,
    Snapshot,
)
from reconciler.snapshot.varint import framer

M = TypeVar("M", bound=Message)

_KIND = {
    CLUSTER: "cluster",
    CLUSTER_LOAD_ASSIGNMENT: "endpoint set",
    LISTENER: "listener",
    ROUTE_CONFIGURATION: "route configuration",
    SECRET: "secret",
}


_FIRST = framer(1)


def check(
    snapshot: Snapshot, absent_secrets: Set[str] = frozenset(), absent_clusters: Set[str] = frozenset()
) -> tuple[str, ...]:
    """The problems of a fleet's snapshot in words, sorted; none if it is consistent.

    Args:
        snapshot: the snapshot of one fleet.
        absent_secrets: names of secrets that need not be in the snapshot, as the sidecar resolves them.
        absent_clusters: names of clusters that are left out on purpose.
    """
    examination = _Examination(snapshot)
    examination.listeners()
    examination.route_configurations()
    examination.clusters()
    examination.endpoints_and_secrets()
    examination.references(absent_secrets, absent_clusters)
    return tuple(sorted(examination.problems))


class _Examination:
    """Collects who refers to what: (type URL, name) → the first that refers to it, in words."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.values = {types.type_url: {r.name: r.value for r in types.resources} for types in snapshot.types}
        self.wanted: dict[tuple[str, str], str] = {}
        unknown = self.values.keys() - _KIND.keys() - {RATE_LIMIT_CONFIG, START}
        self.problems = {f"{type_url} is not a type that is served" for type_url in unknown}

    def decoded(self, type_url: str, cls: type[M]) -> Iterator[tuple[str, M]]:
        """All resources of a type with their names, except the undecodable, which are a problem."""
        for name, value in self.values.get(type_url, {}).items():
            try:
                message = cls.FromString(value)
            except DecodeError:
                self.problems.add(f'{_KIND[type_url]} "{name}" cannot be decoded')
            else:
                yield name, message

    def unpacked(self, owner: str, any_message: Any, cls: type[M]) -> M | None:
        """The message inside of an `Any`; None if it is of another type, or cannot be decoded, which is a problem."""
        if not any_message.Is(cls.DESCRIPTOR):
            return None
        try:
            return cls.FromString(any_message.value)
        except DecodeError:
            self.problems.add(f"{owner} has a {cls.DESCRIPTOR.name} that cannot be decoded")
            return None

    def want(self, type_url: str, name: str, by: str) -> None:
        """Note a reference."""
        self.wanted.setdefault((type_url, name), by)

    def named(self, type_url: str, name: str, own_name: str) -> None:
        """Compare a resource's name with the one inside of it."""
        if name != own_name:
            self.problems.add(f'{_KIND[type_url]} "{name}" calls itself "{own_name}"')

    def unique(self, owner: str, what: str, names: Iterable[str]) -> None:
        """Ascertain that no name is given twice; an empty one is none."""
        names = list(names)
        if len(set(names)) != len(names):
            twice = (name for name, count in Counter(names).items() if count > 1 and name)
            self.problems.update(f'{owner} has two {what} "{name}"' for name in twice)

    def listeners(self) -> None:
        """Filter chains, the route configurations and clusters that they name, and their secrets."""
        for name, listener in self.decoded(LISTENER, listener_pb2.Listener):
            owner = f'listener "{name}"'
            self.named(LISTENER, name, listener.name)
            chains = [*listener.filter_chains, *([listener.default_filter_chain] * _has_default(listener))]
            self.unique(owner, "filter chains", (chain.name for chain in chains))
            server_names = (name for chain in chains for name in chain.filter_chain_match.server_names)
            self.unique(owner, "filter chains for the server name", server_names)
            for chain in chains:
                self.secrets(owner, chain, tls_pb2.DownstreamTlsContext)
                for network_filter in chain.filters:
                    self.network_filter(owner, network_filter.typed_config)
            for listener_filter in listener.listener_filters:
                self.udp_proxy(owner, listener_filter.typed_config)

    def network_filter(self, owner: str, config: Any) -> None:
        """What the last filter of a chain forwards to."""
        if manager := self.unpacked(owner, config, hcm_pb2.HttpConnectionManager):
            self.connection_manager(owner, manager)
        elif proxy := self.unpacked(owner, config, tcp_proxy_pb2.TcpProxy):
            named = [weighted.name for weighted in proxy.weighted_clusters.clusters]
            for name in named or [proxy.cluster]:
                self.want(CLUSTER, name, owner)

    def udp_proxy(self, owner: str, config: Any) -> None:
        """The clusters that a UDP proxy forwards to."""
        from envoy.extensions.filters.udp.udp_proxy.v3 import route_pb2 as udp_route_pb2
        from envoy.extensions.filters.udp.udp_proxy.v3 import udp_proxy_pb2

        proxy = self.unpacked(owner, config, udp_proxy_pb2.UdpProxyConfig)
        if proxy is None:
            return
        chosen = [proxy.matcher.on_no_match, *(one.on_match for one in proxy.matcher.matcher_list.matchers)]
        for match in chosen:
            if route := self.unpacked(owner, match.action.typed_config, udp_route_pb2.Route):
                self.want(CLUSTER, route.cluster, owner)

    def connection_manager(self, owner: str, manager: Any) -> None:
        """Routes of an HTTP connection manager, by name or within, and clusters that its filters call."""
        for http_filter in manager.http_filters:
            self.configuration(f'{owner}: filter "{http_filter.name}"', http_filter.typed_config)
        if manager.HasField("rds"):
            self.want(ROUTE_CONFIGURATION, manager.rds.route_config_name, owner)
        elif manager.HasField("route_config"):
            self.routes(owner, manager.route_config)

    def configuration(self, owner: str, packed: Any) -> None:
        """Clusters and secrets of a filter."""
        try:
            for type_url, name in references(packed):
                self.want(type_url, name, owner)
        except DecodeError:
            self.problems.add(f"{owner} has a {packed.type_url.rpartition('.')[2]} that cannot be decoded")

    def route_configurations(self) -> None:
        """Virtual hosts and the clusters that routes name."""
        for name, configuration in self.decoded(ROUTE_CONFIGURATION, route_pb2.RouteConfiguration):
            self.named(ROUTE_CONFIGURATION, name, configuration.name)
            self.routes(f'route configuration "{name}"', configuration)

    def routes(self, owner: str, configuration: Any) -> None:
        """Domains and names of virtual hosts, which have to be unique, and clusters of all routes."""
        hosts = configuration.virtual_hosts
        self.unique(owner, "virtual hosts", (host.name for host in hosts))
        self.unique(
            owner, "virtual hosts with the domain", (domain.lower() for host in hosts for domain in host.domains)
        )
        self.mirrors(configuration, owner)
        for host in hosts:
            self.mirrors(host, owner)
            for route in host.routes:
                if route.HasField("route"):
                    self.route_action(route.route, owner)
                for packed in route.typed_per_filter_config.values():
                    if refers(packed):
                        self.configuration(owner, packed)

    def route_action(self, action: Any, owner: str) -> None:
        """The clusters that a route forwards or copies requests to."""
        chosen_by = action.WhichOneof("cluster_specifier")
        if chosen_by == "cluster":
            self.want(CLUSTER, action.cluster, owner)
        elif chosen_by == "weighted_clusters":
            for weighted in action.weighted_clusters.clusters:
                if not weighted.cluster_header:
                    self.want(CLUSTER, weighted.name, owner)
        self.mirrors(action, owner)

    def mirrors(self, configured: Any, owner: str) -> None:
        """The clusters of mirror policies."""
        for policy in configured.request_mirror_policies:
            if policy.cluster:
                self.want(CLUSTER, policy.cluster, owner)

    def clusters(self) -> None:
        """Endpoint sets and secrets of clusters."""
        by_eds = cluster_pb2.Cluster.EDS
        for name, cluster in self.decoded(CLUSTER, cluster_pb2.Cluster):
            if cluster.name != name:
                self.named(CLUSTER, name, cluster.name)
            if cluster.type == by_eds:
                self.want(CLUSTER_LOAD_ASSIGNMENT, cluster.eds_cluster_config.service_name or name, f'cluster "{name}"')
            for configured in (cluster, *cluster.transport_socket_matches):
                if configured.HasField("transport_socket"):
                    self.secrets(f'cluster "{name}"', configured, tls_pb2.UpstreamTlsContext)
            for packed in cluster.typed_extension_protocol_options.values():
                if UPSTREAM_FILTER in packed.value:
                    self.upstream_filters(f'cluster "{name}"', packed)

    def upstream_filters(self, owner: str, packed: Any) -> None:
        """What the HTTP filters of a cluster refer to."""
        from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

        if options := self.unpacked(owner, packed, http_protocol_options_pb2.HttpProtocolOptions):
            for http_filter in options.http_filters:
                self.configuration(owner, http_filter.typed_config)

    def secrets(self, owner: str, configured: Any, context: type[Message]) -> None:
        """The secrets that a transport socket names."""
        tls: Any = self.unpacked(owner, configured.transport_socket.typed_config, context)
        if tls is None:
            return
        common = tls.common_tls_context
        named = [
            *common.tls_certificate_sds_secret_configs,
            common.validation_context_sds_secret_config,
            common.combined_validation_context.validation_context_sds_secret_config,
        ]
        for secret in named:
            if secret.name:
                self.want(SECRET, secret.name, owner)

    def endpoints_and_secrets(self) -> None:
        """The names inside of endpoint sets and secrets."""
        for name, value in self.values.get(CLUSTER_LOAD_ASSIGNMENT, {}).items():
            # The name is the first field: there are as many endpoint sets as clusters, and little else to be seen.
            if not value.startswith(_FIRST(name.encode())):
                self.endpoints(name, value, endpoint_pb2.ClusterLoadAssignment)
        for name, secret in self.decoded(SECRET, secret_pb2.Secret):
            self.named(SECRET, name, secret.name)

    def endpoints(self, name: str, value: bytes, cls: type[Message]) -> None:
        """Say what is wrong with an endpoint set that does not begin with its name."""
        try:
            assignment: Any = cls.FromString(value)
        except DecodeError:
            self.problems.add(f'{_KIND[CLUSTER_LOAD_ASSIGNMENT]} "{name}" cannot be decoded')
        else:
            self.named(CLUSTER_LOAD_ASSIGNMENT, name, assignment.cluster_name)

    def references(self, absent_secrets: Set[str], absent_clusters: Set[str]) -> None:
        """What is referred to and not there, and the reverse for what Envoy would never ask for."""
        allowed = {SECRET: absent_secrets, CLUSTER: absent_clusters}
        for (type_url, name), owner in self.wanted.items():
            if name not in self.values.get(type_url, ()) and name not in allowed.get(type_url, ()):
                self.problems.add(f'{owner} refers to {_KIND[type_url]} "{name}", which is not in the snapshot')
        for type_url in (ROUTE_CONFIGURATION, CLUSTER_LOAD_ASSIGNMENT):
            for name in self.values.get(type_url, ()):
                if (type_url, name) not in self.wanted:
                    self.problems.add(f'{_KIND[type_url]} "{name}" is not referred to by anything')


def _has_default(listener: Any) -> bool:
    return bool(listener.HasField("default_filter_chain"))
