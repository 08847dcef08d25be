"""`python -m reconciler.sidecar.admin.decode`: frames of resources (stdin, `TYPE_URL HEX` a line) to JSON (stdout)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse

from reconciler.snapshot.as_json import as_json


def decode(lines: Iterator[bytes]) -> dict[str, dict[str, Any]]:
    """Type URL → name → message, without what is secret in it."""
    decoded: dict[str, dict[str, Any]] = {}
    for line in lines:
        url, _, frame = line.partition(b" ")
        [resource] = DeltaDiscoveryResponse.FromString(bytes.fromhex(frame.decode())).resources
        packed = resource.resource
        decoded.setdefault(url.decode(), {})[resource.name] = as_json(packed.type_url, packed.value)
    return decoded


if __name__ == "__main__":
    json.dump(decode(iter(sys.stdin.buffer.readline, b"")), sys.stdout)
