"""Session persistence, of HTTPRoutes and GRPCRoutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import Duration, HeaderName, Text


class CookieConfig(Model):
    """The cookie of a session."""

    name: HeaderName | None = None
    path: Text = "/"
    lifetime_type: Literal["Permanent", "Session"] = "Session"


class HeaderConfig(Model):
    """The header of a session."""

    name: HeaderName


class SessionPersistence(Model):
    """How the requests of one session find the same backend."""

    type: Literal["Cookie", "Header"] = "Cookie"
    absolute_timeout: Duration | None = None
    cookie: CookieConfig | None = None
    header: HeaderConfig | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for type_, settings in (("Cookie", self.cookie), ("Header", self.header)):
            field = type_.lower()
            if self.type == type_ and settings is None:
                yield Violation(f"must have {field} where type is {type_}")
            elif self.type != type_ and settings is not None:
                yield Violation(f"may only be set where type is {type_}", (field,))
        if self.cookie is not None and self.cookie.lifetime_type == "Permanent" and self.absolute_timeout is None:
            yield Violation("must have absoluteTimeout where the cookie's lifetimeType is Permanent")
