"""Nothing of a Secret is repeated, however broken the file is."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.source.confidential import mentions_secret
from reconciler.source.errors import YamlError
from reconciler.source.json_loader import load_json_documents
from reconciler.source.positions import locate
from reconciler.source.read import parse_findings
from reconciler.source.yaml_loader import load_documents
from tests.source.test_positions import Files


def located(file: str, text: str) -> list[Diagnostic]:
    """What `plan` has to say about a file that does not parse."""
    data = text.encode()
    with pytest.raises(YamlError) as caught:
        load_json_documents(data) if file.endswith(".json") else load_documents(data)
    return locate(parse_findings(file, data, caught.value), Files({file: text}))


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret",
        "kind:   Secret",
        "kind : 'Secret'",
        '"kind": "Secret"',
        '{"kind":"Secret"}',
        '{"kind"\n:\n"Secret"}',
        "{apiVersion: v1, kind: Secret}",
        "kind: !!str Secret",
        "kind: &k Secret",
        "kind: secrets",
        "kind: SecretList",
        "stringData:",
        "kind: Secret".encode("utf-16").decode(errors="replace"),
    ],
)
def test_a_mention(text: str) -> None:
    assert mentions_secret(text)


@pytest.mark.parametrize(
    "text", ["", "kind: HTTPRoute", "name: secret", "secretName: a", "kind: Service\nname: secret"]
)
def test_no_mention(text: str) -> None:
    assert not mentions_secret(text)


YAML = "apiVersion: v1\nkind: Secret\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.yaml", YAML + "stringData: {a: hunter2, a: hunter2}"),
        ("a.yaml", YAML + "stringData: {a:hunter2, a:hunter2}"),
        ("a.yaml", YAML + "stringData: {a: hunter2"),
        ("a.yaml", YAML + "stringData:\n  a: hunter2: x"),
        ("a.yaml", YAML + "stringData:\n  a: @hunter2"),
        ("a.yaml", YAML + "stringData:\n  a: *hunter2"),
        ("a.yaml", YAML + "stringData:\n  a: &hunter2 [*hunter2]"),
        ("a.yaml", YAML + "stringData:\n  a: !hunter2"),
        ("a.yaml", YAML + "stringData:\n  a: !!int hunter2"),
        ("a.yaml", YAML + "stringData:\n  !!int hunter2: a"),
        ("a.yaml", "stringData: {a: hunter2, a: hunter2}\nkind: Secret"),
        ("a.json", '{"kind": "Secret", "stringData": {"a": "hunter2", "a": "hunter2"}}'),
        ("a.json", '{"kind": "Secret", "stringData": {"a": hunter2}}'),
        ("a.json", '{"kind": "Secret", "stringData": {"a hunter2": 1, "a hunter2": 2}}'),
    ],
)
def test_a_broken_secret(file: str, text: str) -> None:
    found = located(file, text)
    assert found
    for each in found:
        assert each.source == ""
        assert "hunter2" not in each.message + each.help
        assert each.line


def test_the_key_of_a_secret_is_named() -> None:
    (found,) = located("a.yaml", YAML + "stringData: {password: x, password: y}")
    assert found.message == 'the key "password" is already set on line 3, column 14'


def test_other_files_keep_their_lines() -> None:
    (found,) = located("a.yaml", "kind: HTTPRoute\nspec: *all\n")
    assert found.source == "spec: *all"
    assert "*all" in found.message
