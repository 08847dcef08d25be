"""The admin page: what it says, to whom, and what it never says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from reconciler.sidecar.admin import state
from reconciler.sidecar.admin.decode import decode
from reconciler.sidecar.admin.page import age, page
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Roster
from reconciler.sidecar.protocol import frame
from reconciler.snapshot.model import Resource
from tests.sidecar.envoys import listener, resources, route
from tests.sidecar.releases import CDS, FLEET, LDS, SDS, reference
from tests.sidecar.running import Call, Publisher, Sidecar
from tests.support.wait import eventually

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\"'"
JSON = {"accept": "application/json"}
BROWSER = {"accept": "text/html,*/*;q=0.8"}
ONE = {FLEET: {CDS: {"x": b"\x0a\x01x"}}}
TWO = {FLEET: {CDS: {"x": b"\x0a\x01x", "y": b"\x0a\x01y"}}}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher((tmp_path / "store").as_uri())


@pytest.fixture
def sidecar(tmp_path: Path, publisher: Publisher) -> Iterator[Sidecar]:
    """A sidecar with two fleets, one of which waits for a secret."""
    publisher.publish({**ONE, "shop/edge": {LDS: {"web": reference("ns/cert").encode()}}})
    with Sidecar(tmp_path, publisher.url) as running:
        running.wait_serial(1)
        yield running


class Text(HTMLParser):
    """The text of a page and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/snapshot", "/nodes", "/"])
def test_every_path_speaks_json(sidecar: Sidecar, path: str) -> None:
    for answer in (sidecar.admin(path, headers=JSON), sidecar.admin(f"{path}?format=json")):
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json, dict)


def test_a_snapshot_names_everything_by_version(sidecar: Sidecar) -> None:
    everything = sidecar.admin("/snapshot").json
    assert everything["release"]["commit"]["author"] == "A <a@example.org>"
    assert sorted(everything["fleets"]) == [FLEET, "shop/edge"]
    one = sidecar.admin(f"/snapshot?fleet={FLEET}").json
    assert list(one["fleets"]) == [FLEET]
    assert list(one["fleets"][FLEET]["types"][CDS]["resources"]) == ["x"]
    assert sidecar.admin("/snapshot?fleet=no/such").status == 404


def test_nodes_have_their_versions_and_their_lag(sidecar: Sidecar, publisher: Publisher) -> None:
    with Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        first = call.next()
        call.ask(CDS, response_nonce=first.nonce)
        eventually(lambda: sidecar.admin("/nodes").json["nodes"][0]["serial"] == 1)
        publisher.publish(TWO)
        second = call.next()
        [node] = sidecar.admin("/nodes").json["nodes"]
        assert (node["node"], node["fleet"], node["protocol"], node["lag"]) == ("test", FLEET, "delta", 1)
        assert node["types"][CDS] == {"sent": second.system_version_info, "acknowledged": first.system_version_info}
        call.ask(CDS, response_nonce=second.nonce, error_detail={"message": HOSTILE})
        eventually(lambda: sidecar.admin("/nodes").json["nodes"][0]["refused"])
        assert sidecar.admin("/nodes").json["nodes"][0]["refused"]["message"] == HOSTILE
        metrics = sidecar.admin("/metrics").body.decode()
        assert f'gitway_fleet_envoys_refusing{{fleet="{FLEET}"}} 1.0' in metrics
        shown = sidecar.admin("/", headers=BROWSER)
        assert "script" not in Text(shown.body.decode()).tags
        assert HOSTILE in Text(shown.body.decode()).text
    eventually(lambda: sidecar.admin("/nodes").json["nodes"] == [])


def test_a_missing_secret_is_told_everywhere(sidecar: Sidecar) -> None:
    eventually(lambda: "waits for secret ns/cert" in sidecar.output())
    told = [json.loads(line) for line in sidecar.output().splitlines() if "waits for secret" in line]
    assert told[0]["secret"] == "ns/cert"
    assert (told[0]["level"], told[0]["needed_by"]) == ("ERROR", ["web"])
    assert 'gitway_fleet_secrets_missing{fleet="shop/edge"} 1.0' in sidecar.admin("/metrics").body.decode()
    assert "ns/cert" in Text(sidecar.admin("/", headers=BROWSER).body.decode()).text


@pytest.mark.parametrize("host", ["example.com", "example.com:80", "", "10.0.0.1", "localhost.example.com", "[::2]"])
def test_a_name_that_somebody_points_here_is_refused(tmp_path: Path, host: str) -> None:
    """A web page elsewhere would otherwise read this one by rebinding its own name."""
    from tests.support.client import fetch

    with Sidecar(tmp_path, (tmp_path / "store").as_uri()) as sidecar:
        assert fetch(sidecar.admin_port, "/", host=host).status == 403
        for ours in ("127.0.0.1", "localhost:1", "[::1]:80", "127.0.0.1:9"):
            assert fetch(sidecar.admin_port, "/healthz", host=ours).status == 200


