"""What is done with the headers of clients' requests and of their answers, as a ClientTrafficPolicy has it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.quantities import Quantity
from reconciler.manifests.rules import Violation, distinct, refused, unique_by
from reconciler.manifests.string_match import StringMatch
from reconciler.manifests.values import HeaderName


class Header(Model):
    """A header to write. The value may have operators of Envoy (`%START_TIME%`)."""

    name: HeaderName
    value: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


Headers = Annotated[list[Header], Field(min_length=1, max_length=64), unique_by("name")]


class HeaderChanges(Model):
    """Changes of headers."""

    set: Headers = Field(default_factory=list)
    add: Headers = Field(default_factory=list)
    add_if_absent: Headers = Field(default_factory=list)
    remove: Annotated[list[str], Field(min_length=1, max_length=64), distinct] = Field(default_factory=list)
    remove_on_match: Annotated[list[StringMatch], Field(min_length=1, max_length=64)] = Field(default_factory=list)


_SETTING = frozenset({"AppendForward", "SanitizeSet"})


class XForwardedClientCert(Model):
    """The header that tells backends of the client's certificate."""

    mode: Literal["Sanitize", "ForwardOnly", "AppendForward", "SanitizeSet", "AlwaysForwardOnly"] | None = None
    cert_details_to_add: Annotated[list[Literal["Subject", "Cert", "Chain", "DNS", "URI"]], Field(max_length=5)] = (
        Field(default_factory=list)
    )

    @model_validator(mode="after")
    def _details_are_added(self) -> Self:
        if self.cert_details_to_add and self.mode not in _SETTING:
            message = "may only be set where mode is AppendForward or SanitizeSet"
            raise refused([Violation(message, ("certDetailsToAdd",))])
        return self


class HostSettings(Model):
    """The host of a request."""

    strip_trailing_host_dot: bool | None = None


class HeaderSettings(Model):
    """Headers of clients' requests and of their answers. `preserve_x_request_id` is deprecated."""

    enable_envoy_headers: bool | None = None
    disable_rate_limit_headers: bool | None = None
    x_forwarded_client_cert: XForwardedClientCert | None = None
    with_underscores_action: Literal["Allow", "RejectRequest", "DropHeader"] | None = None
    preserve_x_request_id: Annotated[bool | None, Field(alias="preserveXRequestID")] = None
    request_id: Annotated[
        Literal["PreserveOrGenerate", "Preserve", "Generate", "Disable"] | None, Field(alias="requestID")
    ] = None
    early_request_headers: HeaderChanges | None = None
    late_response_headers: HeaderChanges | None = None
    host: HostSettings | None = None
    max_request_header_limit: Quantity | None = None

    @model_validator(mode="after")
    def _one_way_of_request_ids(self) -> Self:
        if self.preserve_x_request_id is not None and self.request_id is not None:
            raise refused([Violation("may have preserveXRequestID or requestID, not both")])
        return self
