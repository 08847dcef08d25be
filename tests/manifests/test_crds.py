"""The models say what the CRDs say, field by field. Needs the CRDs' files: see `crds` in conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from reconciler.manifests.base import Model, Resource
from reconciler.manifests.kubernetes_provider import FOREIGN
from reconciler.manifests.registry import CRD_GROUPS, GITWAY, KINDS, Kind, model
from reconciler.manifests.rules import distinct
from reconciler.manifests.structure import fields_of, unwrapped

Schema = dict[str, Any]

OF_CRDS = [
    kind for kind in KINDS.values() if kind.group in CRD_GROUPS - {GITWAY}
]  # of its own kinds gitway says what they are
MODELLED = [kind for kind in OF_CRDS if kind.modelled]
BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

modelled = pytest.mark.parametrize("kind", MODELLED, ids=[kind.name for kind in MODELLED])


def schemas(crd: Schema, kind: Kind) -> Iterator[tuple[Schema, type[Resource]]]:
    """The schemas of the served versions, with their models."""
    for version in crd["spec"]["versions"]:
        if version["served"]:
            yield version["schema"]["openAPIV3Schema"], model(kind, version["name"])


def test_served_versions(crds: dict[str, Schema]) -> None:
    served = {
        (crd["spec"]["group"], name): {version["name"] for version in crd["spec"]["versions"] if version["served"]}
        for name, crd in crds.items()
    }
    assert {(kind.group, kind.name): set(kind.versions) for kind in OF_CRDS} == served


@modelled
def test_scope(crds: dict[str, Schema], kind: Kind) -> None:
    assert model(kind).namespaced is kind.namespaced is (crds[kind.name]["spec"]["scope"] == "Namespaced")
    assert (model(kind).group, model(kind).kind_name) == (kind.group, kind.name)


@modelled
def test_fields_and_their_constraints(crds: dict[str, Schema], kind: Kind) -> None:
    for crd, own in schemas(crds[kind.name], kind):
        fields = fields_of(own)
        document = unwrapped(fields["spec"].annotation).model_json_schema(by_alias=True)
        assert fields.keys() == crd["properties"].keys()
        assert fields["spec"].is_required() is ("spec" in crd["required"])
        assert list(constraint_differences(crd["properties"]["spec"], document, document, "spec")) == []


@modelled
def test_defaults(crds: dict[str, Schema], kind: Kind) -> None:
    for crd, own in schemas(crds[kind.name], kind):
        spec = fields_of(own)["spec"].annotation
        assert list(default_differences(crd["properties"]["spec"], spec, "spec")) == []


@modelled
def test_lists_that_are_sets_or_maps(crds: dict[str, Schema], kind: Kind) -> None:
    for crd, own in schemas(crds[kind.name], kind):
        spec = fields_of(own)["spec"].annotation
        assert list(uniqueness_differences(crd["properties"]["spec"], spec, "spec")) == []


def constraint_differences(crd: Schema, own: Schema, document: Schema, where: str) -> Iterator[str]:
    own = resolved(own, document)
    if FOREIGN in own:
        return
    if (asked := constraints(crd)) != (found := constraints(own)):
        yield f"{where}: {asked} in the CRD, {found} here"
    properties, own_properties = crd.get("properties", {}), own.get("properties", {})
    yield from (f"{where}.{name}: only in one of them" for name in properties.keys() ^ own_properties.keys())
    for name in properties.keys() & own_properties.keys():
        yield from constraint_differences(properties[name], own_properties[name], document, f"{where}.{name}")
    for part in ("items", "additionalProperties"):
        if isinstance(crd.get(part), dict):
            yield from constraint_differences(crd[part], own[part], document, f"{where}[]")


def resolved(own: Schema, document: Schema) -> Schema:
    """A schema of pydantic's without its references and without null."""
    while "x-kubernetes-int-or-string" not in own:
        if "anyOf" in own:
            (own,) = (each for each in own["anyOf"] if each != {"type": "null"})
        elif "$ref" in own:
            own = document["$defs"][own["$ref"].rpartition("/")[2]]
        else:
            break
    return own


