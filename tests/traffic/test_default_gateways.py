"""Routes that name no Gateway and ask for the default one."""

from __future__ import annotations

from pathlib import Path

from tests.support.manifests import route
from tests.traffic.scene import backend_of, rule, running


def test_a_default_gateway_serves_the_routes_that_ask_for_it(tmp_path: Path) -> None:
    asks = route("asks", rule("web"), hostnames=("asks.test",), parentRefs=[], useDefaultGateways="All")
    does_not = route("does-not", rule("web"), hostnames=("does-not.test",), parentRefs=[])
    with running(tmp_path, [asks, does_not], spec={"defaultScope": "All"}) as scene:
        assert backend_of(scene.get(host="asks.test")) == "web"
        assert scene.get(host="does-not.test").status == 404
