"""Changes of a JSON document (RFC 6902), with JSONPath (RFC 9535) to say where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.manifests.base import Model


class JSONPatchOperation(Model):
    """One change. `path` is a JSON pointer; with `json_path` it is below each place that this selects.

    `value` may be null: whether it is there at all `model_fields_set` tells.
    """

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str | None = None
    json_path: str | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    value: Any = None
