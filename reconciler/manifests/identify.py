"""What kind an object is of, and what is wrong where that cannot be told."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.manifests import codes
from reconciler.manifests.registry import CORE, CRD_GROUPS, KINDS
from reconciler.manifests.wording import did_you_mean, object_name, printable, shown

_EXAMPLES = {"apiVersion": "apiVersion: gateway.networking.k8s.io/v1", "kind": "kind: HTTPRoute"}
_NO_OBJECT = "this is not a Kubernetes object: it has neither apiVersion nor kind"
_NO_OBJECT_HELP = "Name the folders with manifests by --path, or list the file in .gitwayignore."


def split(api_version: str) -> tuple[str, str]:
    """Group and version of an `apiVersion`; the group of the core API is empty."""
    group, _, version = api_version.rpartition("/")
    return group, version


def mistake(raw: object, origin: Origin) -> Diagnostic | None:
    """What is wrong with the kind of an object that is not served; None for a kind that gitway does not know."""
    if not isinstance(raw, dict):
        message = f"must be an object with apiVersion, kind and metadata; is {shown(raw)}"
        return _error(codes.WRONG_TYPE, message, raw, origin)
    if not raw.get("apiVersion") and not raw.get("kind"):
        return _error(codes.MISSING_FIELD, _NO_OBJECT, raw, origin, help_=_NO_OBJECT_HELP)
    for field, example in _EXAMPLES.items():
        value = raw.get(field)
        if value is None or value == "":
            return _error(
                codes.MISSING_FIELD, f"{field}: required, but missing", raw, origin, help_=f'Add "{example}".'
            )
        if not isinstance(value, str):
            return _error(codes.WRONG_TYPE, f"{field}: must be text; is {shown(value)}", raw, origin, (field,))
    return _unserved(raw, raw["apiVersion"], raw["kind"], origin)


def _unserved(raw: dict[str, object], api_version: str, name: str, origin: Origin) -> Diagnostic | None:
    group, version = split(api_version)
    if group.count("/") or not version:
        message = f"apiVersion: must be VERSION or GROUP/VERSION; is {shown(api_version)}"
        return _error(codes.UNKNOWN_KIND, message, raw, origin, ("apiVersion",))
    kind = KINDS.get((group, name))
    if kind is not None:
        message = f"apiVersion: {shown(version)} is not a version of {kind.name}"
        help_ = f"Write {' or '.join(kind.api_versions)}."
        return _error(codes.UNKNOWN_KIND, message, raw, origin, ("apiVersion",), help_)
    elsewhere = [other for other in KINDS.values() if other.name == name]
    if group not in CRD_GROUPS and not (group == CORE and elsewhere):
        return None
    if elsewhere:
        message = f"apiVersion: {name} is not a kind of {shown(api_version)}"
        help_ = f"Write {' or '.join(elsewhere[0].api_versions)}."
        return _error(codes.UNKNOWN_KIND, message, raw, origin, ("apiVersion",), help_)
    names = sorted(other.name for other in KINDS.values() if other.group == group)
    help_ = did_you_mean(name, names) or f"The kinds of {group} are {', '.join(names)}."
    message = f"kind: {shown(name)} is not a kind of {group}"
    return _error(codes.UNKNOWN_KIND, message, raw, origin, ("kind",), help_)


def refusal(raw: object, origin: Origin) -> Diagnostic:
    """Why an object of a kind that has no model cannot be loaded."""
    found = mistake(raw, origin)
    if found is not None:
        return found
    name = raw.get("kind") if isinstance(raw, dict) else None
    return _error(codes.UNKNOWN_KIND, f"kind: gitway does not read {printable(str(name))}", raw, origin, ("kind",))


def _error(code: str, message: str, raw: object, origin: Origin, path: FieldPath = (), help_: str = "") -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, object_name(raw), origin, path, help=help_)
