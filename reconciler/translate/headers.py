"""`ir.HeaderMutation` → the header fields of a `Route` or of a weighted cluster."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypedDict

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core
from reconciler.translate import messages as m

Append = core.HeaderValueOptionHeaderAppendAction

WITHOUT_ARGUMENT = (
    "CONNECTION_ID",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_PORT",
    "DOWNSTREAM_PEER_CERT",
    "DOWNSTREAM_PEER_FINGERPRINT_256",
    "DOWNSTREAM_PEER_ISSUER",
    "DOWNSTREAM_PEER_SERIAL",
    "DOWNSTREAM_PEER_SUBJECT",
    "DOWNSTREAM_PEER_URI_SAN",
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_REMOTE_PORT",
    "DOWNSTREAM_TLS_CIPHER",
    "DOWNSTREAM_TLS_VERSION",
    "HOSTNAME",
    "PROTOCOL",
    "REQUESTED_SERVER_NAME",
    "RESPONSE_CODE",
    "RESPONSE_CODE_DETAILS",
    "RESPONSE_FLAGS",
    "ROUTE_NAME",
    "START_TIME",
    "STREAM_ID",
    "UPSTREAM_CLUSTER",
    "UPSTREAM_HOST",
    "UPSTREAM_REMOTE_ADDRESS",
)
"""Command operators of Envoy that keep their meaning in header values, as in Envoy Gateway, beside `REQ(…)`, `RESP(…)`.

All others are text: `ENVIRONMENT` would show the proxy's secrets to whoever may write a route.
"""

_OPERATOR = re.compile(
    rf"%%|%(?:{'|'.join(WITHOUT_ARGUMENT)})%|%(?:REQ|RESP)\([A-Za-z0-9:_-]+(?:\?[A-Za-z0-9:_-]+)?\)(?::[0-9]{{1,4}})?%|%"
)


class Headers(TypedDict):
    """Keyword arguments of `Route` and `WeightedCluster.ClusterWeight`."""

    request_headers_to_add: list[core.HeaderValueOption]
    request_headers_to_remove: list[str]
    response_headers_to_add: list[core.HeaderValueOption]
    response_headers_to_remove: list[str]


def headers(request: ir.HeaderMutation | None, response: ir.HeaderMutation | None) -> Headers:
    """Both directions. Envoy removes first: a header that one mutation both sets and removes is set."""
    return Headers(
        request_headers_to_add=_options(request),
        request_headers_to_remove=list(request.remove) if request else [],
        response_headers_to_add=_options(response),
        response_headers_to_remove=list(response.remove) if response else [],
    )


def with_cookie(made: Headers, cookie: str) -> Headers:
    """The same, with one more cookie set by responses."""
    option = _option(("set-cookie", cookie), Append.APPEND_IF_EXISTS_OR_ADD)
    return Headers(**{**made, "response_headers_to_add": [*made["response_headers_to_add"], option]})


def combined(first: ir.HeaderMutation, then: ir.HeaderMutation) -> ir.HeaderMutation:
    """One mutation that does what the two do one after the other."""
    overruled = {name.lower() for name, _ in then.set} | {name.lower() for name in then.remove}
    return ir.HeaderMutation(
        set=(*(pair for pair in first.set if pair[0].lower() not in overruled), *then.set),
        add=(*(pair for pair in first.add if pair[0].lower() not in overruled), *then.add),
        remove=(*first.remove, *then.remove),
    )


def value(text: str) -> str:
    """A header's value as Envoy's format string: a percent sign that begins no operator stands for itself.

    Envoy would refuse the whole route configuration for one value such as `100%`.
    """
    return _OPERATOR.sub(lambda found: found[0] if len(found[0]) > 1 else "%%", text) if "%" in text else text


def _options(mutation: ir.HeaderMutation | None) -> list[core.HeaderValueOption]:
    if mutation is None:
        return []
    return [
        *[_option(pair, Append.OVERWRITE_IF_EXISTS_OR_ADD) for pair in mutation.set],
        *[_option(pair, Append.APPEND_IF_EXISTS_OR_ADD) for pair in mutation.add],
    ]


@lru_cache(maxsize=4096)
def _option(pair: tuple[str, str], action: core.HeaderValueOptionHeaderAppendAction) -> core.HeaderValueOption:
    option = m.HeaderValueOption(
        header=m.HeaderValue(key=pair[0], value=value(pair[1])), append_action=action, keep_empty_value=True
    )
    return encoded(core.HeaderValueOption, encode(option))
