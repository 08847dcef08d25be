"""Route configurations, decoded as far as somebody looks: most virtual hosts are the same on both sides of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from reconciler.review.served.names import Owner, owner
from reconciler.snapshot.fields import length_delimited

_NAME, _VIRTUAL_HOSTS, _DOMAINS, _ROUTES = 1, 2, 2, 3
_MATCH: Final = 1
_ROUTE_NAME: Final = 14


class Route:
    """One encoded `Route`."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    @cached_property
    def message(self) -> Any:
        """The decoded `envoy.config.route.v3.Route`."""
        from envoy.config.route.v3 import route_components_pb2

        return route_components_pb2.Route.FromString(self.value)

    @cached_property
    def name(self) -> str:
        """Its name."""
        return next((value.decode() for number, value in length_delimited(self.value) if number == _ROUTE_NAME), "")

    @cached_property
    def match(self) -> bytes:
        """The encoded match."""
        return next((value for number, value in length_delimited(self.value) if number == _MATCH), b"")

    @cached_property
    def owner(self) -> Owner | None:
        """The rule and match that it is of."""
        return owner(self.name)

    @property
    def clusters(self) -> tuple[tuple[str, int], ...]:
        """What it forwards to, with weights; empty where it does not forward."""
        action = self.message.route
        chosen = action.WhichOneof("cluster_specifier")
        if chosen == "cluster":
            return ((action.cluster, 1),)
        return tuple((one.name, one.weight.value) for one in action.weighted_clusters.clusters)

    @property
    def filters(self) -> Mapping[str, bytes]:
        """Configuration of its filters, by name of the filter chain's entry."""
        return {name: config.value for name, config in self.message.typed_per_filter_config.items()}


class VirtualHost:
    """One encoded `VirtualHost`; gitway's have one domain each."""

    def __init__(self, value: bytes, domain: str) -> None:
        self.value, self.domain = value, domain

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """In the order in which they are tried."""
        return tuple(Route(value) for number, value in length_delimited(self.value) if number == _ROUTES)


class Table:
    """One encoded `RouteConfiguration`."""

    def __init__(self, name: str, value: bytes) -> None:
        self.name, self.value = name, value

    @cached_property
    def hosts(self) -> Mapping[str, VirtualHost]:
        """By domain."""
        hosts: dict[str, VirtualHost] = {}
        for number, value in length_delimited(self.value):
            if number == _VIRTUAL_HOSTS:
                domain = next(text.decode() for field, text in length_delimited(value) if field == _DOMAINS)
                hosts[domain] = VirtualHost(value, domain)
        return hosts
