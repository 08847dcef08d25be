"""Secrets in AWS Secrets Manager: `aws-secretsmanager://PREFIX`.

The secret `PREFIX/NAMESPACE/NAME` is a JSON object of strings, by the names of the files that a directory would have:
`{"tls.crt": "-----BEGIN…", "tls.key": "-----BEGIN…", "ca.crt": "-----BEGIN…"}`. Region and credentials come from where
all AWS tools take them; the role needs secretsmanager:ListSecrets, BatchGetSecretValue and GetSecretValue.

One list every few seconds tells by the version that is current which secrets have changed; only these are read. Keys
stay in memory.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from reconciler.sidecar.secrets.material import Files, Unusable, contents
from reconciler.snapshot.model import Resource, resource_version

REFRESH = 5.0
"""Seconds from one list to the next, at least: lists are paid for."""

_TIMEOUT = 5.0
_BATCH = 20
_CURRENT = "AWSCURRENT"

_log = logging.getLogger(__name__)


class _Known(NamedTuple):
    """A secret of a version: what it gives by full name, and what is wrong with it by full name."""

    version: str
    resources: Mapping[str, Resource]
    problems: Mapping[str, str]


class SecretsManagerProvider:
    """The secrets below a prefix."""

    def __init__(self, prefix: str, refresh: float = REFRESH) -> None:
        self.errors = 0
        self._prefix = prefix.strip("/")
        self._refresh = refresh
        self._known: dict[str, _Known] = {}
        self._next = 0.0
        self._told = ""

    @property
    def problems(self) -> Mapping[str, str]:
        """See `Provider`."""
        return {name: problem for known in self._known.values() for name, problem in known.problems.items()}

    def read(self) -> Mapping[str, Resource]:
        """All usable secrets by name."""
        if time.monotonic() >= self._next:
            try:
                self._known = self._look()
                self._told = ""
            except (ClientError, BotoCoreError, ValueError) as error:
                self._failed(error)
            self._next = time.monotonic() + self._refresh
        return {name: each for known in self._known.values() for name, each in known.resources.items()}

    def _look(self) -> dict[str, _Known]:
        current = dict(self._list())
        changed = {
            arn: name
            for name, (arn, version) in current.items()
            if name not in self._known or self._known[name].version != version
        }
        found = {name: self._known[name] for name in current.keys() & self._known.keys()}
        arns = sorted(changed)
        for start in range(0, len(arns), _BATCH):
            answer = self._client.batch_get_secret_value(SecretIdList=arns[start : start + _BATCH])
            for value in answer["SecretValues"]:
                name = changed[value["ARN"]]
                found[name] = self._take(name, current[name][1], value.get("SecretString"))
            for failure in answer.get("Errors", ()):
                name = changed.get(failure.get("SecretId", ""), "")
                if name:
                    problem = f"{failure.get('ErrorCode')}: {failure.get('Message')}"
                    found[name] = self._held_back(name, "", {name: problem})
        return found

    def _list(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Name (`namespace/name`) → ARN and current version."""
        start = f"{self._prefix}/" if self._prefix else ""
        filters = [{"Key": "name", "Values": [start]}] if start else []
        for page in self._client.get_paginator("list_secrets").paginate(Filters=filters):
            for entry in page["SecretList"]:
                name = entry["Name"].removeprefix(start)
                if entry["Name"].startswith(start) and name.count("/") == 1:
                    yield name, (entry["ARN"], _version(entry))

    def _take(self, name: str, version: str, text: str | None) -> _Known:
        try:
            files = _files(text)
        except Unusable as error:
            return self._held_back(name, version, {name: str(error)})
        resources: dict[str, Resource] = {}
        problems: dict[str, str] = {}
        for content in contents(files):
            if not any(files.get(file) for file in content.files):
                continue
            full = f"{name}{content.suffix}"
            try:
                value = content.encode(full, files)
                resources[full] = Resource(full, resource_version(value), value)
            except Unusable as error:
                problems[full] = str(error)
        if problems or not resources:
            return self._held_back(name, version, problems or {name: "it has no values"}, resources)
        _log.info("secret %s was read from AWS Secrets Manager", name)
        return _Known(version, resources, {})

    def _held_back(
        self, name: str, version: str, problems: Mapping[str, str], good: Mapping[str, Resource] | None = None
    ) -> _Known:
        before = self._known.get(name, _Known("", {}, {}))
        resources = {**{each: before.resources[each] for each in problems if each in before.resources}, **(good or {})}
        self.errors += len(problems)
        for each, problem in problems.items():
            if before.problems.get(each) != problem:
                outcome = "the one before stays" if each in resources else "it is not served"
                _log.error("secret %s in AWS Secrets Manager cannot be used: %s; %s", each, problem, outcome)
        return _Known(version, resources, problems)

    def _failed(self, error: Exception) -> None:
        self.errors += 1
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        message = f"cannot read aws-secretsmanager://{self._prefix}: {code or error}"
        if message != self._told:
            self._told = message
            _log.error("%s; the secrets that were read stay", message)

    @cached_property
    def _client(self) -> Any:
        config = Config(
            retries={"mode": "standard"},
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT * 2,
            user_agent_extra="gitway",
        )
        # boto3 knows AWS_DEFAULT_REGION only; every other SDK reads AWS_REGION.
        return Session(region_name=os.environ.get("AWS_REGION") or None).client("secretsmanager", config=config)


def _version(entry: Mapping[str, Any]) -> str:
    """The version that is current; where the list does not say, when something was changed."""
    for version, stages in (entry.get("SecretVersionsToStages") or {}).items():
        if _CURRENT in stages:
            return str(version)
    return str(entry.get("LastChangedDate", ""))


def _files(text: str | None) -> Files:
    """The object's strings. The message never repeats any of it."""
    try:
        data = json.loads(text or "")
    except ValueError:
        data = None
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise Unusable('it is no JSON object of strings, such as {"tls.crt": "…", "tls.key": "…"}')
    return {name: value.encode() for name, value in data.items()}
