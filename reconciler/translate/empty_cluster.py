"""Where traffic goes that no route wants: a cluster without endpoints, as in Envoy Gateway."""

from __future__ import annotations

from functools import cache
from typing import Final

from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import cluster
from reconciler.translate import messages as m
from reconciler.translate.clusters import CONNECT_TIMEOUT

EMPTY_CLUSTER: Final = "EmptyCluster"

NOWHERE: Final = ((EMPTY_CLUSTER, 1),)
"""All of the traffic, to that cluster."""


@cache
def empty_cluster() -> bytes:
    """The encoded cluster: connections to it are closed, datagrams dropped."""
    return encode(
        m.Cluster(name=EMPTY_CLUSTER, type=cluster.ClusterDiscoveryType.STATIC, connect_timeout=CONNECT_TIMEOUT)
    )
