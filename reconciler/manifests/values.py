"""Constrained strings and numbers of the CRDs and of Kubernetes' own API, with their patterns in plain words.

Patterns are those of the CRDs, character by character: pydantic hands them to Rust's `regex`, which is linear in the
length of the text and reads `^` and `$` as Go does. Lengths count Unicode code points, as in the API server.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from annotated_types import Ge, Le
from pydantic import Field, StringConstraints

DNS_LABEL: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_LABEL_OR_EMPTY: Final = r"^$|" + DNS_LABEL
DNS_1035_LABEL: Final = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
DNS_SUBDOMAIN_OR_EMPTY: Final = r"^$|" + DNS_SUBDOMAIN
WILDCARD_HOSTNAME: Final = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
FQDN: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$"
KIND: Final = r"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"
HTTP_NAME: Final = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"
HEADER_VALUE: Final = r"^[!-~]+([\t ]?[!-~]+)*$"
DURATION: Final = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"
URL_PATH: Final = r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$"
QUALIFIED_NAME: Final = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$"
)
LABEL_VALUE: Final = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
DOMAIN_PREFIXED_PATH: Final = (
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"
)
CORS_ORIGIN: Final = r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)"
# Both alternations are anchored on one side only; that is how they stand in the CRD, so that is what is accepted.
ADDRESS_TYPE: Final = (
    r"^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    r"\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"
)
LISTENER_PROTOCOL: Final = (
    r"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"
    r"|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$"
)
IP_ADDRESS: Final = (
    r"^((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)$"
    r"|^(([0-9a-fA-F]{1,4}:){1,7}[0-9a-fA-F]{1,4}|::|(([0-9a-fA-F]{1,4}:){0,5})?(:[0-9a-fA-F]{1,4}){1,2})$"
)
WELL_KNOWN_CA: Final = (
    r"^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/"
    r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$"
)
URI: Final = r"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?"
ONE_LINE: Final = r"^[^\r\n\x00]*$"
CIDR: Final = (
    r"((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.(25[0-5]|2[0-4][0-9]|[01"
    r"]?[0-9][0-9]?)\.(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\/([0-9]+))|((([0-9a-fA-F]{1,4}:){7,7}[0-9a-fA-F]{1"
    r",4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-f"
    r"A-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,"
    r"4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:(("
    r":[0-9a-fA-F]{1,4}){1,7}|:)|fe80:(:[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]{1,}|::(ffff(:0{1,4}){0,1}:){0,1}((25"
    r"[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])|([0-9a-fA-F]{1,4}:)"
    r"{1,4}:((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9]))\/([0-9]+"
    r"))"
)
ORIGIN: Final = r"^(\*|[A-Za-z][A-Za-z0-9+.-]*:\/\/(\*|(\*\.)?(([\w-]+\.?)+)?[\w-]+)(:\d{1,5})?)$"
HTTP_URL: Final = (
    r"^((https?:)(\/\/\/?)([\w]*(?::[\w]*)?@)?([\d\w\.-]+)(?::(\d+))?)?([\/\\\w\.()-]*)?(?:([?][^#]*)?(#.*)?)*"
)
ATTRIBUTE: Final = r"^(connection\.|source\.|destination\.|request\.|response\.|upstream\.|xds\.route_)[a-z_1-9]*$"
COUNTRY: Final = r"^[A-Za-z]{2}$"
REGION: Final = r"^[A-Za-z0-9-]+$"
CLIENT_HEADER: Final = r"^[A-Za-z0-9-]+$"
SHA256: Final = r"^[a-f0-9]{64}$"
MODULE_URL: Final = r"^https?://[^/?#]+(?:[/?#].*)?$"
DATABASE: Final = r"^.*\.mmdb$"
MODULE_NAME: Final = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
CONFIG_KEY: Final = r"^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$"

_HOSTNAME_WORDS: Final = (
    'must be a DNS name in lower case: letters, digits, "-" and ".", such as "shop.example.com", without a port'
)

_LABEL_WORDS: Final = 'must be a DNS label: lower case letters and digits, with "-" between them'

PATTERN_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        DNS_LABEL: _LABEL_WORDS,
        DNS_LABEL_OR_EMPTY: _LABEL_WORDS,
        DNS_1035_LABEL: 'must be a DNS label that begins with a letter: lower case letters, digits and "-"',
        DNS_SUBDOMAIN: _HOSTNAME_WORDS,
        DNS_SUBDOMAIN_OR_EMPTY: 'must be an API group such as "gateway.networking.k8s.io", without a version, or ""',
        WILDCARD_HOSTNAME: _HOSTNAME_WORDS + '; "*." may stand at its beginning',
        FQDN: _HOSTNAME_WORDS,
        KIND: 'must be the name of a kind, such as "Service": letters, digits and "-"',
        HTTP_NAME: "must be an HTTP token: letters, digits and !#$%&'*+-.^_`|~, without spaces or colons",
        HEADER_VALUE: "must be printable ASCII without spaces at its ends or two in a row",
        DURATION: 'must be a duration such as "10s", "500ms" or "1m30s": whole numbers of h, m, s or ms',
        URL_PATH: "must have only characters that may stand in a URL's path; others are written as %XX",
        QUALIFIED_NAME: 'must be a name such as "app" or "example.com/app": up to 63 letters, digits, "-", "_" and "." '
        'after an optional DNS name and "/"',
        LABEL_VALUE: 'must be letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
        DOMAIN_PREFIXED_PATH: 'must be DOMAIN/PATH, such as "gateway.envoyproxy.io/gatewayclass-controller"',
        CORS_ORIGIN: 'must be "*" or an origin such as "https://shop.example.com" or "https://*.example.com"',
        ADDRESS_TYPE: "must be IPAddress, Hostname, NamedAddress or a type of an implementation, DOMAIN/PATH",
        LISTENER_PROTOCOL: "must be HTTP, HTTPS, TLS, TCP, UDP or a protocol of an implementation, DOMAIN/NAME",
        IP_ADDRESS: "must be an IPv4 or IPv6 address",
        WELL_KNOWN_CA: 'must be "System" or a name of an implementation, DOMAIN/NAME',
        URI: 'must be a URI with "//", such as "spiffe://cluster.local/ns/shop/sa/cart"',
        CIDR: 'must be a range of IP addresses, such as "10.0.0.0/8"',
        ORIGIN: 'must be "*" or an origin such as "https://shop.example.com" or "https://*.example.com"',
        HTTP_URL: 'must be a URL such as "https://modules.example.com/filter.wasm"',
        ATTRIBUTE: 'must be an attribute of Envoy, such as "request.path"',
        COUNTRY: 'must be a country code of two letters, such as "DE"',
        REGION: 'must have letters, digits and "-" only',
        SHA256: "must be a SHA-256 digest: 64 hexadecimal digits in lower case",
        MODULE_URL: 'must be a URL of http or https, such as "https://modules.example.com/filter.so"',
        DATABASE: 'must be the path of a database of MaxMind: it ends with ".mmdb"',
        MODULE_NAME: 'must be lower case letters, digits, "-" and "."',
        ONE_LINE: "must have no line breaks",
        CONFIG_KEY: 'must be a file name: letters, digits, "-", "_" and ".", without ".." at its beginning',
    }
)
"""Pattern → what it asks for, in words that follow a field's name."""

