"""`encode` gives the bytes of the library and of the C runtime, for whatever message."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import betterproto2
import pytest
from betterproto2 import Message
from envoy_data_plane.cel import expr as cel
from envoy_data_plane.envoy.extensions.filters.http.header_mutation import v3 as header_mutation
from google.protobuf.message import Message as CMessage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.snapshot.encode import encode, encoded, to_any, unvalidated
from reconciler.snapshot.protos import cluster, core, endpoint, hcm, listener, protobuf, route, tls

C_RUNTIME_MODULES = (
    "envoy.config.cluster.v3.cluster_pb2",
    "envoy.config.endpoint.v3.endpoint_pb2",
    "envoy.config.listener.v3.listener_pb2",
    "envoy.config.route.v3.route_pb2",
    "envoy.extensions.filters.http.header_mutation.v3.header_mutation_pb2",
    "envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2",
    "envoy.extensions.transport_sockets.tls.v3.tls_pb2",
    "google.protobuf.struct_pb2",
)
TYPES = (
    listener.Listener,
    listener.FilterChain,
    hcm.HttpConnectionManager,
    route.RouteConfiguration,
    route.VirtualHost,
    route.Route,
    route.RouteAction,
    route.RetryPolicy,
    cluster.Cluster,
    cluster.OutlierDetection,
    core.HealthCheck,
    core.Metadata,
    endpoint.ClusterLoadAssignment,
    tls.Secret,
    tls.DownstreamTlsContext,
    header_mutation.HeaderMutation,
    protobuf.Struct,
    protobuf.Value,
    protobuf.Any,
    protobuf.Duration,
)

Messages = Callable[[type[Any]], st.SearchStrategy[Any]]
LibraryBytes = Callable[[Message], bytes]

few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

by_name = pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.__name__)


@pytest.fixture(scope="module", autouse=True)
def _c_runtime() -> None:
    for module in C_RUNTIME_MODULES:
        importlib.import_module(module)


@by_name
@few
@given(data=st.data())
def test_the_bytes_are_those_of_the_library(
    cls: type[Message], data: st.DataObject, messages: Messages, library_bytes: LibraryBytes
) -> None:
    message = data.draw(messages(cls))
    assert encode(message) == library_bytes(message)


@by_name
@few
@given(data=st.data())
def test_the_c_runtime_reads_what_was_meant(
    cls: type[Message], data: st.DataObject, messages: Messages, c_runtime_message: Callable[[Message], CMessage]
) -> None:
    message = data.draw(messages(cls))
    expected = c_runtime_message(message)
    read = type(expected).FromString(encode(message))
    read.DiscardUnknownFields()
    assert read == expected


@pytest.mark.parametrize("cls", [core.HeaderValueOption, core.SocketAddress, protobuf.Value, route.RedirectAction])
@few
@given(data=st.data())
def test_an_unvalidated_message_equals_the_validated_one(
    cls: type[Message], data: st.DataObject, messages: Messages
) -> None:
    message = data.draw(messages(cls))
    validated = revalidated(message)
    assert message == validated
    assert repr(message) == repr(validated)
    assert encode(validated) == encode(message) == bytes(validated) == bytes(message)
    assert cls.parse(encode(message)) == message


def revalidated(value: Any) -> Any:
    """The same, with all messages made the ordinary way."""
    if isinstance(value, dict):
        return {key: revalidated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revalidated(item) for item in value]
    if isinstance(value, Message):
        fields = {name: revalidated(item) for name, item in vars(value).items() if name != "_unknown_fields"}
        return type(value)(**fields)
    return value


@given(entries=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.floats()))
def test_maps_are_written_in_the_order_of_their_keys(entries: dict[str, float]) -> None:
    def struct(items: list[tuple[str, float]]) -> bytes:
        value = unvalidated(protobuf.Value)
        return encode(unvalidated(protobuf.Struct)(fields={k: value(number_value=v) for k, v in items}))

    in_order = struct(sorted(entries.items()))
    assert struct(list(entries.items())) == struct(list(reversed(entries.items()))) == in_order


def test_maps_with_numbers_as_keys_are_in_the_order_of_the_numbers() -> None:
    message = unvalidated(cel.SourceInfo)(positions={10: 1, -1: 2, 9: 3})
    assert [key for key, _ in cel.SourceInfo.parse(encode(message)).positions.items()] == [-1, 9, 10]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(unvalidated(route.Route)(), b"", id="nothing"),
        pytest.param(unvalidated(route.Route)(name=""), b"", id="a default"),
        pytest.param(unvalidated(route.Route)(route=None), b"", id="None"),
        pytest.param(unvalidated(route.RouteMatch)(prefix=""), b"\x0a\x00", id="a oneof's default"),
        pytest.param(unvalidated(route.Route)(match=unvalidated(route.RouteMatch)()), b"\x0a\x00", id="empty message"),
        pytest.param(unvalidated(protobuf.Value)(bool_value=False), b"\x20\x00", id="a oneof's False"),
        pytest.param(
            unvalidated(protobuf.Value)(null_value=protobuf.NullValue.NULL_VALUE), b"\x08\x00", id="a oneof's enum"
        ),
        pytest.param(unvalidated(route.RouteAction)(timeout=timedelta()), b"\x42\x00", id="no time"),
        pytest.param(
            unvalidated(route.RouteAction)(timeout=timedelta(seconds=1.5)),
            b"\x42\x08\x08\x01\x10\x80\xca\xb5\xee\x01",
            id="seconds and nanoseconds",
        ),
        pytest.param(unvalidated(route.Route)(per_request_buffer_limit_bytes=0), b"\x82\x01\x00", id="wrapped 0"),
        pytest.param(
            unvalidated(route.Route)(per_request_buffer_limit_bytes=300), b"\x82\x01\x03\x08\xac\x02", id="wrapped 300"
        ),
        pytest.param(unvalidated(protobuf.Any)(value=b"\x00"), b"\x12\x01\x00", id="bytes"),
        pytest.param(
            unvalidated(protobuf.Duration)(seconds=-1), b"\x08" + b"\xff" * 9 + b"\x01", id="a negative number"
        ),
        pytest.param(
            unvalidated(cluster.Cluster)(type=cluster.ClusterDiscoveryType(77)), b"\x10\x4d", id="an unknown enum"
        ),
        pytest.param(
            unvalidated(core.SubstitutionFormatString)(json_format=encoded(protobuf.Struct, b"")),
            b"\x12\x00",
            id="an empty pre-encoded message",
        ),
        pytest.param(
            unvalidated(protobuf.SourceCodeInfoLocation)(path=[1, 300]), b"\x0a\x03\x01\xac\x02", id="packed numbers"
        ),
    ],
)
def test_bytes_that_the_specification_asks_for(message: Message, expected: bytes, library_bytes: LibraryBytes) -> None:
    assert encode(message) == expected == library_bytes(message)


@given(value=st.timedeltas(timedelta(days=-400_000), timedelta(days=400_000)))
def test_any_duration_is_written_as_the_library_does(value: timedelta) -> None:
    message = unvalidated(route.RouteAction)(timeout=value)
    assert encode(message) == b"\x42" + framed(bytes(protobuf.Duration.from_wrapped(value)))


@given(value=st.datetimes(timezones=st.timezones()))
@settings(deadline=None)
def test_a_time_is_written_in_utc(value: datetime) -> None:
    assert encode(unvalidated(cel.Constant)(timestamp_value=value)) == encode(
        unvalidated(cel.Constant)(timestamp_value=value.astimezone(UTC))
    )


def framed(data: bytes) -> bytes:
    return betterproto2.encode_varint(len(data)) + data


def test_unknown_fields_follow_the_known_ones() -> None:
    message = route.RouteMatch.parse(b"\xfa\x7f\x01x\x0a\x01/")
    assert encode(message) == bytes(message) == b"\x0a\x01/\xfa\x7f\x01x"


def test_the_order_of_arguments_does_not_matter() -> None:
    header = unvalidated(core.HeaderValue)
    assert encode(header(key="a", value="b")) == encode(header(value="b", key="a"))


def test_a_field_that_the_class_does_not_have_is_refused() -> None:
    misspelt: Any = unvalidated(core.HeaderValue)
    with pytest.raises(TypeError, match=r"HeaderValue has no field keys"):
        encode(misspelt(keys="a"))


def test_messages_share_no_state() -> None:
    construct = unvalidated(core.HeaderValue)
    first, second = construct(key="a"), construct(value="b")
    assert (first.key, first.value, second.key, second.value) == ("a", "", "", "b")


@few
@given(data=st.data())
def test_an_encoded_message_stands_for_the_message_wherever_it_is(data: st.DataObject, messages: Messages) -> None:
    entry = data.draw(messages(route.Route))
    construct = unvalidated(route.VirtualHost)
    stand_in = encoded(route.Route, encode(entry))
    assert isinstance(stand_in, route.Route)
    assert encode(stand_in) == encode(entry)
    assert encode(construct(name="x", routes=[stand_in, entry])) == encode(
        construct(name="x", routes=[entry, stand_in])
    )

    action = data.draw(messages(route.RouteAction))
    by_field = unvalidated(route.Route)(route=encoded(route.RouteAction, encode(action)))
    assert encode(by_field) == encode(unvalidated(route.Route)(route=action))

    value = data.draw(messages(protobuf.Value))
    by_key = unvalidated(protobuf.Struct)(fields={"a": encoded(protobuf.Value, encode(value))})
    assert encode(by_key) == encode(unvalidated(protobuf.Struct)(fields={"a": value}))


def test_an_encoded_message_has_the_same_bytes_for_the_library(library_bytes: LibraryBytes) -> None:
    outer = unvalidated(route.Route)(match=encoded(route.RouteMatch, b"\x0a\x01/"))
    assert encode(outer) == library_bytes(outer) == b"\x0a\x03\x0a\x01/"


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (tls.Secret, {"name": "a/b"}),
        (hcm.HttpConnectionManager, {"stat_prefix": "x"}),
        (route.RateLimitActionGenericKey, {"descriptor_value": "nested types have their proto names"}),
        (protobuf.Value, {"number_value": 1.5}),
    ],
)
def test_to_any_packs_as_the_library_does(cls: type[Message], fields: dict[str, Any]) -> None:
    message = cls(**fields)
    packed = to_any(message)
    assert packed == protobuf.Any.pack(message)
    assert encode(packed) == bytes(protobuf.Any.pack(message))
    assert packed.unpack() == message


def test_an_encoded_message_can_be_packed() -> None:
    secret = unvalidated(tls.Secret)(name="a/b")
    assert to_any(encoded(tls.Secret, encode(secret))) == to_any(secret)
