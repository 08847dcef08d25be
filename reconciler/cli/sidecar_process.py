"""The process that `gitway serve` is or becomes: the sidecar and nothing else.

`python -m reconciler.cli.sidecar_process JSON`, with the fields of `ServeOptions`.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

from reconciler.cli.exits import STORE, USAGE, Finished, fail, told
from reconciler.sidecar.errors import ListenError, OptionError
from reconciler.sidecar.serve import ServeOptions, serve

_PATHS = ("cache", "tls_cert", "tls_key", "client_ca")


def main(options: str) -> int:
    """Serve until told to end; the exit code."""
    gc.enable()
    values: dict[str, Any] = json.loads(options)
    paths = {name: Path(values[name]) if values[name] is not None else None for name in _PATHS}
    lists = {name: tuple(values[name]) for name in ("fleets", "secrets")}
    keys = tuple(Path(path) for path in values.get("verify_keys", ()))
    try:
        with told():
            serve(ServeOptions(**{**values, **paths, **lists, "verify_keys": keys}))
    except (ListenError, OptionError) as error:
        try:
            fail(USAGE if isinstance(error, OptionError) else STORE, error.message, error.help)
        except Finished as finished:
            return finished.code
    except Finished as finished:
        return finished.code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
