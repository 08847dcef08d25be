"""HTTPRouteFilter."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.manifests.coverage import Fields, yes

_FILTERS = "policies/test_httproutefilter.py"

FIELDS: Final[Fields] = MappingProxyType(
    {
        "credentialInjection": yes(f"{_FILTERS}::test_a_credential_is_injected"),
        "directResponse": yes(f"{_FILTERS}::test_direct_responses"),
        "matches": yes(f"{_FILTERS}::test_cookies_are_matched"),
        "urlRewrite.appendXForwardedHost": yes(f"{_FILTERS}::test_the_host_is_that_of_a_header"),
        "urlRewrite.hostname.header": yes(f"{_FILTERS}::test_the_host_is_that_of_a_header"),
        "urlRewrite.hostname.pathRegex": yes(f"{_FILTERS}::test_the_host_is_made_of_the_path"),
        "urlRewrite.hostname.type": yes(f"{_FILTERS}::test_the_host_is_the_endpoints"),
        "urlRewrite.path": yes(f"{_FILTERS}::test_a_path_is_rewritten_by_a_regular_expression"),
    }
)
