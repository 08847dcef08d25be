"""BackendTrafficPolicy: global rate limits, of a service that reads its configuration as envoyproxy/ratelimit does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
import yaml
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DiscoveryRequest, DiscoveryResponse
from envoy.service.ratelimit.v3.rls_pb2 import RateLimitRequest, RateLimitResponse

from reconciler.snapshot.model import RATE_LIMIT_CONFIG
from reconciler.snapshot.rate_limit_config import Descriptor, as_yaml, decode_config
from tests.support.gitway import succeed
from tests.support.manifests import route
from tests.traffic.policies.scene import governed, host, policy
from tests.traffic.scene import FLEET, Object, Scene, path, rule, running

Code = RateLimitResponse.Code


class Limits:
    """The service. It counts each chain of keys and values for ever; `asked` is all that it was asked, by domain."""

    def __init__(self) -> None:
        self.descriptors: dict[str, tuple[Descriptor, ...]] = {}
        self.counts: Counter[Any] = Counter()
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._server = grpc.server(ThreadPoolExecutor(4))
        answer = grpc.unary_unary_rpc_method_handler(
            self._answer, RateLimitRequest.FromString, RateLimitResponse.SerializeToString
        )
        name = "envoy.service.ratelimit.v3.RateLimitService"
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, {"ShouldRateLimit": answer})])
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self) -> None:
        self._server.stop(None).wait()

    def _answer(self, request: RateLimitRequest, _: Any) -> RateLimitResponse:
        with self._lock:
            self.asked.append(request.domain)
            over = [self._over(request, one) for one in request.descriptors]
        return RateLimitResponse(overall_code=Code.OVER_LIMIT if any(over) else Code.OK)

    def _over(self, request: RateLimitRequest, asked: Any) -> bool:
        entries = [(entry.key, entry.value) for entry in asked.entries]
        limit = _found(self.descriptors.get(request.domain, ()), entries)
        if limit is None or limit.requests is None:
            return False
        key = (request.domain, *entries)
        self.counts[key] += asked.hits_addend.value if asked.HasField("hits_addend") else (request.hits_addend or 1)
        allowed = asked.limit.requests_per_unit if asked.HasField("limit") else limit.requests
        return bool(self.counts[key] > allowed and not limit.shadow)


def _found(descriptors: tuple[Descriptor, ...], entries: list[tuple[str, str]]) -> Descriptor | None:
    """The descriptor of a chain: by key and value, else by key alone."""
    key, value = entries[0]
    by_name = {(one.key, one.value): one for one in descriptors}
    found = by_name.get((key, value)) or by_name.get((key, ""))
    return found if found is None or len(entries) == 1 else _found(found.below, entries[1:])


def limited(requests: int = 2, **more: Any) -> Object:
    return {"limit": {"requests": requests, "unit": "Hour"}, **more}


def user(**more: Any) -> list[Object]:
    return [{"headers": [{"name": "x-user", **more}]}]


def number(cost: int) -> Object:
    return {"from": "Number", "number": cost}


RULES: dict[str, list[Object]] = {
    "everyone": [limited()],
    "distinct": [limited(clientSelectors=user(type="Distinct"))],
    "header": [limited(clientSelectors=user(value="jo"))],
    "method": [limited(clientSelectors=[{"methods": [{"value": "POST"}]}])],
    "source": [limited(clientSelectors=[{"sourceCIDR": {"value": "127.0.0.0/8", "type": "Distinct"}}])],
    "shadow": [limited(shadowMode=True)],
    "two": [limited(3), limited(1, clientSelectors=user(value="jo"))],
    "cost": [limited(4, cost={"request": {"from": "Number", "number": 2}})],
    "answer": [limited(4, cost={"request": number(0), "response": number(5)})],
    "own-limit": [{"limit": {"requests": 100, "unit": "Day", "fromMetadata": {"namespace": "a", "key": "b"}}}],
}


@pytest.fixture(scope="module")
def limits() -> Iterator[Limits]:
    service = Limits()
    yield service
    service.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Iterator[Scene]:
    specs: dict[str, Object] = {name: {"rateLimit": {"global": {"rules": rules}}} for name, rules in RULES.items()}
    made = [item for name, spec in specs.items() for item in governed(name, spec)]
    shared = [limited(3, shared=True), limited(2)]
    rules = [rule("web", path("PathPrefix", "/own"), name="own"), rule("web", path("PathPrefix", "/a")), rule("web")]
    to = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}
    several = policy("several", {"rateLimit": {"global": {"rules": shared}}})
    several["spec"]["targetRefs"] = [{**to, "name": "first"}, {**to, "name": "second"}]
    made += [route("first", *rules, hostnames=(host("first"),)), route("second", hostnames=(host("second"),)), several]
    config = f"rateLimitService: 127.0.0.1:{limits.port}\n"
    with running(tmp_path_factory.mktemp("global-limits"), made, config=config) as started:
        limits.descriptors = configured(started)
        yield started


def configured(scene: Scene) -> dict[str, tuple[Descriptor, ...]]:
    """What the sidecar tells the service over xDS: it names its fleet as its node's ID, and asks for everything."""
    channel = grpc.insecure_channel(f"unix:{scene.fleet._directory / 'xds.sock'}")
    stream = channel.stream_stream(
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
        DiscoveryRequest.SerializeToString,
        DiscoveryResponse.FromString,
    )
    done = threading.Event()

    def requests() -> Iterator[DiscoveryRequest]:
        yield DiscoveryRequest(node=Node(id=FLEET), type_url=RATE_LIMIT_CONFIG)
        done.wait(10)

    response = next(iter(stream(requests())))
    done.set()
    channel.close()
    return dict(decode_config(each.value) for each in response.resources)


