"""The codes of what guardrails say."""

from typing import Final

DENIED: Final = "GW701"
WARNED: Final = "GW702"
AUDITED: Final = "GW703"
UNUSABLE: Final = "GW704"
"""A guardrail that cannot be loaded."""
UNKNOWN: Final = "GW705"
"""A binding, or an option, that names a policy which there is not."""
IDLE: Final = "GW706"
"""A policy that no binding applies."""
UNTOLD: Final = "GW708"
"""An expression that cannot be evaluated on an object, where that counts as a violation."""
CHANGED: Final = "GW707"
"""A change of the guardrails themselves."""
