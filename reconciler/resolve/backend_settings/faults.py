"""What is wrong with settings: Envoy would refuse them, or make nothing of them."""

from __future__ import annotations

from reconciler.diagnostics import FieldPath
from reconciler.resolve import codes
from reconciler.resolve.problems import ACCEPTED, Problem


def refused(path: FieldPath, message: str, guidance: str = "") -> Problem:
    """A mistake for which all that the policy covers is answered with 500."""
    return Problem(ACCEPTED, "Invalid", f"{_name(path)} {message}", codes.BAD_POLICY, path, guidance, fatal=True)


def without_effect(path: FieldPath, message: str, guidance: str = "") -> Problem:
    """Something that is accepted and has no meaning here."""
    return Problem("", "", f"{_name(path)} {message}", codes.NO_MEANING, path, guidance)


def deprecated(path: FieldPath, instead: str) -> Problem:
    """A field that has a better one."""
    message = f"{_name(path)} is deprecated."
    return Problem("Warning", "DeprecatedField", message, codes.DEPRECATED_FIELD, path, f"Use {instead} instead.")


def _name(path: FieldPath) -> str:
    made = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path if step != "spec")
    return made.removeprefix(".")
