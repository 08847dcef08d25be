"""A fleet's resources in protobuf's JSON form, as Envoy's own `/config_dump` shows them, without what is secret.

The messages of all those resources take tens of megabytes to load: another process does it, and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from reconciler.sidecar.protocol import Fleet
from reconciler.snapshot.model import SECRET

LIMIT = 30.0
"""Seconds."""


class DumpError(Exception):
    """The resources could not be shown; the text says why."""


async def config_dump(fleet: Fleet) -> dict[str, Any]:
    """The newest release of a fleet, by type and name.

    Secrets are named only. Raises `DumpError`.
    """
    newest = fleet.newest
    if newest is None:
        raise DumpError("nothing is served to this fleet yet")
    shown = {url: content for url, content in newest.contents.items() if url != SECRET}
    wanted = "".join(f"{url} {each.frame.hex()}\n" for url, content in shown.items() for each in content.all)
    decoded = json.loads(await _decode(wanted.encode()))
    secrets = fleet.content(newest, SECRET)
    return {
        "format": 1,
        "fleet": fleet.name,
        "serial": newest.serial,
        "resources": decoded,
        "secrets": {name: each.version for name, each in secrets.resources.items()},
    }


async def _decode(frames: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reconciler.sidecar.admin.decode",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT):
            out, said = await process.communicate(frames)
    except TimeoutError as error:
        raise DumpError(f"the resources could not be shown within {LIMIT:.0f} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise DumpError(f"the resources could not be shown: {' '.join(last)}")
    return out
