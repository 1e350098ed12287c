"""Whatever people do to a drive, its rules hold: a machine that acts at random, and looks after each step."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from damgate import check
from damgate.core.assets import Kind
from damgate.core.errors import DamgateError
from damgate.core.objects import Wanted
from damgate.drive.buckets import Bucket
from tests.drive.buckets.rooms import given, of, put
from tests.drive.house import House, build, picture

T = TypeVar("T")

STATES = st.sampled_from(["Inbox", "Review", "Approved", "Rejected", "Archive"])
FOLDERS = st.sampled_from(["", "a/", "b/", "a/c/"])
FILES = st.sampled_from(["x.jpg", "X.jpg", "y.tif", "y.jpg", "5C7E1A00", "~WRD0001.tmp", "z.txt"])
PEOPLE = st.sampled_from(["carl", "cora", "rita", "mia"])


def track(sequence: Sequence[T], /, *, description: str) -> Sequence[T]:
    assert description
    return sequence


class Drive(RuleBasedStateMachine):
    """People who write, move, copy, delete and restore at random."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.house: House = build(Path(self.folder.name) / "drive")
        self.versions: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.context.catalogue.close()
            self.folder.cleanup()

    @rule(who=PEOPLE, state=STATES, folder=FOLDERS, name=FILES, data=st.sampled_from(["", "one", "two", "BROKEN"]))
    def write(self, who: str, state: str, folder: str, name: str, data: str) -> None:
        with contextlib.suppress(DamgateError):
            self.house.put(who, f"{state}/{folder}{name}", data or b"")

    @rule(who=PEOPLE, state=STATES, folder=FOLDERS)
    def make_folder(self, who: str, state: str, folder: str) -> None:
        with contextlib.suppress(DamgateError):
            self.house.mkcol(who, f"{state}/{folder}")

    @rule(who=PEOPLE, a=STATES, b=STATES, f=FOLDERS, g=FOLDERS, name=FILES, other=FILES, overwrite=st.booleans())
    def move(self, who: str, a: str, b: str, f: str, g: str, name: str, other: str, overwrite: bool) -> None:
        with contextlib.suppress(DamgateError):
            self.house.move(who, f"{a}/{f}{name}", f"{b}/{g}{other}", overwrite=overwrite)

    @rule(who=PEOPLE, a=STATES, b=STATES, f=FOLDERS, g=FOLDERS)
    def move_folder(self, who: str, a: str, b: str, f: str, g: str) -> None:
        with contextlib.suppress(DamgateError):
            self.house.move(who, f"{a}/{f}", f"{b}/{g}")

    @rule(who=PEOPLE, a=STATES, b=STATES, f=FOLDERS, name=FILES)
    def copy(self, who: str, a: str, b: str, f: str, name: str) -> None:
        with contextlib.suppress(DamgateError):
            self.house.drive.copy(self.house.who(who), (a, *f.split("/")[:-1], name), (b, "copied " + name))

    @rule(who=PEOPLE, state=STATES, folder=FOLDERS, name=FILES)
    def delete(self, who: str, state: str, folder: str, name: str) -> None:
        with contextlib.suppress(DamgateError):
            self.house.delete(who, f"{state}/{folder}{name}")

    @rule(who=PEOPLE, number=st.integers(0, 3))
    def restore(self, who: str, number: int) -> None:
        with contextlib.suppress(DamgateError, IndexError):
            drive, actor = self.house.drive, self.house.who(who)
            drive.restore(actor, drive.trash(actor)[number].path)

    @rule(who=PEOPLE, state=STATES, folder=FOLDERS, name=FILES, data=st.sampled_from(["", "one", "two"]))
    def put_an_object(self, who: str, state: str, folder: str, name: str, data: str) -> None:
        with contextlib.suppress(DamgateError):
            put(self._bucket(who, state), f"{folder}{name}", picture(data) if data else b"", meta={"by": who})

    @rule(who=PEOPLE, state=STATES, folder=FOLDERS, name=FILES)
    def delete_an_object(self, who: str, state: str, folder: str, name: str) -> None:
        with contextlib.suppress(DamgateError):
            self._bucket(who, state).delete(f"{folder}{name}", given())

    @rule(who=PEOPLE, a=STATES, b=STATES, folder=FOLDERS, name=FILES)
    def hand_an_object_on(self, who: str, a: str, b: str, folder: str, name: str) -> None:
        with contextlib.suppress(DamgateError):
            self._bucket(who, a).set_tags(f"{folder}{name}", {"damgate:state": b})

    def _bucket(self, who: str, state: str) -> Bucket:
        return of(self.house, who).find(state.lower())

    @rule(seconds=st.sampled_from([1, 61, 601]))
    def wait(self, seconds: int) -> None:
        self.house.clock.pass_(seconds)

    @rule()
    def work(self) -> None:
        self.house.work()

    @invariant()
    def every_promise_that_check_verifies_holds(self) -> None:
        if hasattr(self, "house"):
            assert check.verify(self.house.context, track).faults == []

    @invariant()
    def no_asset_loses_its_id_or_a_version(self) -> None:
        if not hasattr(self, "house"):
            return
        with self.house.context.catalogue.read() as tx:
            for asset, most in self.versions.items():
                now = tx.assets.alias(asset) or asset
                node = tx.nodes.get(now)
                assert node is not None, "an asset is gone"
                assert node.kind is Kind.ASSET
                if now == asset:
                    assert node.version >= most
            for version in tx.versions.all():
                self.versions[version.asset] = max(self.versions.get(version.asset, 0), version.number)

    @invariant()
    def a_bucket_lists_what_the_drive_lists(self) -> None:
        if not hasattr(self, "house"):
            return
        for state in ("Inbox", "Approved"):
            bucket, shown = self._bucket("mia", state), list(self._files(state))
            listed = [one for one in bucket.list(Wanted()).objects if not one.key.endswith("/")]
            assert [(one.key, one.size, one.etag) for one in listed] == sorted(shown, key=lambda one: one[0].encode())
            for one in bucket.list_versions(Wanted()).objects:
                assert one.marker or bucket.stat(one.key, one.version).etag == one.etag

    def _files(self, path: str, key: str = "") -> Iterator[tuple[str, int, str]]:
        for page in self.house.drive.list(self.house.who("mia"), tuple(path.split("/"))):
            for one in page:
                if one.folder:
                    yield from self._files(f"{path}/{one.name}", f"{key}{one.name}/")
                else:
                    yield key + one.name, one.size, one.etag

    @invariant()
    def what_a_channel_lists_is_what_it_serves(self) -> None:
        if not hasattr(self, "house"):
            return
        for folder in ("", "/a", "/b", "/a/c"):
            with contextlib.suppress(DamgateError):
                for page in self.house.drive.list(
                    self.house.who("mia"), ("channels", "webshop", *folder.split("/")[1:])
                ):
                    for one in page:
                        if not one.folder:
                            path = f"channels/webshop{folder}/{one.name}"
                            assert len(self.house.read("mia", path)) == one.size


TestDrive = Drive.TestCase
TestDrive.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
