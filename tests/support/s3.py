"""A real S3 server: SeaweedFS."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tests.support import binaries
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "gitway-tests"
SECRET_KEY = "not-a-secret"
REGION = "us-east-1"


class S3Server:
    """SeaweedFS on loopback, its data in `directory`; a context manager."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        data = directory / "data"
        data.mkdir(parents=True)
        ports = ["-s3.port.grpc"]
        for name in ("master", "volume", "filer", "admin"):
            ports += [f"-{name}.port", f"-{name}.port.grpc"]
        options = [f"{option}={free_port()}" for option in ports]
        loopback = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={self.port}"]
        # Without 0 these two listen on fixed ports, where a second server finds the first.
        less = ["-s3.port.iceberg=0", "-s3.port.lance=0", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"]
        self.process = Process(
            [binaries.weed(), "mini", f"-dir={data}", *loopback, *options, *less],
            log=directory / "weed.log",
            env={"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "HOME": str(directory)},
        )

    def __enter__(self) -> Self:
        self.process.__enter__()
        try:
            eventually(self._answers, seconds=60)
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stop()

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The AWS_* variables with which any client finds it and nothing of this machine's user."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> S3Client:
        """A boto3 client for it."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
        )

    def create_bucket(self, name: str) -> str:
        """Creates an empty bucket and returns its name."""
        self.client().create_bucket(Bucket=name)
        return name

    def _answers(self) -> bool:
        self.process.check_running()
        with socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        try:
            self.client().list_buckets()
        except Exception as error:  # botocore's errors share no base class with the built-in ones
            raise ConnectionError(str(error)) from error
        return True
