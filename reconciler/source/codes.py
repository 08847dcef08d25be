"""The codes of what this room reports. They are stable: a code never changes its meaning."""

from __future__ import annotations

from typing import Final

SYNTAX: Final = "GW110"
DUPLICATE_KEY: Final = "GW111"
LIMIT: Final = "GW112"
NOT_AN_OBJECT: Final = "GW113"
BAD_LIST: Final = "GW114"
SYMLINK: Final = "GW115"
SUBMODULE: Final = "GW116"
UNREADABLE: Final = "GW117"
NO_SUCH_PATH: Final = "GW118"
CONFIGURATION: Final = "GW119"
UNUSED_IGNORE: Final = "GW120"
BAD_IGNORE: Final = "GW121"
