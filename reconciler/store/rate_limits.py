"""What the rate limit service has to know for the release that is current."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.snapshot.model import RATE_LIMIT_CONFIG
from reconciler.store.store import Store

if TYPE_CHECKING:
    from reconciler.snapshot.rate_limit_config import Descriptor


def rate_limits(store: Store, globs: Sequence[str] = ()) -> dict[str, tuple[Descriptor, ...]]:
    """Domain → its descriptors, those of several fleets together.

    Args:
        store: where the release is.
        globs: only fleets that match one of these; none: all.
    """
    from reconciler.snapshot.rate_limit_config import decode_config, joined

    release = store.current()
    found: dict[str, tuple[Descriptor, ...]] = {}
    for name, fleet in sorted(release.fleets.items()) if release is not None else ():
        if globs and not any(fnmatchcase(name, glob) for glob in globs):
            continue
        for types in store.snapshot(fleet.snapshot).types:
            for resource in types.resources if types.type_url == RATE_LIMIT_CONFIG else ():
                domain, descriptors = decode_config(resource.value)
                found[domain] = joined((*found.get(domain, ()), *descriptors))
    return dict(sorted(found.items()))
