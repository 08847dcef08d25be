"""Constructors of the Envoy messages that only BackendTrafficPolicies need, as in `messages`; imported where met."""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.protos import cluster, core, lb_common, matcher, route, types, xds_core, xds_matcher
from reconciler.translate.traffic_protos import (
    admission_control,
    bandwidth_limit,
    brotli,
    buffer,
    client_side,
    compressor,
    custom_response,
    fault,
    fault_common,
    file_sink,
    gzip,
    local_ratelimit,
    local_response,
    maglev,
    metadata,
    override_host,
    previous_priorities,
    proxy_protocol,
    random_choice,
    ratelimit,
    ratelimit_common,
    ratelimit_service,
    raw_buffer,
    redirect_response,
    round_robin,
    tracing,
    wrr_locality,
    zstd,
)

CommonHttpProtocolOptions = unvalidated(core.HttpProtocolOptions)
EventSink = unvalidated(file_sink.HealthCheckEventFileSink)
GrpcCheck = unvalidated(core.HealthCheckGrpcHealthCheck)
HealthCheck = unvalidated(core.HealthCheck)
HealthCheckPayload = unvalidated(core.HealthCheckPayload)
HttpCheck = unvalidated(core.HealthCheckHttpHealthCheck)
Int64Range = unvalidated(types.Int64Range)
Int32Range = unvalidated(types.Int32Range)
KeepaliveSettings = unvalidated(core.KeepaliveSettings)
OutlierDetection = unvalidated(cluster.OutlierDetection)
Percent = unvalidated(types.Percent)
PreconnectPolicy = unvalidated(cluster.ClusterPreconnectPolicy)
ProxyProtocolConfig = unvalidated(core.ProxyProtocolConfig)
ProxyProtocolTransport = unvalidated(proxy_protocol.ProxyProtocolUpstreamTransport)
RawBuffer = unvalidated(raw_buffer.RawBuffer)
RetryBudget = unvalidated(cluster.CircuitBreakersThresholdsRetryBudget)
RuntimeDouble = unvalidated(core.RuntimeDouble)
RuntimeFeatureFlag = unvalidated(core.RuntimeFeatureFlag)
RuntimePercent = unvalidated(core.RuntimePercent)
RuntimeUInt32 = unvalidated(core.RuntimeUInt32)
TcpCheck = unvalidated(core.HealthCheckTcpHealthCheck)
TcpKeepalive = unvalidated(core.TcpKeepalive)
UpstreamConnectionOptions = unvalidated(cluster.UpstreamConnectionOptions)

ClientSideWeighted = unvalidated(client_side.ClientSideWeightedRoundRobin)
ConsistentHashingLbConfig = unvalidated(lb_common.ConsistentHashingLbConfig)
ForceLocalZone = unvalidated(lb_common.LocalityLbConfigZoneAwareLbConfigForceLocalZone)
Maglev = unvalidated(maglev.Maglev)
OrcaOobReportingConfig = unvalidated(lb_common.OrcaOobReportingConfig)
OverrideHost = unvalidated(override_host.OverrideHost)
OverrideHostSource = unvalidated(override_host.OverrideHostOverrideHostSource)
RandomChoice = unvalidated(random_choice.Random)
RoundRobin = unvalidated(round_robin.RoundRobin)
SlowStartConfig = unvalidated(lb_common.SlowStartConfig)
WrrLocality = unvalidated(wrr_locality.WrrLocality)
ZoneAwareLbConfig = unvalidated(lb_common.LocalityLbConfigZoneAwareLbConfig)


AdmissionControl = unvalidated(admission_control.AdmissionControl)
GrpcCriteria = unvalidated(admission_control.AdmissionControlSuccessCriteriaGrpcCriteria)
HttpCriteria = unvalidated(admission_control.AdmissionControlSuccessCriteriaHttpCriteria)
SuccessCriteria = unvalidated(admission_control.AdmissionControlSuccessCriteria)

ConnectConfig = unvalidated(route.RouteActionUpgradeConfigConnectConfig)
ConnectMatcher = unvalidated(route.RouteMatchConnectMatcher)
HashConnection = unvalidated(route.RouteActionHashPolicyConnectionProperties)
HashCookie = unvalidated(route.RouteActionHashPolicyCookie)
HashCookieAttribute = unvalidated(route.RouteActionHashPolicyCookieAttribute)
HashHeader = unvalidated(route.RouteActionHashPolicyHeader)
HashPolicy = unvalidated(route.RouteActionHashPolicy)
HashQueryParameter = unvalidated(route.RouteActionHashPolicyQueryParameter)
PreviousPriorities = unvalidated(previous_priorities.PreviousPrioritiesConfig)
RetryPriority = unvalidated(route.RetryPolicyRetryPriority)

