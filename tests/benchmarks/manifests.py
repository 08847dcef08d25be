"""A repository of any number of HTTPRoutes, as teams write them: the same for the same number, on any machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from textwrap import indent

ROUTES_PER_FILE = 50
SERVICES_PER_TEAM = 10
GATEWAYS = 4
HTTP_PORT = 10_080
HTTPS_PORT = 10_443

_ENTRY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata:
  name: benchmark
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
---
apiVersion: v1
kind: Namespace
metadata:
  name: edge
---
apiVersion: v1
kind: Secret
metadata:
  name: wildcard
  namespace: edge
type: kubernetes.io/tls
"""

_GATEWAY = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: {name}
  namespace: edge
spec:
  gatewayClassName: benchmark
  listeners:
    - name: http
      protocol: HTTP
      port: {http}
      allowedRoutes:
        namespaces:
          from: All
    - name: https
      protocol: HTTPS
      port: {https}
      hostname: "*.{name}.example.com"
      tls:
        certificateRefs:
          - name: wildcard
      allowedRoutes:
        namespaces:
          from: All
"""

_SERVICE = """\
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {team}
  labels:
    app.kubernetes.io/name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 8080
      targetPort: 8000
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {name}-1
  namespace: {team}
  labels:
    kubernetes.io/service-name: {name}
addressType: IPv4
ports:
  - name: http
    port: 8000
    protocol: TCP
endpoints:
"""

_ENDPOINT = """\
  - addresses:
      - 10.{0}.{1}.{2}
    conditions:
      ready: true
"""

_ROUTE = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {name}
  namespace: {team}
  labels:
    app.kubernetes.io/part-of: {team}
spec:
  parentRefs:
    - name: {gateway}
      namespace: edge
  hostnames:
{hostnames}  rules:
"""


def files(routes: int, gateway_count: int = GATEWAYS) -> Iterator[tuple[str, str]]:
    """Paths and contents: the entry, and per team (50 routes) a file of routes and one of Services."""
    gateways = [f"public-{number}" for number in range(gateway_count)]
    yield (
        "edge/gateways.yaml",
        _ENTRY + "".join(_GATEWAY.format(name=name, http=HTTP_PORT, https=HTTPS_PORT) for name in gateways),
    )
    for number, first in enumerate(range(0, routes, ROUTES_PER_FILE)):
        chance = random.Random(number)
        team = f"team-{number:03}"
        yield f"teams/{team}/services.yaml", _services(team, number)
        indexes = range(first, min(first + ROUTES_PER_FILE, routes))
        text = "".join(_route(f"route-{index:05}", team, chance.choice(gateways), chance) for index in indexes)
        yield f"teams/{team}/routes.yaml", text


def _services(team: str, number: int) -> str:
    parts = [f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {team}\n"]
    for service in range(SERVICES_PER_TEAM):
        parts.append(_SERVICE.format(name=f"service-{service}", team=team))
        parts += [_ENDPOINT.format(number, service, endpoint) for endpoint in range(1, 4)]
    return "".join(parts)


def _route(name: str, team: str, gateway: str, chance: random.Random) -> str:
    hosts = [f"{name}.{gateway}.example.com", f"{name}.{team}.internal"][: chance.choice((1, 1, 2))]
    hostnames = "".join(f"    - {host}\n" for host in hosts)
    head = _ROUTE.format(name=name, team=team, gateway=gateway, hostnames=hostnames)
    return head + _canary(chance) + chance.choice((_plain, _plain, _redirect, _rewrite, _headers))(name, chance)


def _backend(chance: random.Random, weight: int | None = None) -> str:
    text = f"- name: service-{chance.randrange(SERVICES_PER_TEAM)}\n  port: 8080\n"
    return text if weight is None else text + f"  weight: {weight}\n"


def _rule(matches: str, filters: str = "", backends: str = "", timeout: str = "") -> str:
    lines = "matches:\n" + indent(matches, "  ")
    if filters:
        lines += "filters:\n" + indent(filters, "  ")
    if timeout:
        lines += f"timeouts:\n  request: {timeout}\n"
    if backends:
        lines += "backendRefs:\n" + indent(backends, "  ")
    return indent("- " + indent(lines, "  ").removeprefix("  "), "    ")


def _canary(chance: random.Random) -> str:
    share = chance.choice((1, 5, 10, 25))
    version = chance.randrange(1, 4)
    matches = f"""\
- path:
    type: PathPrefix
    value: /api/v{version}
  headers:
    - name: x-tenant
      value: tenant-{chance.randrange(1000)}
"""
    filters = f"""\
- type: RequestHeaderModifier
  requestHeaderModifier:
    set:
      - name: x-api-version
        value: "{version}"
    remove:
      - x-debug
"""
    backends = _backend(chance, 100 - share) + _backend(chance, share)
    return _rule(matches, filters, backends, f"{chance.choice((5, 10, 30))}s")


def _plain(name: str, chance: random.Random) -> str:
    return _rule(f"- path:\n    type: PathPrefix\n    value: /{name}\n", "", _backend(chance))


def _redirect(name: str, chance: random.Random) -> str:
    moved = _rule(
        f"- path:\n    type: Exact\n    value: /{name}/old\n",
        "- type: RequestRedirect\n  requestRedirect:\n    scheme: https\n    statusCode: 301\n",
    )
    return moved + _rule("- path:\n    type: PathPrefix\n    value: /\n", "", _backend(chance))


def _rewrite(name: str, chance: random.Random) -> str:
    filters = """\
- type: URLRewrite
  urlRewrite:
    path:
      type: ReplacePrefixMatch
      replacePrefixMatch: /
"""
    inner = _rule(f"- path:\n    type: PathPrefix\n    value: /{name}\n", filters, _backend(chance))
    return inner + _rule("- path:\n    type: PathPrefix\n    value: /\n  method: GET\n", "", _backend(chance))


def _headers(name: str, chance: random.Random) -> str:
    filters = f"""\
- type: ResponseHeaderModifier
  responseHeaderModifier:
    add:
      - name: x-served-by
        value: {name}
"""
    query = f"""\
- path:
    type: PathPrefix
    value: /search
  queryParams:
    - name: page
      value: "{chance.randrange(10)}"
"""
    plain = _rule("- path:\n    type: PathPrefix\n    value: /\n", "", _backend(chance))
    return _rule(query, filters, _backend(chance)) + plain
