"""ReferenceGrants."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resolve.scene import Object, forward, gateway, obj, resolve, route, service


def grant(source: Object | None = None, target: Object | None = None, namespace: str = "backends") -> Object:
    return obj(
        "ReferenceGrant",
        "grant",
        {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "app"} | (source or {})],
            "to": [{"group": "", "kind": "Service", "name": "web"} | (target or {})],
        },
        metadata={"namespace": namespace},
    )


WEB = {**service(), "metadata": {"name": "web", "namespace": "backends"}}
ACROSS = route({"backendRefs": [forward(namespace="backends")]})


@pytest.mark.parametrize(
    ("allowed", "source", "target", "namespace"),
    [
        pytest.param(True, {}, {}, "backends", id="granted"),
        pytest.param(False, {"kind": "GRPCRoute"}, {}, "backends", id="from another kind"),
        pytest.param(False, {"group": "example.com"}, {}, "backends", id="from another group"),
        pytest.param(False, {"namespace": "other"}, {}, "backends", id="from another namespace"),
        pytest.param(False, {}, {"kind": "Secret"}, "backends", id="to another kind"),
        pytest.param(False, {}, {"group": "example.com"}, "backends", id="to another group"),
        pytest.param(False, {}, {"name": "other"}, "backends", id="to another name"),
        pytest.param(False, {}, {}, "app", id="in another namespace"),
    ],
)
def test_backend_in_another_namespace(allowed: bool, source: Object, target: Object, namespace: str) -> None:
    scene = resolve(gateway(), WEB, ACROSS, grant(source, target, namespace))
    wanted = "True/ResolvedRefs" if allowed else "False/RefNotPermitted"
    assert scene.route_conditions()["ResolvedRefs"] == wanted


def test_a_grant_without_a_name_is_for_all() -> None:
    every: dict[str, Any] = grant()
    del every["spec"]["to"][0]["name"]
    assert resolve(gateway(), WEB, ACROSS, every).route_conditions()["ResolvedRefs"] == "True/ResolvedRefs"


def test_a_missing_grant_does_not_tell_whether_the_object_exists() -> None:
    scene = resolve(gateway(), ACROSS)
    assert scene.route_conditions()["ResolvedRefs"] == "False/RefNotPermitted"
    found = scene.only_diagnostic()
    assert found.code == "GW402"
    assert found.path == ("spec", "rules", 0, "backendRefs", 0, "namespace")
    assert "ReferenceGrant" in found.help
