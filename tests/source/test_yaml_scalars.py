"""Plain scalars, as sigs.k8s.io/yaml v1.6.0 turns them into JSON: the tables were checked against it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.source.yaml_loader import YamlError, load_documents

VALUES: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"), False),
    **{word: word for word in ("tRue", "oN", "yEs", "nULL", "none", "nan", "NaN", "Infinity", "inf", "=", "<<")},
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    # integers
    "0": 0,
    "-0": 0,
    "12": 12,
    "+12": 12,
    "-12": -12,
    "1_000": 1000,
    "1_": 1,
    "1__0": 10,
    "_1": "_1",
    "0x1F": 31,
    "0X1f": 31,
    "+0x1F": 31,
    "-0x1F": -31,
    "0x_1F": 31,
    "0x": "0x",
    "0xg": "0xg",
    "017": 15,
    "0o17": 15,
    "-0o17": -15,
    "0o8": "0o8",
    "08": 8,
    "019": 19,
    "0_8": 8,
    "0b11": 3,
    "-0b11": -3,
    "0B11": 3,
    "0b": "0b",
    "0b102": "0b102",
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
    "18446744073709551615": 2**64 - 1,
    "18446744073709551616": 2.0**64,
    "-9223372036854775809": -(2.0**63) - 1,
    "0x10000000000000000": "0x10000000000000000",
    "9" * 400: "9" * 400,
    # floats; whole ones are integers, as JSON does not tell them apart
    "0.1": 0.1,
    "-.5": -0.5,
    "+.5": 0.5,
    ".5": 0.5,
    "1.": 1,
    "0.": 0,
    "-0.0": 0,
    "80.0": 80,
    "1e3": 1000,
    "1E3": 1000,
    "1.5e-3": 0.0015,
    "1_0.5": 10.5,
    "1e5_0": 1e50,
    "1e21": 1e21,
    "1e": "1e",
    "1e400": "1e400",
    ".1e5": 10000,
    ".4_0": 0.4,
    "._5": "._5",
    ".e1": ".e1",
    ".": ".",
    "..": "..",
    "+": "+",
    "0x1p4": "0x1p4",
    "1.2.3": "1.2.3",
    # neither timestamps nor sexagesimals
    **{
        word: word
        for word in (
            "2001-01-01",
            "2001-1-1",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14 21:59:43.10 -5",
            "12:30",
            "190:20:30",
            "1:2.5",
        )
    },
}


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    expected = VALUES[text]
    (document,) = load_documents(f"a: {text}".encode())
    assert (document, type(document["a"])) == ({"a": expected}, type(expected))


@pytest.mark.parametrize("text", [text for text in VALUES if text and text != "="])
def test_quoted_is_a_string(text: str) -> None:
    assert load_documents(f"a: '{text}'\nb: \"{text}\"".encode()) == [{"a": text, "b": text}]


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN", ".inf", ".Inf", "+.inf", "-.inf", "!!float .inf"])
def test_what_json_cannot_hold(text: str) -> None:
    with pytest.raises(YamlError, match="not a number that JSON can hold") as raised:
        load_documents(f"- a\n- {text}".encode())
    assert (raised.value.line, raised.value.column) == (2, 3)


KEYS = {
    "a": "a",
    "y": "true",
    "no": "false",
    "1": "1",
    "0x10": "16",
    "010": "8",
    "1.5": "1.5",
    "1.10": "1.1",
    "1.0": "1",
    "-0.0": "-0",
    "1e3": "1000",
    "1e6": "1e+06",
    "123456.0": "123456",
    "1234567.0": "1.234567e+06",
    "1e-4": "0.0001",
    "1e-7": "1e-07",
    "12345678.5": "1.2345678e+07",
    "16777217.0": "1.6777216e+07",
    "1e30": "1e+30",
    "1e300": ".inf",
    "-1e300": "-.inf",
    ".inf": ".inf",
    ".nan": ".nan",
    "1e400": "1e400",
    "2001-01-01": "2001-01-01",
    "'1'": "1",
    "'<<'": "<<",
    "!!str 12": "12",
    "!!int 0x10": "16",
    "!!str <<": "<<",
}


@pytest.mark.parametrize("text", KEYS)
def test_key(text: str) -> None:
    assert load_documents(f"{text}: v".encode()) == [{KEYS[text]: "v"}]


@pytest.mark.parametrize("text", ["~", "null", "!!null ''", "[a]", "{a: b}"])
def test_no_key(text: str) -> None:
    with pytest.raises(YamlError, match="cannot be a key"):
        load_documents(f"{text}: v".encode())


TAGGED: dict[str, Any] = {
    "!!str 12": "12",
    "!!str true": "true",
    "!!str": "",
    "!!int 12": 12,
    "!!int '12'": 12,
    "!!int 0x10": 16,
    "!!float 12": 12,
    "!!float 1.5": 1.5,
    "!!bool yes": True,
    "!!bool 'no'": False,
    "!!null ''": None,
    "!!timestamp 2001-01-01": "2001-01-01",
    "!!map {b: c}": {"b": "c"},
    "!!seq [b]": ["b"],
    "!<tag:yaml.org,2002:int> 12": 12,
    "! x": "x",
}


@pytest.mark.parametrize("text", TAGGED)
def test_tagged(text: str) -> None:
    assert load_documents(f"a: {text}".encode()) == [{"a": TAGGED[text]}]


@pytest.mark.parametrize("text", ["!!int x", "!!int 1.5", "!!int yes", "!!bool 1", "!!null x", "!!float x"])
def test_not_what_its_tag_says(text: str) -> None:
    with pytest.raises(YamlError, match="is not a !!"):
        load_documents(f"a: {text}".encode())


@pytest.mark.parametrize(
    "text",
    [
        "!!binary aGk=",
        "!foo b",
        "!foo {b: c}",
        "!foo [b]",
        "!!set {b}",
        "!!omap [b: c]",
        "!!python/none x",
        "!!map [b]",
    ],
)
def test_unknown_tag(text: str) -> None:
    with pytest.raises(YamlError, match="means nothing in a manifest") as raised:
        load_documents(f"a: {text}".encode())
    assert (raised.value.line, raised.value.column) == (1, 4)
