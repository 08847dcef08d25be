"""What a fleet's settings change of the filters of its chains."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import ir
from reconciler.ir.proxy import Proxy
from reconciler.translate import access_logs
from reconciler.translate.filters import grpc_stats, router
from reconciler.translate.filters.base import ChainEntry
from reconciler.translate.filters.order import moved, position


def of_fleet(chain: ir.HTTPChain, entries: Mapping[str, bytes], proxy: Proxy) -> list[bytes]:
    """The encoded filters of a chain, in the fleet's order."""
    changed = {**entries, **dict(_changes(chain, proxy))}
    if proxy.grpc_stats is False:
        changed.pop(grpc_stats.NAME, None)
    names = sorted((name for name, entry in changed.items() if entry), key=position)
    for move in proxy.filter_order:
        names = moved(names, move.name, move.anchor, after=move.after)
    return [changed[name] for name in names]


def _changes(chain: ir.HTTPChain, proxy: Proxy) -> list[ChainEntry]:
    changes: list[ChainEntry] = []
    if proxy.grpc_stats:
        changes.append(grpc_stats.entry())
    if proxy.access_logs:
        changes.append(router.entry(chain, access_logs.of_upstream(proxy.access_logs)))
    return changes
