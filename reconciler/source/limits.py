"""How much one file may hold. Manifests stay far below; what exceeds these limits is a mistake or an attack."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 32 * 1024 * 1024
"""Size of a file; etcd takes 1.5 MiB for an object, so this is room for thousands of them."""

MAX_DOCUMENTS: Final = 100_000
"""Documents of a file."""

MAX_DEPTH: Final = 100
"""Mappings and sequences within each other; the schemas of the largest CRDs need less than half of it."""

MAX_ALIASED: Final = 100_000
"""What the aliases of a file may add: nodes, each 64 characters of a scalar counting as one more."""