CustomTag = unvalidated(tracing.CustomTag)
EnvironmentTag = unvalidated(tracing.CustomTagEnvironment)
HeaderTag = unvalidated(tracing.CustomTagHeader)
LiteralTag = unvalidated(tracing.CustomTagLiteral)
Tracing = unvalidated(route.Tracing)

Bandwidth = unvalidated(bandwidth_limit.BandwidthLimit)
Brotli = unvalidated(brotli.Brotli)
Buffer = unvalidated(buffer.Buffer)
BufferPerRoute = unvalidated(buffer.BufferPerRoute)
Compressor = unvalidated(compressor.Compressor)
CompressorCommon = unvalidated(compressor.CompressorCommonDirectionConfig)
CompressorOverrides = unvalidated(compressor.CompressorOverrides)
CompressorPerRoute = unvalidated(compressor.CompressorPerRoute)
CompressorResponse = unvalidated(compressor.CompressorResponseDirectionConfig)
Gzip = unvalidated(gzip.Gzip)
ResponseDirectionOverrides = unvalidated(compressor.ResponseDirectionOverrides)
Zstd = unvalidated(zstd.Zstd)

Fault = unvalidated(fault.HttpFault)
FaultAbort = unvalidated(fault.FaultAbort)
FaultDelay = unvalidated(fault_common.FaultDelay)

CustomResponse = unvalidated(custom_response.CustomResponse)
LocalResponse = unvalidated(local_response.LocalResponsePolicy)
RedirectResponse = unvalidated(redirect_response.RedirectPolicy)
MatcherPredicates = unvalidated(xds_matcher.MatcherMatcherListPredicatePredicateList)
MatcherString = unvalidated(xds_matcher.StringMatcher)
MatcherRegex = unvalidated(xds_matcher.RegexMatcher)
MatcherRe2 = unvalidated(xds_matcher.RegexMatcherGoogleRe2)
ResponseHeaderInput = unvalidated(matcher.HttpResponseHeaderMatchInput)
ResponseLocalInput = unvalidated(matcher.HttpResponseLocalReplyMatchInput)
ResponseStatusInput = unvalidated(matcher.HttpResponseStatusCodeMatchInput)

LocalLimit = unvalidated(local_ratelimit.LocalRateLimit)
LocalLimitDescriptor = unvalidated(ratelimit_common.LocalRateLimitDescriptor)
LimitEntry = unvalidated(ratelimit_common.RateLimitDescriptorEntry)
TokenBucket = unvalidated(types.TokenBucket)

AddressMatcher = unvalidated(matcher.AddressMatcher)
CidrRange = unvalidated(xds_core.CidrRange)
GlobalLimit = unvalidated(ratelimit.RateLimit)
GlobalLimitPerRoute = unvalidated(ratelimit.RateLimitPerRoute)
RateLimit = unvalidated(route.RateLimit)
RateLimitAction = unvalidated(route.RateLimitAction)
RateLimitGenericKey = unvalidated(route.RateLimitActionGenericKey)
RateLimitHeader = unvalidated(route.RateLimitActionRequestHeaders)
RateLimitHeaderMatch = unvalidated(route.RateLimitActionHeaderValueMatch)
RateLimitHits = unvalidated(route.RateLimitHitsAddend)
RateLimitOverride = unvalidated(route.RateLimitOverride)
RateLimitOverrideMetadata = unvalidated(route.RateLimitOverrideDynamicMetadata)
RateLimitQuery = unvalidated(route.RateLimitActionQueryParameters)
RateLimitQueryMatch = unvalidated(route.RateLimitActionQueryParameterValueMatch)
RateLimitRemoteAddress = unvalidated(route.RateLimitActionRemoteAddress)
RateLimitRemoteMatch = unvalidated(route.RateLimitActionRemoteAddressMatch)
RateLimitService = unvalidated(ratelimit_service.RateLimitServiceConfig)
MetadataKey = unvalidated(metadata.MetadataKey)
MetadataKeySegment = unvalidated(metadata.MetadataKeyPathSegment)
