"""A repository of all kinds of routes: HTTP, gRPC, TLS, TCP and UDP, and as many Services as a platform has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

HTTP, GRPC, UDP, TLS, TCP, SERVICES = 500, 250, 100, 50, 50, 500
PER_FILE = 50
_GROUP = "gateway.networking.k8s.io/v1"
_FIRST_PORT = 20_000

Object = dict[str, Any]


def files() -> Iterator[tuple[str, str]]:
    """Paths and contents, 50 objects a file."""
    for name, objects in (
        ("entry", [*_entry()]),
        ("services", [item for number in range(SERVICES) for item in _service(number)]),
        ("http", [_http(number) for number in range(HTTP)]),
        ("grpc", [_grpc(number) for number in range(GRPC)]),
        ("udp", [_l4("UDPRoute", "udp", number) for number in range(UDP)]),
        ("tcp", [_l4("TCPRoute", "tcp", number) for number in range(TCP)]),
        ("tls", [_tls(number) for number in range(TLS)]),
    ):
        for number, first in enumerate(range(0, len(objects), PER_FILE)):
            yield f"{name}/{number:03}.yaml", yaml.safe_dump_all(objects[first : first + PER_FILE], sort_keys=False)


def _object(kind: str, name: str, spec: Object, api: str = _GROUP) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "mixed"}, "spec": spec}


def _entry() -> Iterator[Object]:
    owner = {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}
    yield {"apiVersion": _GROUP, "kind": "GatewayClass", "metadata": {"name": "benchmark"}, "spec": owner}
    web = [{"name": "http", "protocol": "HTTP", "port": 10_080}]
    web.append({"name": "sealed", "protocol": "TLS", "port": 10_443, "tls": {"mode": "Passthrough"}})
    yield _object("Gateway", "web", {"gatewayClassName": "benchmark", "listeners": web})
    # A Gateway has at most 64 listeners.
    for kind, count in (("udp", UDP), ("tcp", TCP)):
        for first in range(0, count, PER_FILE):
            listeners = [
                {"name": f"{kind}-{number}", "protocol": kind.upper(), "port": _FIRST_PORT + number}
                for number in range(first, min(first + PER_FILE, count))
            ]
            name = f"{kind}-{first // PER_FILE}"
            yield _object("Gateway", name, {"gatewayClassName": "benchmark", "listeners": listeners})


def _service(number: int) -> Iterator[Object]:
    name = f"service-{number}"
    ports = [
        {"name": "tcp", "port": 8080, "protocol": "TCP"},
        {"name": "udp", "port": 8053, "protocol": "UDP"},
    ]
    yield _object("Service", name, {"ports": ports}, "v1")
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": "mixed", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [f"10.0.{number % 250}.{end}"]} for end in (1, 2, 3)],
    }


def _backends(number: int, port: int = 8080) -> list[Object]:
    first = {"name": f"service-{number % SERVICES}", "port": port, "weight": 90}
    return [first, {"name": f"service-{(number + 1) % SERVICES}", "port": port, "weight": 10}]


def _http(number: int) -> Object:
    changed = {"set": [{"name": "x-route", "value": str(number)}]}
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": changed}]
    path = {"path": {"type": "PathPrefix", "value": f"/v{number % 5}"}}
    rules = [{"matches": [path], "filters": filters, "backendRefs": _backends(number)}]
    hosts = [f"http-{number}.example.com"]
    return _object("HTTPRoute", f"http-{number}", {"parentRefs": [_web()], "hostnames": hosts, "rules": rules})


def _grpc(number: int) -> Object:
    call = {"method": {"service": f"shop.v1.Service{number}", "method": "Get"}}
    rules = [{"matches": [call], "backendRefs": _backends(number)}]
    hosts = [f"grpc-{number}.example.com"]
    return _object("GRPCRoute", f"grpc-{number}", {"parentRefs": [_web()], "hostnames": hosts, "rules": rules})


def _tls(number: int) -> Object:
    rules = [{"backendRefs": _backends(number)}]
    spec = {"parentRefs": [_web("sealed")], "hostnames": [f"tls-{number}.example.com"], "rules": rules}
    return _object("TLSRoute", f"tls-{number}", spec)


def _l4(kind: str, protocol: str, number: int) -> Object:
    parent = {"name": f"{protocol}-{number // PER_FILE}", "sectionName": f"{protocol}-{number}"}
    backends = _backends(number, 8053 if protocol == "udp" else 8080)
    return _object(kind, f"{protocol}-{number}", {"parentRefs": [parent], "rules": [{"backendRefs": backends}]})


def _web(section: str = "http") -> Object:
    return {"name": "web", "sectionName": section}
