"""Repositories with one change, for tests of reviews."""

from __future__ import annotations

from typing import Any

from tests.support.gitway import gitway
from tests.support.manifests import CLASS, gateway, route, service
from tests.support.repository import GitRepository

SHOP = "shop.example.com"


def backend(name: str = "web", weight: int | None = None) -> dict[str, Any]:
    """A backendRef."""
    return {"name": name, "port": 80, **({"weight": weight} if weight is not None else {})}


def rule(path: str, *backends: dict[str, Any], kind: str = "PathPrefix", **more: Any) -> dict[str, Any]:
    """A rule with one path."""
    refs = {"backendRefs": list(backends)} if backends else {}
    return {"matches": [{"path": {"type": kind, "value": path}}], **refs, **more}


def redirect(**to: Any) -> dict[str, Any]:
    """What makes a rule redirect."""
    return {"filters": [{"type": "RequestRedirect", "requestRedirect": to}]}


def https(name: str = "https", port: int = 10443, certificate: str = "shop") -> dict[str, Any]:
    """A listener of HTTPS."""
    tls = {"certificateRefs": [{"name": certificate}]}
    return {"name": name, "protocol": "HTTPS", "port": port, "tls": tls}


def secret(name: str) -> dict[str, Any]:
    """A Secret that exists at the sidecar."""
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls"}


def files(*routes: dict[str, Any], listeners: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A repository with Services web, v1 and v2."""
    edge = gateway()
    if listeners is not None:
        edge["spec"]["listeners"] = listeners
    return {
        "gitway.yaml": "addresses: [127.0.0.0/8]\n",
        "gateway.yaml": [CLASS, edge],
        "services.yaml": [*service("web", 10081), *service("v1", 10082), *service("v2", 10083)],
        "secrets.yaml": [secret("shop"), secret("other")],
        "routes.yaml": list(routes) or [route("web", rule("/", backend()), hostnames=(SHOP,))],
    }


def plan(repo: GitRepository, before: dict[str, Any], after: dict[str, Any], *options: object) -> dict[str, Any]:
    """`plan -o json` of the change from one set of files to another."""
    repo.commit("Before", before)
    for name in before.keys() - after.keys():
        repo.remove(name)
    repo.commit("After", after)
    told: dict[str, Any] = gitway("plan", "--repo", repo.path, "--base", "HEAD~1", "-o", "json", *options).json
    return told