Text = Annotated[str, StringConstraints(max_length=1024)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Namespace = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=DNS_LABEL)]
Group = Annotated[str, StringConstraints(max_length=253, pattern=DNS_SUBDOMAIN_OR_EMPTY)]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=KIND)]
Subdomain = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)]
Hostname = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=WILDCARD_HOSTNAME)]
Duration = Annotated[str, StringConstraints(pattern=DURATION)]
HeaderName = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=HTTP_NAME)]
HeaderValue = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=HEADER_VALUE)]

Label = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=DNS_LABEL)]
LabelOrEmpty = Annotated[str, StringConstraints(max_length=63, pattern=DNS_LABEL_OR_EMPTY)]
Label1035 = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=DNS_1035_LABEL)]
QualifiedName = Annotated[str, StringConstraints(min_length=1, max_length=317, pattern=QUALIFIED_NAME)]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=LABEL_VALUE)]
AnnotationValue = Annotated[str, StringConstraints(max_length=4096)]
ConfigKey = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=CONFIG_KEY)]

INT32_MAX: Final = 2**31 - 1
INT64_MAX: Final = 2**63 - 1

Port = Annotated[int, Ge(1), Le(65535)]
PortOrZero = Annotated[int, Ge(0), Le(65535)]
Int32 = Annotated[int, Ge(-INT32_MAX - 1), Le(INT32_MAX)]
Int64 = Annotated[int, Ge(-INT64_MAX - 1), Le(INT64_MAX)]
Positive32 = Annotated[int, Field(ge=1, le=INT32_MAX)]
NonNegative32 = Annotated[int, Field(ge=0, le=INT32_MAX)]
UINT32_MAX: Final = 2**32 - 1
UInt32 = Annotated[int, Field(ge=0, le=UINT32_MAX)]
Percent = Annotated[int, Field(ge=0, le=100)]
StatusCode = Annotated[int, Field(ge=100, le=599)]
# fmt: off
ErrorStatus = Literal[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424,
    426, 428, 429, 431, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
]
# fmt: on
"""Statuses of refusals."""


def is_ip(text: str) -> bool:
    """Whether Go's `net.ParseIP` takes it: no zone, no leading zeros."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
