"""Services as backends: the EndpointSlices of the repository, else DNS by convention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler import ir
from reconciler.manifests.base import Loaded
from reconciler.manifests.endpointslice import Endpoint, EndpointSlice
from reconciler.manifests.service import Service, ServicePort
from reconciler.resolve import codes
from reconciler.resolve.options import Options
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal, Target, protocol

Key = tuple[str, str]


class Services:
    """The Services of a repository with their EndpointSlices."""

    def __init__(
        self, services: Iterable[Loaded[Service]], slices: Iterable[Loaded[EndpointSlice]], options: Options
    ) -> None:
        self._services = {(s.resource.metadata.namespace, s.resource.metadata.name): s.resource for s in services}
        self._slices = _by_service(slices)
        self._names = Names(self._services)
        self._options = options

    def sections(self, key: Key) -> Mapping[int, str] | None:
        """The numbers and names of the ports that policies may be about; None where there is no such Service."""
        service = self._services.get(key)
        return (
            None if service is None else {port.port: port.name for port in service.spec.ports if port.protocol == "TCP"}
        )

    def resolve(self, key: Key, port: int | None, transport: str) -> Target | Refusal:
        """What stands behind a port, of transport `TCP` or `UDP`, of the Service `(namespace, name)`."""
        service = self._services.get(key)
        name = "/".join(key)
        if service is None:
            message = f"Service {name} does not exist."
            return Refusal("BackendNotFound", message, codes.BACKEND_NOT_FOUND, ("name",), self._names.suggest(*key))
        if port is None:
            return Refusal("PortNotSpecified", f"Service {name}: which port?", codes.PORT_NOT_FOUND, ())
        if service.spec.type == "ExternalName":
            return self._external(service, name, port, transport)
        found = _port(service, port, transport)
        if found is None:
            ports = ", ".join(str(item.port) for item in service.spec.ports if item.protocol == transport) or "none"
            message = f"Service {name} has no {transport} port {port}; it has {ports}."
            return Refusal("PortNotFound", message, codes.PORT_NOT_FOUND, ("port",))
        slices = self._slices.get(key)
        if slices is not None:
            endpoints = _endpoints(slices, found)
            return Target(ir.Discovery.STATIC, endpoints, protocol(found.app_protocol), section=found.name)
        return self._by_dns(service, key, found)

    def by_own_address(self, key: Key, port: int | None, target: Target) -> Target:
        """The same Service (`target`) behind one address: its clusterIP or, without one, its name.

        A headless one has none, nor one that stands for another host.
        """
        service = self._services[key]
        if service.spec.headless or service.spec.type == "ExternalName" or port is None:
            return target
        if service.spec.cluster_ip:
            endpoints = (ir.Endpoint(service.spec.cluster_ip, port),)
            return replace(target, discovery=ir.Discovery.STATIC, endpoints=endpoints)
        return replace(target, discovery=ir.Discovery.DNS, endpoints=(ir.Endpoint(self._host(key), port),))

    def _host(self, key: Key) -> str:
        namespace, name = key
        return f"{name}.{namespace}.svc.{self._options.service_domain}"

    def _external(self, service: Service, name: str, port: int, transport: str) -> Target | Refusal:
        if not self._options.allow_external_name:
            message = f"Service {name} is of type ExternalName, which is not supported (CVE-2021-25740)."
            guidance = (
                "Use a Backend of gateway.envoyproxy.io with an fqdn endpoint, or set allowExternalName in gitway.yaml."
            )
            return Refusal("UnsupportedValue", message, codes.UNSUPPORTED_BACKEND, ("name",), guidance)
        found = _port(service, port, transport)
        if service.spec.ports and found is None:
            message = f"Service {name} has no {transport} port {port}."
            return Refusal("PortNotFound", message, codes.PORT_NOT_FOUND, ("port",))
        spoken = protocol(found.app_protocol if found else None)
        host = service.spec.external_name.rstrip(".")
        section = found.name if found else ""
        return Target(ir.Discovery.DNS, (ir.Endpoint(host, port),), spoken, section=section)

    def _by_dns(self, service: Service, key: Key, port: ServicePort) -> Target | Refusal:
        number: int | str = port.port
        if service.spec.headless:
            number = port.target_port
        if not isinstance(number, int):
            message = f"Service {'/'.join(key)} is headless and its port {port.port} has the named targetPort {number}."
            guidance = "Give the number of the targetPort, or add EndpointSlices to the repository."
            return Refusal("UnsupportedValue", message, codes.UNSUPPORTED_BACKEND, ("port",), guidance)
        spoken = protocol(port.app_protocol)
        return Target(ir.Discovery.DNS, (ir.Endpoint(self._host(key), number),), spoken, section=port.name)


def _by_service(slices: Iterable[Loaded[EndpointSlice]]) -> Mapping[Key, list[EndpointSlice]]:
    found: dict[Key, list[EndpointSlice]] = defaultdict(list)
    for loaded in slices:
        if loaded.resource.service:
            found[loaded.resource.metadata.namespace, loaded.resource.service].append(loaded.resource)
    return dict(found)


def _port(service: Service, number: int, transport: str) -> ServicePort | None:
    return next((port for port in service.spec.ports if port.port == number and port.protocol == transport), None)


def _endpoints(slices: Sequence[EndpointSlice], of: ServicePort) -> tuple[ir.Endpoint, ...]:
    """The endpoints of a Service's port over all its slices, each address once, sorted by address.

    Slices of addressType FQDN are ignored, as kube-proxy does.
    """
    found: dict[tuple[str, int], ir.Endpoint] = {}
    for item in slices:
        if item.address_type == "FQDN":
            continue
        for port in item.ports:
            if port.name == of.name and port.protocol == of.protocol and port.port:
                for made in _of_slice(item.endpoints, port.port):
                    known = found.get((made.address, made.port))
                    if known is None or (known.draining and not made.draining):
                        found[made.address, made.port] = made
    return tuple(found[key] for key in sorted(found))


def _of_slice(endpoints: Iterable[Endpoint], port: int) -> Iterator[ir.Endpoint]:
    """The endpoints that are ready, and those that serve until they have terminated; unknown counts as ready."""
    for endpoint in endpoints:
        conditions = endpoint.conditions
        ready = conditions.ready is not False
        serving = ready if conditions.serving is None else conditions.serving
        if ready or serving:
            draining = conditions.terminating is True
            for address in endpoint.addresses:
                yield ir.Endpoint(address, port, zone=endpoint.zone or "", draining=draining)
