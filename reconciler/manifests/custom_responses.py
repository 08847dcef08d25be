"""Answers that are put in the place of others (`responseOverride` of a BackendTrafficPolicy)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.httproute_filters import HTTPPathModifier
from reconciler.manifests.references import LocalObjectReference
from reconciler.manifests.rules import Violation, check, distinct, refused, unique_by
from reconciler.manifests.values import HeaderName, Int32, Int64, Subdomain


class StatusCodeRange(Model):
    """Both ends are part of it."""

    start: Int64
    end: Int64

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise refused([Violation(f"must be greater than start, {self.start}", ("end",))])
        return self


class StatusCodeMatch(Model):
    """One status code, or several in a row."""

    type: Literal["Value", "Range"] = "Value"
    value: Int64 | None = None
    range: StatusCodeRange | None = None

    @model_validator(mode="after")
    def _has_what_type_says(self) -> Self:
        field = self.type.lower()
        if getattr(self, field) is None:
            raise refused([Violation(f"must have {field} where type is {self.type}")])
        return self


class HeaderValueMatch(Model):
    """What a header's value is compared with."""

    type: Literal["Exact", "Prefix", "Suffix", "RegularExpression"] = "Exact"
    value: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class ResponseHeaderMatch(Model):
    """A header of the answer."""

    name: HeaderName
    value: HeaderValueMatch


class CustomResponseMatch(Model):
    """Answers: one of the status codes, if there are any, and all of the headers."""

    status_codes: Annotated[list[StatusCodeMatch], Field(min_length=1, max_length=50)] | None = None
    response_headers: Annotated[list[ResponseHeaderMatch], Field(min_length=1, max_length=16)] | None = None

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if self.status_codes is None and self.response_headers is None:
            raise refused([Violation("must have at least one of statusCodes and responseHeaders")])
        return self


class CustomResponseBody(Model):
    """A body, here or in a ConfigMap: its key `response.body`, or the first."""

    type: Literal["Inline", "ValueRef"] = "Inline"
    inline: str | None = None
    value_ref: LocalObjectReference | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.type == "Inline" and self.inline is None:
            yield Violation("must have inline where type is Inline")
        if self.type == "ValueRef" and self.value_ref is None:
            yield Violation("must have valueRef where type is ValueRef")
        if self.value_ref is not None and self.value_ref.kind != "ConfigMap":
            yield Violation("must be ConfigMap", ("valueRef", "kind"))


class ResponseHeader(Model):
    """A header; unlike those of the filters of routes it may have any value."""

    name: HeaderName
    value: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class ResponseHeaders(Model):
    """Changes of the headers of an answer."""

    set: Annotated[list[ResponseHeader], Field(max_length=16), unique_by("name")] = Field(default_factory=list)
    add: Annotated[list[ResponseHeader], Field(max_length=16), unique_by("name")] = Field(default_factory=list)
    remove: Annotated[list[str], Field(max_length=16), distinct] = Field(default_factory=list)


def _without_remove(headers: ResponseHeaders) -> ResponseHeaders:
    if headers.remove:
        raise refused([Violation("must not be set: there is nothing to remove headers from", ("remove",))])
    return headers


class CustomResponse(Model):
    """An answer; what is None stays as it was."""

    content_type: str | None = None
    body: CustomResponseBody | None = None
    status_code: Int64 | None = None
    header: Annotated[ResponseHeaders, AfterValidator(_without_remove)] | None = None


def _full_path(path: HTTPPathModifier) -> HTTPPathModifier:
    if path.type != "ReplaceFullPath":
        raise refused([Violation("must be ReplaceFullPath", ("type",))])
    return path


class CustomRedirect(Model):
    """Another answer is fetched from there, and given with `status_code`."""

    scheme: Literal["http", "https"] | None = None
    hostname: Subdomain | None = None
    path: Annotated[HTTPPathModifier, AfterValidator(_full_path)] | None = None
    port: Int32 | None = None
    status_code: Literal[301, 302] = 302


class ResponseOverride(Model):
    """What is answered instead."""

    match: CustomResponseMatch
    response: CustomResponse | None = None
    redirect: CustomRedirect | None = None
    source: Literal["All", "Local", "Backend"] | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.response is None) is (self.redirect is None):
            raise refused([Violation("must have exactly one of response and redirect")])
        return self
