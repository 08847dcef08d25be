"""Where Envoy gets other resources from: the aggregated stream (ADS) that brought the one that names them."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core, tls
from reconciler.translate import messages as m


@cache
def ads() -> core.ConfigSource:
    """For routes and endpoints: part of the same snapshot, so that Envoy waits for them as long as it takes."""
    return _frozen(timedelta(0))


@cache
def ads_secrets() -> core.ConfigSource:
    """For secrets, which the sidecar may lack: after Envoy's default of 15 s the listener starts without.

    Envoy Gateway, which always has them, waits without limit. Here one certificate that is missing would then keep a
    starting Envoy from opening any of its listeners.
    """
    return _frozen(None)


@lru_cache(maxsize=1024)
def secret_config(name: str) -> tls.SdsSecretConfig:
    """A secret by its name."""
    return encoded(tls.SdsSecretConfig, encode(m.SdsSecretConfig(name=name, sds_config=ads_secrets())))


def _frozen(initial_fetch_timeout: timedelta | None) -> core.ConfigSource:
    source = m.ConfigSource(
        ads=m.AggregatedConfigSource(),
        initial_fetch_timeout=initial_fetch_timeout,
        resource_api_version=core.ApiVersion.V3,
    )
    return encoded(core.ConfigSource, encode(source))
