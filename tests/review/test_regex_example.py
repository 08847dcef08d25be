"""Examples of regular expressions: each is what RE2 matches, whatever of its syntax is used."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from reconciler.review.regex_example import example

MATCHED = [
    "/v[0-9]+/items",
    "/[^a-z/]+",
    "/[^ax0_-]",
    r"/\d{3}\s?\w*",
    r"/[^\d\w]",
    r"/\D\S\W",
    r"/\Qa.b*c\E/x",
    r"/users/\pL+\z",
    r"/\p{Lu}\p{N}",
    "/[[:alpha:]]+-[[:digit:]]{2}",
    "(?i)/about",
    "(?P<version>v1|v2)/x?",
]


@pytest.mark.parametrize("pattern", MATCHED)
def test_an_example_matches(pattern: str) -> None:
    made = example(pattern)
    assert made is not None
    assert re2.compile(pattern).fullmatch(made)


@pytest.mark.parametrize("pattern", ["/a^b", r"/[^\x00-\x{10ffff}]", "("])
def test_what_has_no_example_has_none(pattern: str) -> None:
    assert example(pattern) is None


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=8))
def test_of_a_class_that_leaves_letters_out_there_is_one_that_it_has(letters: str) -> None:
    pattern = "/[^" + "".join(f"\\x{ord(letter):02x}" for letter in letters) + "]"
    made = example(pattern)
    assert made is not None
    assert made[1] not in letters
