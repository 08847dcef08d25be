"""An attacker who can write to the bucket gets no configuration into a sidecar that was given a key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from reconciler.sidecar.board import Board
from reconciler.sidecar.cache import Cache
from reconciler.sidecar.follow import Follower
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.trust import Trust
from reconciler.snapshot.model import CLUSTER
from reconciler.store.errors import Refused
from reconciler.store.keys import PublicKey
from reconciler.store.model import Head
from reconciler.store.open import open_store
from reconciler.store.publish import Terms
from reconciler.store.signatures import sign
from reconciler.store.store import HEAD
from tests.reliability.attacks import FLEET, Bucket, new_key
from tests.sidecar.running import Call, Sidecar
from tests.support.wait import eventually


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    """Three signed releases: `one`, `two`, `three`."""
    bucket = Bucket(tmp_path / "store", new_key(tmp_path / "key"))
    for text in ("one", "two", "three"):
        bucket.publish(text)
    return bucket


class Client:
    """What follows a store in a sidecar, without its server; it has been started."""

    def __init__(
        self,
        bucket: Bucket,
        *keys: PublicKey,
        cache: Path | None = None,
        store_name: str | None = None,
        min_serial: int = 1,
    ) -> None:
        own = (bucket.key.public,) if bucket.key else ()
        self.board = Board()
        self.metrics = Metrics()
        store = open_store(bucket.url)
        trust = Trust(store_name or store.url, keys or own, min_serial)
        kept = Cache(cache) if cache else None
        self._follower = Follower(store, self.board, self.metrics, cache=kept, trust=trust)
        asyncio.run(self._follower._start())

    def poll(self) -> None:
        """One round."""
        asyncio.run(self._follower.step())

    @property
    def serves(self) -> str:
        """The text of the release that is served; empty: nothing."""
        fleet = self.board.fleets.get(FLEET)
        names = set(fleet.newest.contents[CLUSTER].resources) if fleet and fleet.newest else set()
        return "".join(names - {"x"})


def _signed(bucket: Bucket, head: Head, store_name: str | None = None) -> bytes:
    assert bucket.key
    return sign(head, bucket.key, store_name or bucket.url).to_bytes()


def _replay(bucket: Bucket) -> None:
    bucket.write(HEAD, bucket.heads["one"])


def _lower_the_serial(bucket: Bucket) -> None:
    bucket.edit_head(serial=2)


def _wind_the_serial_forward(bucket: Bucket) -> None:
    bucket.edit_head(serial=10**6)


def _wind_the_serial_out_of_range(bucket: Bucket) -> None:
    bucket.edit_head(serial=10**30)


def _take_the_signature_off(bucket: Bucket) -> None:
    bucket.write(HEAD, bucket.forge("evil").to_bytes())


def _keep_the_signature(bucket: Bucket) -> None:
    head = bucket.forge("evil")
    bucket.edit_head(serial=head.serial, release=head.release)


def _sign_with_another_key(bucket: Bucket) -> None:
    key = new_key(bucket.directory.parent / "evil")
    bucket.write(HEAD, sign(bucket.forge("evil"), key, bucket.url).to_bytes())


def _take_another_stores_head(bucket: Bucket) -> None:
    bucket.write(HEAD, _signed(bucket, bucket.forge("evil"), "file:///staging"))


def _put_anything_for_a_signature(bucket: Bucket) -> None:
    head = bucket.forge("evil")
    name = {"algorithm": "ed25519", "key": bucket.key.public.id if bucket.key else "", "store": bucket.url}
    odd = [7, [], {}, None, name, {**name, "signature": "%"}, {**name, "signature": ""}, {**name, "signature": [1]}]
    bucket.edit_head(serial=head.serial, release=head.release, signatures=odd)


def _give_the_serial_twice(bucket: Bucket) -> None:
    """Two histories that were both signed, as after a restored backup."""
    bucket.write(HEAD, _signed(bucket, bucket.forge("evil", serial=3)))


FORGERIES = [
    _replay,
    _lower_the_serial,
    _wind_the_serial_forward,
    _take_the_signature_off,
    _keep_the_signature,
    _sign_with_another_key,
    _take_another_stores_head,
    _put_anything_for_a_signature,
    _give_the_serial_twice,
]


@pytest.mark.parametrize("attack", FORGERIES)
def test_a_forged_head_is_refused_counted_and_changes_nothing(bucket: Bucket, attack: Callable[[Bucket], None]) -> None:
    client = Client(bucket)
    assert client.serves == "three"
    attack(bucket)
    for count in (1, 2):
        client.poll()
        assert (client.serves, client.metrics.untrusted, client.metrics.store_ok) == ("three", count, False)
    bucket.write(HEAD, bucket.heads["three"])
    bucket.publish("four")
    client.poll()
    assert (client.serves, client.metrics.store_ok) == ("four", True)


@pytest.mark.parametrize("attack", [*FORGERIES, _wind_the_serial_out_of_range])
def test_a_sidecar_that_restarts_serves_its_cache_instead(
    bucket: Bucket, tmp_path: Path, attack: Callable[[Bucket], None]
) -> None:
    Client(bucket, cache=tmp_path / "cache")
    attack(bucket)
    assert Client(bucket, cache=tmp_path / "cache").serves == "three"


@pytest.mark.parametrize("attack", [one for one in FORGERIES if one not in {_replay, _give_the_serial_twice}])
def test_a_sidecar_without_a_cache_serves_nothing_forged(bucket: Bucket, attack: Callable[[Bucket], None]) -> None:
    attack(bucket)
    assert Client(bucket).serves == ""


def test_a_replay_to_a_sidecar_without_a_cache_is_caught_by_min_serial_only(bucket: Bucket) -> None:
    _replay(bucket)
    assert Client(bucket).serves == "one"
    assert Client(bucket, min_serial=3).serves == ""
    bucket.write(HEAD, bucket.heads["three"])
    assert Client(bucket, min_serial=3).serves == "three"


# Blobs


def _truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip_a_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _bomb(_: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(bytes(2 * 1024**3 // 1024))[:-8]


DAMAGES = {
    "truncated": _truncate,
    "flipped": _flip_a_bit,
    "emptied": lambda _: b"",
    "longer": lambda data: data + data,
    "html": lambda _: b"<html>Sign in to the hotel's network</html>",
    "bomb": _bomb,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("which", [0, 1], ids=["release", "snapshot"])
def test_a_damaged_object_is_refused_until_it_is_whole_again(
    bucket: Bucket, which: int, damage: Callable[[bytes], bytes]
) -> None:
    client = Client(bucket)
    bucket.publish("four")
    path = bucket.paths("four")[which]
    whole = bucket.read(path)
    bucket.write(path, damage(whole))
    client.poll()
    assert (client.serves, client.metrics.poll_errors) == ("three", 1)
    bucket.write(path, whole)
    client.poll()
    assert client.serves == "four"


@pytest.mark.parametrize("which", [0, 1], ids=["release", "snapshot"])
def test_an_object_swapped_for_a_genuine_one_is_refused(bucket: Bucket, which: int) -> None:
    client = Client(bucket)
    bucket.publish("four")
    bucket.write(bucket.paths("four")[which], bucket.read(bucket.paths("one")[which]))
    client.poll()
    assert (client.serves, client.metrics.poll_errors) == ("three", 1)


def test_what_was_verified_bars_the_way_back_even_if_it_could_not_be_served(bucket: Bucket, tmp_path: Path) -> None:
    """As in TUF: state is kept after the signature was verified, and before what it refers to is fetched."""
    cache = tmp_path / "cache"
    client = Client(bucket, cache=cache)
    bucket.publish("four")
    bucket.write(bucket.paths("four")[1], b"")
    client.poll()
    bucket.write(HEAD, bucket.heads["three"])
    restarted = Client(bucket, cache=cache)
    assert (restarted.metrics.untrusted, restarted.serves) == (1, "three")
    assert json.loads((cache / "verified.json").read_bytes())["serial"] == 4


def test_a_serial_counts_only_once_it_is_verified(bucket: Bucket, tmp_path: Path) -> None:
    """Else an attacker could lock sidecars out with a high one."""
    client = Client(bucket, cache=tmp_path / "cache")
    _wind_the_serial_forward(bucket)
    client.poll()
    assert json.loads((tmp_path / "cache" / "verified.json").read_bytes())["serial"] == 3


def test_what_was_verified_of_another_store_does_not_count(bucket: Bucket, tmp_path: Path) -> None:
    Client(bucket, cache=tmp_path / "cache")
    other = Bucket(tmp_path / "other", bucket.key)
    other.publish("first")
    assert Client(other, cache=tmp_path / "cache").serves == "first"


# Names and keys


def test_another_url_needs_the_stores_name(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key")
    bucket = Bucket(tmp_path / "store", key, store_name="production")
    bucket.publish("one")
    assert Client(bucket).serves == ""
    assert Client(bucket, store_name="staging").serves == ""
    assert Client(bucket, store_name="production").serves == "one"


def test_keys_are_rotated_without_a_gap(bucket: Bucket, tmp_path: Path) -> None:
    assert bucket.key
    old, new = bucket.key.public, new_key(tmp_path / "new")
    early, both = Client(bucket, old), Client(bucket, old, new.public)
    bucket.publish("four", key=new)
    for client in (early, both):
        client.poll()
    assert (early.serves, early.metrics.untrusted) == ("three", 1)
    assert both.serves == "four"
    assert Client(bucket, new.public).serves == "four"


def test_what_is_current_is_signed_anew_by_the_new_key(bucket: Bucket, tmp_path: Path) -> None:
    new = new_key(tmp_path / "new")
    bucket._number -= 1  # the same commit again
    published = bucket.publish("three", key=new)
    assert (published.changed, published.signed_anew, published.serial) == (False, True, 3)
    assert Client(bucket, new.public).serves == "three"
    bucket._number -= 1
    before = bucket.read(HEAD)
    assert bucket.publish("three", key=new).signed_anew is False
    assert bucket.read(HEAD) == before


# The publisher


@pytest.mark.parametrize(
    "attack", [one for one in FORGERIES if one not in {_replay, _give_the_serial_twice}], ids=lambda one: one.__name__
)
def test_a_publisher_signs_nothing_that_an_attacker_has_put_there(
    bucket: Bucket, attack: Callable[[Bucket], None]
) -> None:
    attack(bucket)
    before = bucket.read(HEAD)
    for terms in (Terms(), Terms(fleets=(FLEET,)), Terms(force=True, fleets=(FLEET,))):
        with pytest.raises(Refused, match="not signed again unseen"):
            bucket.publish("four", terms=terms)
    assert bucket.read(HEAD) == before
    published = bucket.publish("four", terms=Terms(force=True))
    assert (published.release.parent, published.release.retired) == (None, {}), "nothing was taken over"
    assert published.serial == json.loads(before)["serial"] + 1


def test_after_a_replay_a_publisher_goes_on_above_what_was_accepted(bucket: Bucket) -> None:
    client = Client(bucket)
    _replay(bucket)
    assert bucket.publish("four").serial == 2
    client.poll()
    assert (client.serves, client.metrics.untrusted) == ("three", 1)
    assert bucket.publish("five", terms=Terms(min_serial=4)).serial == 4
    client.poll()
    assert client.serves == "five"


def test_signing_is_neither_dropped_nor_introduced_unnoticed(bucket: Bucket, tmp_path: Path) -> None:
    signed, bucket.key = bucket.key, None
    with pytest.raises(Refused, match="this publish would not be"):
        bucket.publish("four")
    assert bucket.publish("four", terms=Terms(force=True)).serial == 4
    bucket.key = signed
    with pytest.raises(Refused, match="is not signed") as raised:
        bucket.publish("five")
    assert "--force" in raised.value.help
    bucket.publish("five", terms=Terms(force=True))
    assert Client(bucket).serves == "five"


def test_a_head_that_was_removed_is_not_begun_anew(bucket: Bucket) -> None:
    (bucket.directory / HEAD).unlink()
    with pytest.raises(Refused, match="up to serial 3"):
        bucket.publish("four")
    assert bucket.publish("four", terms=Terms(force=True)).serial == 4


# The process


def test_a_sidecar_with_a_key_serves_on_and_says_so(bucket: Bucket, tmp_path: Path) -> None:
    keys = (tmp_path / "key.pub",)
    with (
        Sidecar(tmp_path / "sidecar", bucket.url, verify_keys=keys) as sidecar,
        Call(sidecar.xds, delta=True) as call,
    ):
        call.ask(CLUSTER, fleet=FLEET)
        assert {each.name for each in call.next().resources} == {"x", "three"}
        _sign_with_another_key(bucket)
        eventually(lambda: "is not signed by any key that is trusted here" in sidecar.output())
        eventually(lambda: sidecar.admin("/").json["store"]["up"] is False)
        metrics = sidecar.admin("/metrics").body.decode()
        assert float(metrics.partition("\ngitway_store_untrusted_total ")[2].split()[0]) > 0
        bucket.write(HEAD, bucket.heads["three"])
        bucket.publish("four")
        assert {each.name for each in call.next().resources} == {"four"}