def statuses(scene: Scene, case: str, count: int = 3, target: str = "/", **options: Any) -> list[int]:
    return [scene.get(target, host=host(case), **options).status for _ in range(count)]


JO: dict[str, Any] = {"headers": {"x-user": "jo"}}
MO: dict[str, Any] = {"headers": {"x-user": "mo"}}


@pytest.mark.parametrize(
    ("case", "meant", "others"),
    [
        ("everyone", {}, []),
        ("distinct", JO, []),
        ("distinct", MO, [{}]),
        ("header", JO, [MO, {}]),
        ("method", {"method": "POST"}, [{}]),
        ("source", {}, []),
        ("cost", {}, []),
    ],
)
def test_global_limits(scene: Scene, case: str, meant: Any, others: list[Any]) -> None:
    assert statuses(scene, case, **meant) == [200, 200, 429]
    for other in others:
        assert statuses(scene, case, **other) == [200, 200, 200]


def test_limits_that_are_not_enforced(scene: Scene) -> None:
    assert statuses(scene, "shadow") == [200, 200, 200]


def test_several_limits(scene: Scene) -> None:
    assert statuses(scene, "two", **JO) == [200, 429, 429]


def test_costs_of_answers(scene: Scene) -> None:
    assert statuses(scene, "answer", 2) == [200, 429]


def test_limits_that_routes_share(scene: Scene) -> None:
    """Three requests for all together, two for each rule; the service is asked once for a request."""
    assert statuses(scene, "first", 2, "/own") == [200, 200]
    assert statuses(scene, "second", 2) == [200, 429]
    assert statuses(scene, "first", 1, "/a") == [429]


def test_the_service_is_asked_once(scene: Scene, limits: Limits) -> None:
    domain = "shop/own-limit"  # of others it may still be told what their answers cost
    asked = limits.asked.count(domain)
    assert scene.get(host=host("own-limit")).status == 200
    assert limits.asked.count(domain) == asked + 1


def test_the_configuration_as_files(scene: Scene) -> None:
    printed = succeed("ratelimit-config", "--store", scene.fleet.store, "--fleet", "shop/*").stdout
    files = list(yaml.safe_load_all(printed))
    assert files == [as_yaml(domain, descriptors) for domain, descriptors in sorted(configured(scene).items())]
    (everyone,) = (file for file in files if file["domain"] == "shop/everyone")
    name = "httproute/shop/everyone/rule/0"
    limit = {"unit": "hour", "requests_per_unit": 2}
    below = {"key": "rule-0-match--1", "value": "rule-0-match--1", "rate_limit": limit}
    assert everyone["descriptors"] == [{"key": name, "value": name, "descriptors": [below]}]
    assert succeed("ratelimit-config", "--store", scene.fleet.store, "--fleet", "other/*").stdout.strip() == ""
