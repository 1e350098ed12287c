"""What an access key is limited to, compared with a model: a listing of everything, filtered."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from damgate.core.errors import Refused
from damgate.core.objects import Given, Listing, Object, Wanted
from damgate.core.rights import Actor, Scope
from damgate.drive.buckets import rolling, scoped
from damgate.drive.buckets.bucket import Bucket

NAMES = some.sampled_from(["a", "a-", "a.", "b", "ä", "ab", "summer"])
KEYS = some.lists(NAMES, min_size=1, max_size=3).map("/".join)
ASCENDING = sorted


@dataclass
class Keys:
    """Keys in byte order, without folders."""

    keys: list[str]

    def since(self, position: bytes, *, folders: bool) -> Any:
        return (_object(key) for key in self.keys if key.encode() >= position)


def _object(key: str) -> Object:
    return Object(key, 0, "", 0.0, version="1")


@dataclass
class Model:
    """A bucket that lists as every other one, and notes what else is asked of it."""

    keys: list[str]
    name: str = "inbox"
    asked: list[str] = field(default_factory=list)

    def list(self, wanted: Wanted) -> Listing:
        return rolling.page(Keys(self.keys), wanted)

    def list_versions(self, wanted: Wanted) -> Listing:
        """Every key has two versions."""
        if wanted.limit <= 0:
            return Listing()
        twice = [Object(key, 0, "", 0.0, version=version) for key in self.keys for version in ("2", "1")]
        left: list[Object | str] = []
        for one in twice:
            common = _rolled(one.key, wanted)
            if not one.key.startswith(wanted.prefix) or (common and (common in left or common <= wanted.after)):
                continue
            if one.key == wanted.after and wanted.version and one.version < wanted.version:
                left.append(one)
            elif one.key.encode() > wanted.after.encode():
                left.append(common or one)
        shown, more = left[: wanted.limit], left[wanted.limit :]
        objects = tuple(one for one in shown if isinstance(one, Object))
        prefixes = tuple(one for one in shown if isinstance(one, str))
        if not more:
            return Listing(objects, prefixes)
        last = shown[-1]
        return Listing(objects, prefixes, *((last, "") if isinstance(last, str) else (last.key, last.version)))

    def __getattr__(self, name: str) -> Any:
        def method(key: str, *arguments: object) -> str:
            self.asked.append(f"{name} {key}")
            return name

        return method


def _rolled(key: str, wanted: Wanted) -> str:
    end = key.find(wanted.delimiter, len(wanted.prefix)) if wanted.delimiter else -1
    return key[: end + 1] if end >= 0 else ""


def bucket(keys: list[str], scope: Scope) -> Bucket:
    model: Any = Model(sorted(keys, key=str.encode))
    return scoped.limited(model, Actor("ann", ("manager",), scope))


def _all(listing: Any, wanted: Wanted) -> list[str]:
    """Every key, version and common prefix of a listing, page by page."""
    told: list[str] = []
    for _ in range(200):
        page = listing(wanted)
        both = [(one.key, one.version) for one in page.objects] + [(one, "") for one in page.prefixes]
        assert len(both) <= wanted.limit
        told += [f"{key}@{version}" for key, version in sorted(both, key=lambda one: one[0].encode())]
        if not page.truncated:
            return told
        assert both
        wanted = Wanted(wanted.prefix, wanted.delimiter, page.next, page.next_version, wanted.limit)
    raise AssertionError("it does not end")


def _model(keys: list[str], scope: Scope, wanted: Wanted, versions: tuple[str, ...]) -> list[str]:
    """What a listing of the places alone shows, with the way to each of them, and nothing else."""
    told: dict[str, None] = {}
    starts = [start.rstrip("/") for _, start in scope.places]
    inside = [key for key in keys if scope.holds("inbox", key) and key.startswith(wanted.prefix)]
    for start in starts:
        if any(start.startswith(f"{other}/") for other in starts):
            continue
        for way in (start, f"{start}/"):
            common = _rolled(way, wanted) if way.startswith(wanted.prefix) else ""
            if common:
                told[f"{common}@"] = None
    for key in inside:
        common = _rolled(key, wanted)
        told |= {f"{common}@": None} if common else {f"{key}@{version}": None for version in versions}
    order = {entry: number for number, entry in enumerate(told)}
    return sorted(told, key=lambda entry: (entry.rpartition("@")[0].encode(), order[entry]))


@given(
    keys=some.lists(KEYS, unique=True, max_size=25),
    places=some.lists(KEYS, min_size=1, max_size=3),
    prefix=some.one_of(some.just(""), KEYS, KEYS.map(lambda key: f"{key}/"), some.sampled_from(["s", "sum", "x"])),
    delimiter=some.sampled_from(["", "/", "-", "m"]),
    limit=some.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_listings_show_what_is_inside_and_the_way_to_it(
    keys: list[str], places: list[str], prefix: str, delimiter: str, limit: int
) -> None:
    scope = Scope(places=tuple(("inbox", place) for place in places))
    wanted = Wanted(prefix, delimiter, limit=limit)
    within = any(prefix.startswith(f"{place}/") for place in places)
    leads = any(f"{place}/".startswith(prefix) for place in places)
    limited = bucket(keys, scope)
    for listing, versions in ((limited.list, ("1",)), (limited.list_versions, ("2", "1"))):
        if within or leads:
            told = _all(listing, wanted)
            assert told == _model(sorted(keys, key=str.encode), scope, wanted, versions)
            assert told == list(dict.fromkeys(told))
        else:
            with pytest.raises(Refused, match="only for inbox/"):
                listing(wanted)


@given(key=KEYS, places=some.lists(some.tuples(some.sampled_from(["inbox", "web"]), KEYS), min_size=1, max_size=3))
def test_nothing_outside_is_reached_by_any_operation(key: str, places: list[tuple[str, str]]) -> None:
    actor = Actor("ann", ("manager",), Scope(places=tuple(places)))
    model: Any = Model([])
    inside = any(one == "inbox" and (key == start or key.startswith(f"{start}/")) for one, start in places)
    if not any(one == "inbox" for one, _ in places):
        with pytest.raises(Refused, match="only for web/"):
            scoped.limited(model, actor)
        return
    limited: Any = scoped.limited(model, actor)
    for name, *arguments in OPERATIONS:
        if inside:
            getattr(limited, name)(key, *arguments)
        else:
            with pytest.raises(Refused, match="This access key is only for "):
                getattr(limited, name)(key, *arguments)
    assert model.asked == ([f"{name} {key}" for name, *_ in OPERATIONS] if inside else [])


READING: list[Any] = [("stat",), ("open",), ("tags",), ("content",)]
WRITING: list[Any] = [
    ("ask_to_write", Given()),
    ("put", None, Given()),
    ("keep", None, Given()),
    ("describe", Given()),
    ("delete", Given()),
    ("set_tags", {}),
]
OPERATIONS = [*READING, *WRITING]


def test_every_operation_of_a_bucket_is_among_these() -> None:
    told = {name for name in vars(Bucket) if not name.startswith("_") and callable(vars(Bucket)[name])}
    assert told == {name for name, *_ in OPERATIONS} | {"ask_to_list", "list", "list_versions"}


@pytest.mark.parametrize("places", [(), (("inbox", "a"),)])
def test_a_key_for_reading_changes_nothing(places: tuple[tuple[str, str], ...]) -> None:
    model: Any = Model(["a/x"])
    limited: Any = scoped.limited(model, Actor("ann", (), Scope(reading=True, places=places)))
    for name, *arguments in WRITING:
        with pytest.raises(Refused, match="This access key is only for reading"):
            getattr(limited, name)("a/x", *arguments)
    assert model.asked == []
    for name, *arguments in READING:
        assert getattr(limited, name)("a/x", *arguments) == name
    assert [one.key for one in limited.list(Wanted("a/")).objects] == ["a/x"]


def test_without_limits_a_bucket_is_what_it_is() -> None:
    model: Any = Model([])
    for scope in (None, Scope()):
        actor = Actor("ann", (), scope)
        assert scoped.limited(model, actor) is model
        scoped.ask(actor, "inbox", "x", writing=True)
        scoped.ask_to_manage(actor, "inbox")
        assert scoped.reaches(actor, "inbox")


def test_a_bucket_is_managed_only_by_keys_that_are_for_all_of_it() -> None:
    scoped.ask_to_manage(Actor("ann", (), Scope(places=(("mine", ""),))), "mine")
    for scope in (Scope(places=(("mine", "a"),)), Scope(places=(("other", ""),)), Scope(reading=True)):
        with pytest.raises(Refused, match="only for"):
            scoped.ask_to_manage(Actor("ann", (), scope), "mine")


def test_a_listing_with_a_long_delimiter_is_for_what_is_inside() -> None:
    limited = bucket(["a/x"], Scope(places=(("inbox", "a"),)))
    assert limited.list(Wanted("a/", "xx")).objects
    with pytest.raises(Refused, match="only for inbox/a"):
        limited.list(Wanted("", "xx"))
    assert limited.list(Wanted("", "/", limit=0)) == Listing()
