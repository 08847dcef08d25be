"""Constructors of the messages of `client_settings` and its neighbours, as those of `messages`: few runs need them."""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.postpone import postponed_dataclasses
from reconciler.snapshot.protos import core, hcm, listener, mutation_rules, types

with postponed_dataclasses():
    from envoy_data_plane.envoy.extensions.filters.http.header_mutation import v3 as header_mutation
    from envoy_data_plane.envoy.extensions.filters.http.health_check import v3 as health_check
    from envoy_data_plane.envoy.extensions.filters.listener.proxy_protocol import v3 as proxy_protocol
    from envoy_data_plane.envoy.extensions.filters.network.connection_limit import v3 as connection_limit
    from envoy_data_plane.envoy.extensions.http.early_header_mutation.header_mutation import v3 as early_headers
    from envoy_data_plane.envoy.extensions.http.header_formatters.preserve_case import v3 as preserve_case
    from envoy_data_plane.envoy.extensions.http.original_ip_detection.custom_header import v3 as custom_header
    from envoy_data_plane.envoy.extensions.http.original_ip_detection.xff import v3 as xff
    from envoy_data_plane.envoy.extensions.transport_sockets.quic import v3 as quic

CidrRange = unvalidated(core.CidrRange)
ConnectionLimit = unvalidated(connection_limit.ConnectionLimit)
CustomHeaderConfig = unvalidated(custom_header.CustomHeaderConfig)
EarlyHeaderMutation = unvalidated(early_headers.HeaderMutation)
HeaderMutation = unvalidated(header_mutation.HeaderMutation)
HealthCheck = unvalidated(health_check.HealthCheck)
Http3ProtocolOptions = unvalidated(core.Http3ProtocolOptions)
HttpStatus = unvalidated(types.HttpStatus)
KeepaliveSettings = unvalidated(core.KeepaliveSettings)
KeyFormat = unvalidated(core.Http1ProtocolOptionsHeaderKeyFormat)
Mutation = unvalidated(mutation_rules.HeaderMutation)
Mutations = unvalidated(header_mutation.Mutations)
Percent = unvalidated(types.Percent)
PreserveCase = unvalidated(preserve_case.PreserveCaseFormatterConfig)
ProxyProtocol = unvalidated(proxy_protocol.ProxyProtocol)
QuicDownstreamTransport = unvalidated(quic.QuicDownstreamTransport)
QuicOptions = unvalidated(listener.QuicProtocolOptions)
RemoveOnMatch = unvalidated(mutation_rules.HeaderMutationRemoveOnMatch)
SchemeHeaderTransformation = unvalidated(core.SchemeHeaderTransformation)
SetCurrentClientCertDetails = unvalidated(hcm.HttpConnectionManagerSetCurrentClientCertDetails)
SocketOption = unvalidated(core.SocketOption)
UdpListenerConfig = unvalidated(listener.UdpListenerConfig)
UdpSocketConfig = unvalidated(core.UdpSocketConfig)
XffConfig = unvalidated(xff.XffConfig)
XffTrustedCidrs = unvalidated(xff.XffTrustedCidrs)