def test_pages_may_load_nothing(sidecar: Sidecar) -> None:
    answer = sidecar.admin("/", headers=BROWSER)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert re.findall(r"(?:src|href)=\"(?!/)[^\"]*\"|url\(|@import", answer.body.decode()) == []
    assert not {"script", "img", "link", "iframe"} & Text(answer.body.decode()).tags


def test_the_page_before_any_release(tmp_path: Path) -> None:
    with Sidecar(tmp_path, (tmp_path / "store").as_uri()) as sidecar:
        shown = Text(sidecar.admin("/", headers=BROWSER).body.decode()).text
        assert "No release has been loaded yet" in shown
        assert "not ready" in shown


def test_everything_in_the_overview_is_escaped() -> None:
    """Any text of it, wherever it came from."""
    overview = state.overview(Board(HOSTILE), Metrics(), Roster())
    overview["fleets"][HOSTILE] = {
        "serial": 1,
        "snapshot": HOSTILE,
        "types": {HOSTILE: {"version": HOSTILE, "count": 1}},
        "streams": 1,
        "quarantined": True,
        "fallback": None,
        "acknowledged": None,
        "refused": [{"type": HOSTILE, "version": HOSTILE, "node": HOSTILE, "message": HOSTILE}],
        "secrets": [{"name": HOSTILE, "needed_by": [HOSTILE], "problem": HOSTILE}],
    }
    commit = {"sha": HOSTILE, "author": HOSTILE, "time": HOSTILE, "subject": HOSTILE}
    overview["release"] = {
        "serial": 1, "digest": HOSTILE, "commit": commit, "repository": HOSTILE, "loaded": overview["time"],
    }  # fmt: skip
    overview["unknown"], overview["secrets"] = [HOSTILE], {HOSTILE: HOSTILE}
    assert not {"script", "img"} & Text(page(overview)).tags


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2026-01-01T00:00:00Z", "3 d"),
        ("2026-01-03T22:00:00+00:00", "2 h"),
        ("2026-01-04T00:00:00Z", "0 s"),
        ("2027-01-01T00:00:00Z", "0 s"),
        ("2026-01-03T23:58:30Z", "1 min"),
        ("last week", "last week"),
    ],
)
def test_ages(since: str, told: str) -> None:
    assert age(since, "2026-01-04T00:00:00Z") == told


def test_a_config_dump_shows_messages_and_no_secrets(tmp_path: Path, publisher: Publisher) -> None:
    secret = Secret(name="ns/key", generic_secret={"secret": {"inline_string": "canary"}}).SerializeToString()
    made = resources({"web": listener(1234, "table")}, {"table": route("blue")}, {"blue": 1})
    publisher.publish({FLEET: {**made, SDS: {"ns/key": secret}}})
    with Sidecar(tmp_path, publisher.url) as sidecar:
        sidecar.wait_serial(1)
        assert sidecar.admin("/config_dump").status == 400
        assert sidecar.admin("/config_dump?fleet=no/such").status == 404
        answer = sidecar.admin(f"/config_dump?fleet={FLEET}")
        assert list(answer.json["secrets"]) == ["ns/key"]
        [chain] = answer.json["resources"][LDS]["web"]["filter_chains"]
        assert chain["filters"][0]["typed_config"]["rds"]["route_config_name"] == "table"
        assert "canary" not in answer.body.decode()


def test_what_is_sensitive_is_redacted_wherever_it_is() -> None:
    from envoy.config.listener.v3.listener_pb2 import Listener
    from envoy.extensions.filters.http.basic_auth.v3.basic_auth_pb2 import BasicAuth
    from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
    from google.protobuf.any_pb2 import Any

    certificate = {"private_key": {"inline_string": "canary"}, "certificate_chain": {"inline_string": "public"}}
    tls, users = Any(), Any()
    tls.Pack(DownstreamTlsContext(common_tls_context={"tls_certificates": [certificate]}))
    users.Pack(BasicAuth(users={"inline_bytes": b"canary"}))
    chain = {"transport_socket": {"typed_config": tls}, "filters": [{"name": "users", "typed_config": users}]}
    value = Listener(name="web", filter_chains=[chain]).SerializeToString()
    line = f"{LDS} {frame(LDS, Resource('web', '1', value)).frame.hex()}\n".encode()
    shown = json.dumps(decode(iter([line])))
    assert "canary" not in shown
    assert "Y2FuYXJ5" not in shown  # in base64
    assert "public" in shown


def test_a_message_of_another_version_is_named() -> None:
    line = (
        f"type.googleapis.com/no.Such {frame('type.googleapis.com/no.Such', Resource('a', '1', b'xy')).frame.hex()}\n"
    )
    assert decode(iter([line.encode()])) == {
        "type.googleapis.com/no.Such": {"a": {"@type": "type.googleapis.com/no.Such", "size": 2}}
    }


def test_pages_and_metrics_are_loaded_when_asked_for() -> None:
    program = (
        "import sys, reconciler.sidecar.serve\n"
        "print([name for name in ('jinja2', 'prometheus_client', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
