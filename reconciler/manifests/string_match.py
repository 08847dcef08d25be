"""How a string is compared (`StringMatch` of Envoy Gateway)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from reconciler.manifests.base import Model


class StringMatch(Model):
    """A comparison; regular expressions are RE2's and have to match the whole."""

    type: Literal["Exact", "Prefix", "Suffix", "RegularExpression"] = "Exact"
    value: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
