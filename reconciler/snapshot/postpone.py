"""Import of envoy-data-plane without the work that gitway has no use for.

Its packages declare several hundred pydantic dataclasses, and making these what they are (`__init__`, validators) is
nine tenths of the time that the import takes: 0.3 s. gitway makes messages without that (`encode.unvalidated`) and
encodes them from the metadata of their fields, so in a run of `gitway` none of it is ever used.

Within `postponed_dataclasses` pydantic's decorator only notes the class. The first that asks for more, i.e. makes an
instance the ordinary way or looks for the fields of a dataclass, as betterproto2 and pydantic do before anything
else, has all noted classes decorated, and finds what it would have found without this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field
from typing import Any, TypeVar

import betterproto2
import pydantic
import pydantic.dataclasses

C = TypeVar("C", bound=type)

_FIELDS = "__dataclass_fields__"
_TRIGGERS = ("__init__", _FIELDS)
"""What a postponed class does not have yet, and whoever asks for it needs."""


@contextmanager
def postponed_dataclasses() -> Iterator[None]:
    """Postpone the decoration of the message classes that are imported within.

    With versions of pydantic and betterproto2 that this is not known to work with nothing is postponed.
    """
    if not (pydantic.VERSION.startswith("2.") and betterproto2.__version__.startswith("0.9.")):
        yield
        return
    decorator: Any = pydantic.dataclasses.dataclass
    pydantic.dataclasses.dataclass = postponement = _Postponement(decorator)
    try:
        yield
    finally:
        pydantic.dataclasses.dataclass = decorator
    postponement.set_defaults()


def message_fields(cls: type) -> Mapping[str, Field[Any]]:
    """The fields of a message class by name, in the order of declaration, without having it decorated.

    A postponed class has the default values of its fields as attributes.
    """
    table: _Trigger | dict[str, Field[Any]] = vars(cls)[_FIELDS]
    return table.fields if isinstance(table, _Trigger) else table


class _Postponement:
    """Stands for `pydantic.dataclasses.dataclass` and remembers what it was to do."""

    def __init__(self, decorator: Callable[..., Callable[[type], type]]) -> None:
        self._decorator = decorator
        self._pending: list[tuple[type, dict[str, Field[Any]], dict[str, Any]]] = []

    def __call__(self, cls: type | None = None, /, **options: Any) -> Any:
        if cls is not None:
            return self._decorator(**options)(cls)

        def postpone(cls: C) -> C:
            fields = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
            self._pending.append((cls, fields, options))
            for name in _TRIGGERS:
                setattr(cls, name, _Trigger(name, fields, self.finish))
            return cls

        return postpone

    def set_defaults(self) -> None:
        """Give the classes their default values, which may be of any of the packages imported together."""
        for cls, fields, _ in self._pending:
            set_defaults(cls, fields)

    def finish(self) -> None:
        """Decorate all postponed classes. Their schemas are left to pydantic to build at first use, as ever."""
        pending, self._pending = self._pending, []
        for cls, _, _ in pending:
            for name in _TRIGGERS:
                delattr(cls, name)
        for cls, fields, options in pending:
            for name, field in fields.items():
                setattr(cls, name, field)
            self._decorator(**{**options, "config": {**options.get("config", {}), "defer_build": True}})(cls)
            set_defaults(cls, fields)


class _Trigger:
    """A descriptor: whoever asks for the attribute has all postponed classes decorated first."""

    def __init__(self, name: str, fields: dict[str, Field[Any]], finish: Callable[[], None]) -> None:
        self.fields = fields
        self._name = name
        self._finish = finish

    def __get__(self, instance: object, owner: type) -> Any:
        self._finish()
        return getattr(owner if instance is None else instance, self._name)


def set_defaults(cls: type, fields: Mapping[str, Field[Any]]) -> None:
    """Make the default values of a message class its attributes, where messages without their own find them."""
    for name, field in fields.items():
        setattr(cls, name, default(field))


def default(field: Field[Any]) -> object:
    """A new default value of a message's field."""
    factory: Callable[[], object] = field.default_factory  # type: ignore[assignment]  # every field of a message has one
    return factory()
