"""`ir.traffic.Traffic` → the fields of a `Route` that are no filter's; imported where there is any."""

from __future__ import annotations

from functools import lru_cache

from reconciler import ir
from reconciler.ir.traffic import Tag, Tracing, Traffic
from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import route, types
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.headers import value as escaped
from reconciler.translate.traffic_protos import tracing as protos

_KINDS = {"httproute": "HTTPRoute", "grpcroute": "GRPCRoute"}

LOAD_REPORTS = ("endpoint-load-metrics", "endpoint-load-metrics-bin")
MILLION = types.FractionalPercentDenominatorType.MILLION


def route_fields(name: str, rule: ir.Rule, traffic: Traffic) -> bytes:
    """The encoded fields of the routes of a rule; `name` is that of the rule's resources."""
    return _fields(traffic) + (_stat_prefix(traffic.stat_name, name, rule.name) if traffic.stat_name else b"")


@lru_cache(maxsize=256)
def _fields(traffic: Traffic) -> bytes:
    return encode(
        m.Route(
            # A backend that compresses by itself would leave nothing to do.
            request_headers_to_remove=["accept-encoding"] if traffic.compressors else [],
            response_headers_to_remove=list(LOAD_REPORTS) if traffic.hides_load else [],
            tracing=_tracing(traffic.tracing) if traffic.tracing is not None else None,
        )
    )


def _stat_prefix(pattern: str, name: str, rule: str) -> bytes:
    """The name with its operators filled in; dots in it would be levels."""
    kind, namespace, route_name, _, number = name.split("/", 4)
    values = {
        "%ROUTE_NAMESPACE%": namespace,
        "%ROUTE_KIND%": _KINDS[kind],
        "%ROUTE_RULE_NAME%": rule,
        "%ROUTE_RULE_NUMBER%": number,
        "%ROUTE_NAME%": route_name,
    }
    for operator, value in values.items():
        pattern = pattern.replace(operator, value)
    return encode(m.Route(stat_prefix=pattern.replace(".", "_")))


def _tracing(tracing: Tracing) -> route.Tracing:
    return t.Tracing(
        client_sampling=_share(tracing.client_ppm),
        random_sampling=_share(tracing.random_ppm),
        overall_sampling=_share(tracing.overall_ppm),
        custom_tags=[_tag(tag) for tag in tracing.tags],
        operation=tracing.server_span,
        upstream_operation=tracing.client_span,
    )


def _share(millionths: int | None) -> types.FractionalPercent | None:
    return None if millionths is None else m.FractionalPercent(numerator=millionths, denominator=MILLION)


def _tag(tag: Tag) -> protos.CustomTag:
    match tag.source:
        case "literal":
            return t.CustomTag(tag=tag.name, literal=t.LiteralTag(value=tag.value))
        case "environment":
            found = t.EnvironmentTag(name=tag.value, default_value=tag.otherwise)
            return t.CustomTag(tag=tag.name, environment=found)
        case "header":
            return t.CustomTag(tag=tag.name, request_header=t.HeaderTag(name=tag.value, default_value=tag.otherwise))
    return t.CustomTag(tag=tag.name, value=escaped(tag.value))
