"""`ir.traffic.Streams` → the parts of a `RouteAction`; imported where there are any."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from reconciler.ir.clusters import HashSource
from reconciler.ir.traffic import CONNECT, Upgrade
from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import route
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t


def hash_policies(sources: tuple[HashSource, ...]) -> list[route.RouteActionHashPolicy]:
    """What decides on the endpoint of a request."""
    return [_hash_policy(source) for source in sources]


def _hash_policy(source: HashSource) -> route.RouteActionHashPolicy:
    match source.kind:
        case "header":
            return t.HashPolicy(header=t.HashHeader(header_name=source.name))
        case "cookie":
            lifetime = source.lifetime_ms
            attributes = [t.HashCookieAttribute(name=name, value=value) for name, value in source.attributes]
            ttl = None if lifetime is None else timedelta(milliseconds=lifetime)
            return t.HashPolicy(cookie=t.HashCookie(name=source.name, ttl=ttl, attributes=attributes))
        case "query":
            return t.HashPolicy(query_parameter=t.HashQueryParameter(name=source.name))
    return t.HashPolicy(connection_properties=t.HashConnection(source_ip=True))


@lru_cache(maxsize=256)
def upgrades(asked: tuple[Upgrade, ...]) -> bytes:
    """Protocols that clients may change to, encoded; none at all where there are none."""
    configs = [
        m.UpgradeConfig(
            upgrade_type=one.protocol,
            connect_config=t.ConnectConfig() if one.terminated and one.protocol == CONNECT else None,
        )
        for one in asked
    ]
    return encode(m.RouteAction(upgrade_configs=configs))
