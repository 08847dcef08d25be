"""AWS Secrets Manager on loopback: moto's server."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Any, Self

REGION = "us-east-1"


class SecretsManager:
    """A context manager."""

    def __enter__(self) -> Self:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        # What one server keeps is kept for the whole process.
        with urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"") as answer:
            answer.read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The AWS_* variables with which a client finds it and nothing of this machine's user."""
        host, port = self._server.get_host_and_port()
        return {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "gitway-tests",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    @cached_property
    def client(self) -> Any:
        """A boto3 client."""
        import boto3

        given = self.environment
        return boto3.client(
            "secretsmanager",
            endpoint_url=given["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def put(self, name: str, files: Mapping[str, bytes] | str) -> None:
        """Creates or changes a secret."""
        client = self.client
        text = files if isinstance(files, str) else json.dumps({key: value.decode() for key, value in files.items()})
        try:
            client.create_secret(Name=name, SecretString=text)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=name, SecretString=text)
