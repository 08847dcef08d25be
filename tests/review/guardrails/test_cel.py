"""CEL as Kubernetes has it: https://kubernetes.io/docs/reference/using-api/cel/."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.review.cel.expression import CelError, Environment, load

OBJECT = {"name": "a-b", "list": [3, 1, 2], "text": "é", "labels": {"x": "1"}, "nothing": None}


def evaluate(source: str, **variables: Any) -> Any:
    expression = load(source, ["object", *variables])
    return expression.evaluate(Environment({"object": OBJECT, **variables}, [expression]))


TRUE = [
    # strings
    "'abc'.charAt(1) == 'b'",
    "['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
    "'AbÉ'.lowerAscii() == 'abÉ' && 'abé'.upperAscii() == 'ABé'",
    "'a.b.c'.replace('.', '-') == 'a-b-c' && 'a.b.c'.replace('.', '-', 1) == 'a-b.c'",
    "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'a'.split(',', 0) == []",
    "'abc'.split('') == ['a', 'b', 'c'] && 'abc'.split('', 2) == ['a', 'bc']",
    "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
    "'  a '.trim() == 'a' && 'ab'.reverse() == 'ba' && strings.quote('a\"b') == '\"a\\\\\"b\"'",
    "'%s has %d (%.1f%%): %s %x'.format(['a', 2, 0.5, [1, true, null], 255]) == 'a has 2 (0.5%): [1, true, null] ff'",
    "object.text.size() == 1 && size(object.text) == 1 && 'size('.size() == 5",
    "string(true) == 'true' && string(1.5) == '1.5' && string(b'x') == 'x' && string(ip('::0')) == '::'",
    "'abcb'.indexOf('b') == 1 && 'abcb'.lastIndexOf('b') == 3 && 'a'.indexOf('z') == -1 && 'abcb'.indexOf('b', 2) == 3",
    # lists and sets
    "!object.list.isSorted() && [1, 2].isSorted() && [].isSorted()",
    "object.list.sum() == 6 && object.list.min() == 1 && object.list.max() == 3",
    "object.list.indexOf(1) == 1 && [1, 2, 1].lastIndexOf(1) == 2 && [].indexOf(1) == -1",
    "sets.contains([1, 2], [1]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])",
    # regex
    "'abc 123'.find('[0-9]+') == '123' && '1a2'.findAll('[0-9]') == ['1', '2'] && '1a2'.findAll('[0-9]', 1) == ['1']",
    "'abc'.matches('^a.c$') && !'abc'.matches('^b')",
    # URLs
    "isURL('https://a.example:80/x') && !isURL('https://a b') && !isURL('a') && isURL('/path')",
    "url('https://u@a.example:80/x%20y?q=1&q=2').getHost() == 'a.example:80'",
    "url('https://[::1]:80/').getHostname() == '::1' && url('https://a.example/').getPort() == ''",
    "url('https://a/x%20y?q=1&q=2').getEscapedPath() == '/x%20y' && url('/?q=1&q=2').getQuery() == {'q': ['1', '2']}",
    "url('https://a.example/').getScheme() == 'https'",
    # addresses
    "isIP('10.0.0.1') && isIP('::1') && !isIP('10.0.0.01') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')",
    "ip('10.0.0.1').family() == 4 && ip('::1').family() == 6 && ip.isCanonical('::1') && !ip.isCanonical('0::1')",
    "ip('::1') == ip('0:0::1') && ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified()",
    "ip('10.0.0.1').isGlobalUnicast() && !ip('224.0.0.1').isGlobalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()",
    "ip('169.254.1.1').isLinkLocalUnicast()",
    "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/08')",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.0'))",
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
    "cidr('10.0.0.5/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.5/8').ip() == ip('10.0.0.5')",
    "cidr('10.0.0.0/8').prefixLength() == 8",
    # quantities
    "isQuantity('1.5Gi') && !isQuantity('1.5 Gi') && quantity('1Gi') == quantity('1024Mi')",
    "quantity('1.5Gi').isGreaterThan(quantity('1G')) && quantity('100m').isLessThan(quantity('1'))",
    "quantity('1k').add(quantity('1')).asInteger() == 1001 && quantity('1k').sub(1).compareTo(quantity('999')) == 0",
    "quantity('100m').asApproximateFloat() == 0.1 && !quantity('100m').isInteger() && quantity('-1').sign() == -1",
    # formats
    "!format.dns1123Label().validate('a-b').hasValue() && format.dns1123Label().validate('A_').hasValue()",
    "format.named('uuid').hasValue() && !format.named('nonsense').hasValue()",
    "!format.datetime().validate('2026-01-01T00:00:00Z').hasValue() && format.date().validate('x').hasValue()",
    # times
    "timestamp('2026-07-01T23:30:00Z').getHours() == 23",
    "timestamp('2026-07-01T23:30:00Z').getHours('Europe/Berlin') == 1",
    "timestamp('2026-07-05T23:30:00Z').getDayOfWeek() == 0",
    "timestamp('2026-07-01T00:00:00Z').getMonth('-08:00') == 5",
    "duration('90m').getMinutes() == 90 && duration('1h') > duration('59m')",
    # the language
    "type(1) == int && type('') == string && type([]) == list && type({}) == map && type(1.0) == double",
    "has(object.name) && !has(object.other) && object.nothing == null && 'x' in object.labels",
    "object.list.filter(x, x > 1).map(y, y * 2) == [6, 4] && object.list.exists_one(x, x == 1)",
    "true || object.other == 1",
]


@pytest.mark.parametrize("source", TRUE)
def test_true(source: str) -> None:
    assert evaluate(source) is True


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("object.?name.orValue('')", "unsupported syntax '.?'"),
        ("object[?'name']", "unsupported syntax '[?'"),
        ("object.name.shout()", "unknown function shout"),
        ("false && shout(object)", "unknown function shout"),
        ("authorizer.path('/').check('get').allowed()", "unknown"),
        ("object.list.all(x, x > y)", "unknown variable y"),
        ("object.list.all(i, x, x > 1)", "unknown variable x"),
        ("variables.none", "unknown variable variables"),
        ("1 +", "mismatched input"),
    ],
)
def test_what_cannot_be_evaluated_cannot_be_loaded(source: str, reason: str) -> None:
    with pytest.raises(CelError, match=reason.replace("?", r"\?").replace("[", r"\[").replace(".", r"\.")):
        load(source, ["object"])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("object.other", "no such key: other"),
        ("ip('x').family() == 4", "'x' is not an IP address"),
        ("ip('::1').getHost() == ''", "no such overload"),
        ("quantity('x') == quantity('1')", "'x' is not a quantity"),
        ("'abc'.charAt(9) == ''", "out of range"),
        ("'%d'.format(['a']) == ''", "takes an integer"),
        ("'%s'.format([]) == ''", "more clauses"),
        ("'%q'.format(['a']) == ''", "unknown clause"),
        ("1 / 0 == 1", "division by zero"),
        ("'a' + 1 == ''", "string"),
    ],
)
def test_what_fails_says_why(source: str, reason: str) -> None:
    with pytest.raises(CelError, match=reason):
        evaluate(source)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_containment_is_that_of_the_standard_library(address: IPv4Address, bits: int) -> None:
    network = IPv4Network((int(address), bits), strict=False)
    outside = IPv4Address((int(network.broadcast_address) + 1) % 2**32)
    assert evaluate(
        "cidr(n).containsIP(a) && cidr(w).masked() == cidr(n)", n=str(network), a=str(address), w=f"{address}/{bits}"
    )
    assert evaluate("cidr(n).containsIP(o)", n=str(network), o=str(outside)) is (outside in network)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "k", "Ki", "m", "M", "Mi"]), st.integers(-(10**12), 10**12))
def test_quantities_are_exact(one: int, suffix: str, other: int) -> None:
    factor = Decimal({"": "1", "k": "1000", "Ki": "1024", "m": "0.001", "M": "1000000", "Mi": "1048576"}[suffix])
    first = one * factor
    compared = evaluate("quantity(a).compareTo(quantity(b))", a=f"{one}{suffix}", b=str(other))
    assert compared == (first > other) - (first < other)


@given(st.text(alphabet="ab,é\n'\"\\", max_size=12))
def test_strings_survive_loading(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    assert evaluate(f"{quoted} == t && {quoted}.size() == {len(text)}", t=text) is True