def constraints(schema: Schema) -> Schema:
    """What a schema asks for, in one way of saying it."""
    if "x-kubernetes-int-or-string" in schema:
        return {name: schema[name] for name in ("anyOf", "allOf") if name in schema}
    for each in schema.get("allOf", ()):
        schema = {**each, **schema}
    names = ("type", "pattern", "minLength", "maxLength", "minItems", "maxItems", "maxProperties")
    found = {name: schema[name] for name in names if schema.get(name)}
    found["enum"] = {schema["const"]} if "const" in schema else values(schema)
    # What has a default is there when it is asked for.
    found["required"] = {
        name for name in schema.get("required", ()) if "default" not in schema["properties"].get(name, {})
    }
    if found.get("type") == "integer" and not found["enum"]:
        # The bounds of an integer type are written out in the models.
        low, high = BOUNDS[schema.get("format", "int64")]
        found["minimum"], found["maximum"] = schema.get("minimum", low), schema.get("maximum", high)
    return {name: value for name, value in found.items() if value != set()}


def values(schema: Schema) -> set[Any]:
    """The values that a schema allows; none: any."""
    lists = [set(each["enum"]) for each in (schema, *schema.get("allOf", ())) if "enum" in each]
    return set.intersection(*lists) if lists else set()


def structures(crd: Schema, annotation: Any, where: str) -> Iterator[tuple[Schema, FieldInfo, str]]:
    """Every property of the CRD below an object, with the model's field."""
    annotation = unwrapped(annotation)
    if annotation is Any:
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        assert issubclass(annotation, Model)
        fields = fields_of(annotation)
        for name, schema in crd.get("properties", {}).items():
            yield schema, fields[name], f"{where}.{name}"
            yield from structures(schema, fields[name].annotation, f"{where}.{name}")
    elif "items" in crd:
        yield from structures(crd["items"], get_args(annotation)[0], f"{where}[]")


def default_differences(crd: Schema, annotation: Any, where: str) -> Iterator[str]:
    for schema, field, at in structures(crd, annotation, where):
        if field.is_required() or field.annotation is Any:
            continue
        expected = defaulted(schema["default"], schema) if "default" in schema else None
        found = plain(field.get_default(call_default_factory=True))
        if found != expected:
            yield f"{at}: {expected} in the CRD, {found} here"


def defaulted(value: Any, schema: Schema) -> Any:
    """A value with the defaults of its own fields, as the API server fills them in."""
    if isinstance(value, dict) and "properties" in schema:
        missing = {
            k: v["default"] for k, v in schema.get("properties", {}).items() if "default" in v and k not in value
        }
        return {k: defaulted(v, schema["properties"][k]) for k, v in (value | missing).items()}
    if isinstance(value, list):
        return [defaulted(each, schema["items"]) for each in value]
    return value


def plain(value: Any) -> Any:
    """A default of a model as it would stand in a manifest: without fields that are not set."""
    if isinstance(value, BaseModel):
        value = {field.alias: getattr(value, name) for name, field in type(value).model_fields.items()}
        value = {name: plain(each) for name, each in value.items()}
        return {name: each for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [plain(each) for each in value] or None
    return value if value != {} else None


def uniqueness_differences(crd: Schema, annotation: Any, where: str) -> Iterator[str]:
    for schema, field, at in structures(crd, annotation, where):
        kind = schema.get("x-kubernetes-list-type", "atomic")
        validators = [each for each in field.metadata if isinstance(each, AfterValidator)]
        names = {each.func.__qualname__.partition(".")[0] for each in validators}
        if kind == "set" and distinct not in validators:
            yield f"{at}: is a set"
        if kind == "map" and not names & {"unique_by", "_listeners_are_consistent"}:
            yield f"{at}: is a map"


def test_a_resource_is_a_model() -> None:
    assert all(issubclass(model(kind), Resource) for kind in KINDS.values() if kind.modelled)


def test_versions_with_models_of_their_own_are_served_and_derive_from_the_kinds() -> None:
    for kind in KINDS.values():
        assert set(kind.own_models) < set(kind.versions)
        for version in kind.own_models:
            assert issubclass(model(kind, version), model(kind))
            assert model(kind, version) is not model(kind)


def test_what_is_translated_is_modelled() -> None:
    assert [kind.name for kind in KINDS.values() if kind.translated and not kind.modelled] == []
