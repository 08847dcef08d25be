"""TLSRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from reconciler.manifests.base import Status
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import L4Rules, Route, RouteSpec, SingleL4Rule
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import Hostname, is_ip


def _hostnames_are_no_addresses(hostnames: list[str]) -> list[str]:
    # That they are valid as of RFC 1123, with a wildcard as the first label only, is in the pattern of each.
    check(Violation("must not be an IP address", (index,)) for index, name in enumerate(hostnames) if is_ip(name))
    return hostnames


class TLSRouteSpec(RouteSpec):
    """Where the route attaches, which server names it is for, and where their connections go."""

    hostnames: Annotated[
        list[Hostname], Field(min_length=1, max_length=1024), AfterValidator(_hostnames_are_no_addresses)
    ]
    rules: SingleL4Rule


class TLSRoute(Route):
    """Routes of TLS connections, by their server name (SNI)."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "TLSRoute"

    spec: TLSRouteSpec
    status: Status = None


class TLSRouteV1Alpha2Spec(TLSRouteSpec):
    """The spec in v1alpha2, where there may be several rules, and no hostnames."""

    hostnames: Annotated[list[Hostname], Field(max_length=1024)] = Field(default_factory=list)
    rules: L4Rules


class TLSRouteV1Alpha2(TLSRoute):
    """A TLSRoute of version v1alpha2."""

    spec: TLSRouteV1Alpha2Spec
