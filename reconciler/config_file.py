"""What `gitway.yaml` may say, and what is said where it says something else."""

from __future__ import annotations

import ipaddress
import json
import re
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.config import ACTIONS, ENVOY_GATEWAY_CONTROLLER, MISNAMED, Config
from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.source import codes
from reconciler.source.errors import SourceError, YamlError
from reconciler.source.positions import locate
from reconciler.source.read import parse_findings
from reconciler.source.select import CONFIG_FILE
from reconciler.source.suppressions import Rule
from reconciler.source.tree import Tree, normal_roots
from reconciler.source.wording import printable, shown
from reconciler.source.yaml_loader import load_documents

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_HOST_AND_PORT: Final = re.compile(rf"({_LABEL}(\.{_LABEL})*|\[[0-9a-fA-F:]+\]):[1-9][0-9]{{0,4}}")
# The pattern of GatewayClass's `controllerName`.
_CONTROLLER: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        whole = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text} is not an IP address or CIDR") from None
    raise ValueError(f"{text} has bits set beyond its prefix; the network is {whole}")


def _path(text: str) -> str:
    try:
        normal_roots([text])
    except SourceError as error:
        raise ValueError(error.message) from None
    return text


def _store_url(text: str) -> str:
    if not re.match(r"(file:///|s3://[^/])", text):
        raise ValueError("a store is file:///DIR or s3://BUCKET/PREFIX")
    return text


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ValueError(f"{text} is not a DNS domain: lower-case letters, digits, hyphens and dots between")
    return text


def _controller(text: str) -> str:
    if not _CONTROLLER.fullmatch(text):
        raise ValueError(f"{text} is not a controller name: DOMAIN/PATH, for example example.com/edge")
    return text


def _host_and_port(text: str) -> str:
    if not _HOST_AND_PORT.fullmatch(text):
        raise ValueError(f"{text} is not HOST:PORT, for example ratelimit.example.com:8081")
    return text


def _with_envoy_gateways(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((ENVOY_GATEWAY_CONTROLLER, *names)))


_TYPE_WORDS: Final = {
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "string_unicode": "text of valid Unicode characters",
}


def _actions(named: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    given = {name: (actions,) if isinstance(actions, str) else tuple(actions) for name, actions in named.items()}
    for name, actions in given.items():
        if not actions or not set(actions) <= set(ACTIONS):
            raise ValueError(f"{name} must be {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}, or a list of them")
    return given


# Lists of YAML become tuples; what is in them stays strict.
_List = Field(strict=False, default=())


class Ignore(BaseModel):
    """A finding that is accepted, by its code and globs of its file and of its `Kind namespace/name`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}\d+$")]
    reason: Annotated[str, Field(min_length=1)]
    path: str = ""
    object: str = ""


class ConfigFile(BaseModel):
    """The options of `Config`, by their rules."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_default=True)

    paths: Annotated[tuple[Annotated[str, AfterValidator(_path)], ...], _List]
    store: Annotated[str, AfterValidator(_store_url)] | None = None
    store_name: Annotated[str, Field(min_length=1)] | None = None
    allowed_signers: Annotated[str, AfterValidator(_path)] = ".gitway/allowed_signers"
    addresses: Annotated[tuple[Annotated[str, AfterValidator(_cidr)], ...], _List]
    controller_names: Annotated[
        tuple[Annotated[str, AfterValidator(_controller)], ...], AfterValidator(_with_envoy_gateways), _List
    ]
    service_domain: Annotated[str, AfterValidator(_domain)] = "cluster.local"
    allow_external_name: bool = False
    rate_limit_service: Annotated[str, AfterValidator(_host_and_port)] | None = None
    allow_plaintext_secrets: bool = False
    allow_envoy_patch_policy: bool = False
    allow_lua: bool = False
    ignore: Annotated[tuple[Ignore, ...], _List]
    guardrails: Annotated[dict[str, Any], AfterValidator(_actions), Field(default_factory=dict)]
    guardrail_paths: Annotated[tuple[Annotated[str, AfterValidator(_path)], ...], _List]

    def config(self) -> Config:
        """What it comes to; rules of `ignore` are told apart by their positions."""
        values = {name: getattr(self, name) for name in Config._fields}
        rules = [Rule(one.code, one.reason, one.path, one.object, index) for index, one in enumerate(self.ignore)]
        return Config(**{**values, "ignore": tuple(rules)})


def parsed(data: bytes, tree: Tree) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """The configuration that a file's content is; None, and why, where that is wrong."""
    try:
        documents = load_documents(data)
    except YamlError as error:
        return None, tuple(parse_findings(CONFIG_FILE, data, error))
    config, findings = _parse(documents)
    return config, tuple(locate(findings, tree))


def misnamed(_: bytes, tree: Tree) -> tuple[None, tuple[Diagnostic, ...]]:
    """What is said of a file with nearly the right name."""
    message = f"the configuration must be named {CONFIG_FILE}"
    finding = Diagnostic(
        codes.CONFIGURATION, Severity.ERROR, message, origin=Origin(MISNAMED), help=f"Rename it to {CONFIG_FILE}."
    )
    return None, tuple(locate([finding], tree))


def _parse(documents: list[Any]) -> tuple[Config | None, list[Diagnostic]]:
    written = [(number, document) for number, document in enumerate(documents) if document is not None]
    if not written:
        return Config(), []
    number, options = written[0]
    if len(written) > 1:
        return None, [_finding("the configuration must be one document", document=written[1][0])]
    if not isinstance(options, dict):
        return None, [_finding("the configuration must be a mapping of options", document=number)]
    try:
        return ConfigFile.model_validate(options).config(), []
    except ValidationError as error:
        return None, [_option_finding(details, number) for details in error.errors(include_url=False)]


def _option_finding(details: Any, document: int) -> Diagnostic:
    path: FieldPath = tuple(details["loc"])
    if details["type"] == "extra_forbidden":
        name = str(path[-1])
        return _finding(f'there is no option "{shown(name)}"', path, document, help=_did_you_mean(name), on_key=True)
    message = details["msg"].removeprefix("Value error, ")
    words = _TYPE_WORDS.get(details["type"])
    if words is not None:
        message = f"must be {words}; is {_written(details['input'])}"
    where = "".join(f"[{step}]" if isinstance(step, int) else step for step in path)
    return _finding(f"{where}: {printable(message)}", path, document)


def _written(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shown(json.dumps(value, ensure_ascii=False))


def _did_you_mean(name: str) -> str:
    options = {to_camel(field).lower(): to_camel(field) for field in ConfigFile.model_fields}
    close = get_close_matches(re.sub("[^a-z]", "", name.lower()), options, n=1)
    return f'Did you mean "{options[close[0]]}"?' if close else f"Options: {', '.join(options.values())}."


def _finding(
    message: str,
    path: FieldPath = (),
    document: int = 0,
    *,
    help: str = "",  # noqa: A002  as in Diagnostic
    on_key: bool = False,
) -> Diagnostic:
    return Diagnostic(
        codes.CONFIGURATION,
        Severity.ERROR,
        message,
        origin=Origin(CONFIG_FILE, document),
        path=path,
        on_key=on_key,
        help=help,
    )
