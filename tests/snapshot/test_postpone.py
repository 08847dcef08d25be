"""Classes whose decoration is postponed are for everyone what they would have been without it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import betterproto2
import pydantic
import pydantic.dataclasses
import pytest

from reconciler.snapshot.encode import encode, encoded, unvalidated
from reconciler.snapshot.postpone import message_fields, postponed_dataclasses


def message_class() -> Any:
    """A class as the generated packages have them, decorated with what pydantic has at the moment."""

    @pydantic.dataclasses.dataclass(eq=False, repr=False, config={"extra": "forbid"})
    class Point(betterproto2.Message):
        name: str = betterproto2.field(2, betterproto2.TYPE_STRING)
        x: int = betterproto2.field(1, betterproto2.TYPE_INT32)

    return Point


def postponed_class() -> Any:
    with postponed_dataclasses():
        return message_class()


def is_decorated(cls: type) -> bool:
    return "__pydantic_validator__" in vars(cls)


def test_building_and_encoding_need_no_decoration() -> None:
    cls = postponed_class()
    message = unvalidated(cls)(x=1, name="a")
    assert (encode(message), encode(encoded(cls, b"a"))) == (b"\x12\x01a\x08\x01", b"a")
    assert unvalidated(cls)(x=1).name == ""
    assert list(message_fields(cls)) == ["name", "x"]
    assert not is_decorated(cls)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda cls: cls(x=2), id="an instance"),
        pytest.param(lambda cls: cls.parse(b"\x08\x02"), id="parsing"),
        pytest.param(lambda cls: unvalidated(cls)(x=2) == unvalidated(cls)(x=2), id="comparison"),
        pytest.param(lambda cls: bytes(unvalidated(cls)(x=2)), id="bytes"),
        pytest.param(lambda cls: repr(unvalidated(cls)(x=2)), id="repr"),
        pytest.param(dataclasses.fields, id="fields"),
        pytest.param(lambda cls: pydantic.TypeAdapter(cls).validate_python({"x": 2}), id="as part of another model"),
    ],
)
def test_whoever_needs_more_finds_it(use: Callable[[Any], object]) -> None:
    cls = postponed_class()
    assert use(cls)
    assert is_decorated(cls)
    message = cls(x=2)
    assert message == cls.parse(b"\x08\x02") == unvalidated(cls)(x=2)
    assert bytes(message) == encode(message) == b"\x08\x02"
    assert [field.name for field in dataclasses.fields(cls)] == list(message_fields(cls)) == ["name", "x"]


def test_validation_is_as_strict_as_without() -> None:
    cls = postponed_class()
    with pytest.raises(pydantic.ValidationError, match="Unexpected keyword argument"):
        cls(y=1)
    with pytest.raises(pydantic.ValidationError, match="valid integer"):
        cls(x="one")


def test_all_classes_are_decorated_together() -> None:
    with postponed_dataclasses():
        first, second = message_class(), message_class()
    first()
    assert is_decorated(second)


def test_the_decorator_is_put_back() -> None:
    decorator = pydantic.dataclasses.dataclass
    with pytest.raises(ZeroDivisionError), postponed_dataclasses():
        raise ZeroDivisionError
    assert pydantic.dataclasses.dataclass is decorator
    assert is_decorated(message_class())


@pytest.mark.parametrize(("module", "attribute"), [(pydantic, "VERSION"), (betterproto2, "__version__")])
def test_nothing_is_postponed_with_versions_that_it_is_not_known_to_work_with(
    module: Any, attribute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, attribute, "99.0")
    cls = postponed_class()
    assert is_decorated(cls)
    assert encode(unvalidated(cls)(x=1)) == b"\x08\x01"


def test_packages_imported_later_may_hold_postponed_messages() -> None:
    code = """
from reconciler.snapshot.protos import protobuf, route
from envoy_data_plane.envoy.service.discovery import v3 as discovery
assert "__pydantic_validator__" not in vars(protobuf.Any)
def whole():
    return discovery.Resource(name="a", resource=protobuf.Any.pack(route.Route(name="b")))
assert whole().resource.unpack().name == "b"
assert discovery.Resource.parse(bytes(whole())) == whole()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
