"""`ir.UDPListener` → `Listener` with a UDP proxy.

The proxy knows no weighted clusters. Where one cluster is not enough, what matches is a share of the source ports: all
datagrams of a session have the same one, and clients take theirs at random.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import accesslog, core, xds_matcher
from reconciler.translate import messages as m
from reconciler.translate.l4_routes import Shares
from reconciler.translate.matches import MILLION, fraction

STAT_PREFIX = "service"


def udp_listener_resource(socket: ir.UDPListener, shares: Shares, logs: Sequence[accesslog.AccessLog] = ()) -> bytes:
    """The encoded listener that forwards to clusters by their weights; `logs` are of sessions."""
    main, *others = socket.addresses
    proxy = m.UdpProxyConfig(stat_prefix=STAT_PREFIX, matcher=_matcher(shares), access_log=list(logs))
    return encode(
        m.Listener(
            name=socket.name,
            address=datagram_address(main, socket.port),
            additional_addresses=[
                m.AdditionalAddress(address=datagram_address(other, socket.port)) for other in others
            ],
            listener_filters=[
                m.ListenerFilter(name="envoy.filters.udp_listener.udp_proxy", typed_config=to_any(proxy))
            ],
        )
    )


def datagram_address(host: str, port: int) -> core.Address:
    """An IP address with a port of UDP."""
    protocol = core.SocketAddressProtocol.UDP
    return m.Address(socket_address=m.SocketAddress(protocol=protocol, address=host, port_value=port))


def _matcher(shares: Shares) -> xds_matcher.Matcher:
    *first, (rest, _) = shares
    if not first:
        return m.Matcher(on_no_match=_forward(rest))
    total = sum(weight for _, weight in shares)
    passed = 0
    matchers: list[xds_matcher.MatcherMatcherListFieldMatcher] = []
    for cluster, weight in first:
        passed += weight
        matchers.append(m.FieldMatcher(predicate=_below(round(passed * MILLION / total)), on_match=_forward(cluster)))
    return m.Matcher(matcher_list=m.MatcherList(matchers=matchers), on_no_match=_forward(rest))


def _below(millionths: int) -> xds_matcher.MatcherMatcherListPredicate:
    """Source ports whose hash is below a bound. It is the same for all bounds: growing ones split what comes."""
    share = m.RuntimeFraction(runtime_fraction=fraction(millionths, MILLION))
    return m.Predicate(
        single_predicate=m.SinglePredicate(
            input=m.XdsExtensionConfig(
                name="envoy.matching.inputs.source_port", typed_config=to_any(m.SourcePortInput())
            ),
            custom_match=m.XdsExtensionConfig(
                name="envoy.matching.matchers.runtime_fraction", typed_config=to_any(share)
            ),
        )
    )


def _forward(cluster: str) -> xds_matcher.MatcherOnMatch:
    action = m.XdsExtensionConfig(name="route", typed_config=to_any(m.UdpRoute(cluster=cluster)))
    return m.OnMatch(action=action)
