"""EnvoyExtensionPolicy: scripts, processors and modules that see and change requests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from envoy.service.ext_proc.v3 import external_processor_pb2 as processing

from tests.support.grpc_backend import GrpcBackend
from tests.support.manifests import route, service
from tests.support.wait import eventually
from tests.support.webassembly import module
from tests.traffic.policies.objects import config_map, host, of_route
from tests.traffic.scene import Object, Scene, rule, running

SCRIPT = """
function envoy_on_request(handle)
  handle:headers():add("x-script", "a")
  local context = handle:filterContext()
  handle:headers():add("x-tier", context:get("tier"))
end
"""
SECOND = 'function envoy_on_request(handle)\n  handle:headers():add("x-script", "b")\nend\n'


@dataclass
class Processor:
    """Adds what it was asked to requests and answers; `asked` has all messages."""

    asked: list[Any] = field(default_factory=list)

    def process(self, messages: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        for message in messages:
            request = processing.ProcessingRequest.FromString(message)
            self.asked.append(request)
            yield self.answer(request).SerializeToString()

    def answer(self, request: Any) -> Any:
        kind = request.WhichOneof("request")
        if kind in {"request_headers", "response_headers"}:
            added = {"header": {"key": f"x-{kind.replace('_', '-')}", "raw_value": b"seen"}}
            return processing.ProcessingResponse(**{kind: {"response": {"header_mutation": {"set_headers": [added]}}}})
        if kind == "request_body":
            return processing.ProcessingResponse(
                request_body={"response": {"body_mutation": {"body": request.request_body.body.upper()}}}
            )
        return processing.ProcessingResponse(**{kind: {}})


@pytest.fixture(scope="module")
def processor() -> Processor:
    return Processor()


def policy(name: str, **spec: Any) -> list[Object]:
    return [of_route("EnvoyExtensionPolicy", name, **spec), route(name, rule("web"), hostnames=(host(name),))]


def ext_proc(name: str, backend: str = "processor", **fields: Any) -> list[Object]:
    return policy(name, extProc=[{"backendRefs": [{"name": backend, "port": 80}], **fields}])


def wasm(name: str, port: int, sha256: str = hashlib.sha256(module()).hexdigest(), **fields: Any) -> list[Object]:
    source = {"url": f"http://127.0.0.1:{port}/filter.wasm", **({"sha256": sha256} if sha256 else {})}
    return policy(name, wasm=[{"code": {"type": "HTTP", "http": source}, **fields}])


def objects(port: int) -> list[Object]:
    both = {"request": {"body": "Buffered", "attributes": ["request.path"]}, "response": {}}
    script = {"group": "", "kind": "ConfigMap", "name": "script"}
    from_config = {"type": "ValueRef", "valueRef": script}
    return [
        *policy(
            "lua",
            lua=[{"type": "Inline", "inline": SCRIPT, "filterContext": {"tier": "gold", "n": [1, None]}}, from_config],
        ),
        config_map("script", lua=SECOND),
        *policy("lua-gone", lua=[{**from_config, "valueRef": {**script, "name": "gone"}}]),
        *ext_proc("proc", processingMode=both),
        *ext_proc("proc-request", processingMode={"request": {}}),
        *ext_proc("proc-nothing"),
        *ext_proc("proc-shadow", shadowMode=True, processingMode={"request": {}}),
        *ext_proc("proc-down", "down", processingMode={"request": {}}, statusOnError=503),
        *ext_proc("proc-open", "down", processingMode={"request": {}}, failOpen=True),
        *ext_proc("proc-gone", "missing", processingMode={"request": {}}),
        *ext_proc("proc-gone-open", "missing", processingMode={"request": {}}, failOpen=True),
        *wasm("wasm", port, config={"a": 1}),
        *wasm("wasm-other", port, sha256="0" * 64),
        *wasm("wasm-open", port, sha256="1" * 64, failOpen=True),
        *wasm("wasm-unpinned", port, sha256=""),
        *policy("module", dynamicModule=[{"name": "own"}]),
    ]


@pytest.fixture(scope="module")
def modules() -> Iterator[int]:
    """The port of a server with the module."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = module()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in the base class
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, processor: Processor, modules: int) -> Iterator[Scene]:
    method = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
    with GrpcBackend("processor", {method: processor.process}) as server:
        services = [*service("processor", server.port), *service("down", 1)]
        directory = tmp_path_factory.mktemp("extensions")
        with running(directory, [*objects(modules), *services], config="allowLua: true\n") as found:
            yield found


def test_scripts_run_in_order(scene: Scene) -> None:
    told = scene.get(host=host("lua")).json["headers"]
    assert (told["x-script"], told["x-tier"]) == ("a,b", "gold")


def test_a_processor_sees_and_changes_requests_and_answers(scene: Scene, processor: Processor) -> None:
    processor.asked.clear()
    answer = scene.get("/a", host=host("proc"), method="POST", body=b"body")
    assert answer.json["headers"]["x-request-headers"] == "seen"
    assert (answer.json["body"], answer.headers["x-response-headers"]) == ("BODY", "seen")
    attributes = processor.asked[0].attributes["envoy.filters.http.ext_proc"]
    assert attributes["request.path"] == "/a"


def test_a_processor_is_sent_no_more_than_was_asked_for(scene: Scene, processor: Processor) -> None:
    processor.asked.clear()
    answer = scene.get(host=host("proc-request"), method="POST", body=b"body")
    assert (answer.json["body"], "x-response-headers" in answer.headers) == ("body", False)
    assert [each.WhichOneof("request") for each in processor.asked] == ["request_headers"]
    processor.asked.clear()
    assert scene.get(host=host("proc-nothing")).status == 200
    assert processor.asked == []


def test_nothing_waits_for_a_processor_in_the_shadow(scene: Scene, processor: Processor) -> None:
    processor.asked.clear()
    assert "x-request-headers" not in scene.get(host=host("proc-shadow")).json["headers"]
    eventually(lambda: len(processor.asked) == 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("proc-down", 503),
        ("proc-open", 200),
        ("proc-gone", 500),
        ("proc-gone-open", 200),
        ("lua-gone", 500),
        ("module", 500),
        ("wasm-other", 503),
        ("wasm-open", 200),
        ("wasm-unpinned", 500),
    ],
)
def test_an_extension_that_cannot_be_had(scene: Scene, name: str, expected: int) -> None:
    eventually(lambda: scene.get(host=host(name)).status == expected)


def test_a_module_is_fetched(scene: Scene) -> None:
    eventually(lambda: scene.get(host=host("wasm")).status == 200)
    assert scene.get(host=host("wasm")).json["headers"]["x-wasm"] == '{"a":1}'


def test_scripts_are_not_allowed_by_default(scene: Scene) -> None:
    scene.fleet.publish("Forbid scripts", {"gitway.yaml": "addresses: [127.0.0.0/8]\n"})
    try:
        eventually(lambda: scene.get(host=host("lua")).status == 500)
    finally:
        scene.fleet.publish("Allow scripts", {"gitway.yaml": "addresses: [127.0.0.0/8]\nallowLua: true\n"})
    eventually(lambda: scene.get(host=host("lua")).status == 200)
