"""What gitway has to say about manifests: findings with a place, a reason and a remedy.

A rule of any room reports a `Diagnostic` that points to a field of a document by its path; line and column are
looked up only for what is reported (`reconciler.source.positions`), so that correct manifests pay nothing for them.

Codes are stable: `GW1xx` schema, `GW2xx` references, `GW3xx` conflicts, `GW4xx` security, `GW5xx` xDS.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.records import dataclass

FieldPath = tuple[str | int, ...]
"""Keys and list indexes from the root of an object to one of its fields, e.g. `("spec", "rules", 0, "matches")`."""


class Severity(StrEnum):
    """`error`: nothing is published. `warning`: something will not work as written. `notice`: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which object of which file: `file` is relative to the repository, `document` and `item` count from 0.

    `item` is the index in `items` where the document is a `kind: List`.
    """

    file: str
    document: int = 0
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `line` and `column` are 1-based and 0 where the place is unknown or not looked up yet.

    Attributes:
        object: the object as `Kind namespace/name`, empty where the finding is about a file.
        path: the field, relative to the object's root; empty for the object itself.
        on_key: the finding is about the key of the field (it is misspelt), not its value.
        help: what to do about it; may be empty.
        source: the line of the file that `line` names, for the caret.
        length: characters from `column` on that are meant; 0 where it is a place only.
    """

    code: str
    severity: Severity
    message: str
    object: str = ""
    origin: Origin | None = None
    path: FieldPath = ()
    on_key: bool = False
    help: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    length: int = 0

    @property
    def file(self) -> str:
        """The file's path in the repository, or an empty string."""
        return self.origin.file if self.origin else ""
