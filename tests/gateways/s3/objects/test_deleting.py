"""DeleteObject and DeleteObjects."""

from typing import Any
from xml.sax.saxutils import escape

import pytest

from damgate.core.errors import NotFound, PreconditionFailed, Refused
from damgate.core.objects import Versioning
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import MOE, SAID, Desk


def listed(*entries: Any, quiet: bool = False, space: str = "") -> bytes:
    named = "".join(
        "<Object>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in entry.items()) + "</Object>"
        for entry in entries
    )
    return f"<Delete{space}>{named}<Quiet>{str(quiet).lower()}</Quiet></Delete>".encode()


def found(answer: Any, kind: str) -> list[dict[str, str]]:
    return [{one.tag.removeprefix(SAID): one.text for one in entry} for entry in answer.root.iter(SAID + kind)]


@pytest.fixture
def versioned(door: Desk) -> Desk:
    door.buckets.set_versioning("things", Versioning.ENABLED)
    return door


def test_a_deletion_of_nothing_is_done_already(door: Desk) -> None:
    door("PUT", "things/one", b"bar")
    for _ in range(2):
        answer = door("DELETE", "things/one")
        assert (answer.status, answer.headers) == (204, {})
    with pytest.raises(NotFound):
        door("GET", "things/one")


def test_a_condition_keeps_an_object(door: Desk) -> None:
    tag = door("PUT", "things/one", b"bar").headers["etag"]
    with pytest.raises(PreconditionFailed):
        door("DELETE", "things/one", if_match='"other"')
    assert door("DELETE", "things/one", if_match=tag).status == 204


def test_markers_and_versions_are_told(versioned: Desk) -> None:
    first = versioned("PUT", "things/one", b"1").headers["x-amz-version-id"]
    marker = versioned("DELETE", "things/one").headers
    assert marker["x-amz-delete-marker"] == "true"
    undone = versioned("DELETE", f"things/one?versionId={marker['x-amz-version-id']}").headers
    assert undone == marker
    assert versioned("GET", "things/one").body == b"1"
    for _ in range(2):
        assert versioned("DELETE", f"things/one?versionId={first}").headers == {"x-amz-version-id": first}


@pytest.mark.parametrize("version", ["", "%0d%0aSet-Cookie:%20a=b", "%E2%82%AC", "a%20b", "%00", "a" * 1025])
def test_what_no_version_can_be_called_is_not_said_in_a_header(door: Desk, version: str) -> None:
    with pytest.raises(S3Fault) as refused:
        door("DELETE", f"things/one?versionId={version}")
    assert refused.value.code == "InvalidArgument"


@pytest.mark.parametrize("space", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_many_at_once(door: Desk, space: Any) -> None:
    keys = ["one", "a b/ü & <x>.txt", "two"]
    for key in keys:
        door("PUT", f"things/{key}", b"bar")
    answer = door("POST", "things?delete", listed(*({"Key": key} for key in [*keys, "never"]), space=space))
    assert found(answer, "Deleted") == [{"Key": key} for key in [*keys, "never"]]
    assert found(answer, "Error") == []
    for key in keys:
        with pytest.raises(NotFound):
            door("GET", f"things/{key}")
    quiet = door("POST", "things?delete", listed({"Key": "one"}, quiet=True))
    assert list(quiet.root) == []


def test_many_versions_at_once(versioned: Desk) -> None:
    first = versioned("PUT", "things/one", b"1").headers["x-amz-version-id"]
    answer = versioned("POST", "things?delete", listed({"Key": "one"}, {"Key": "never"}))
    (made, odd) = found(answer, "Deleted")
    assert (made["DeleteMarker"], odd["DeleteMarker"]) == ("true", "true")
    marker = made["DeleteMarkerVersionId"]
    entries = [{"Key": "one", "VersionId": first}, {"Key": "one", "VersionId": marker}]
    (gone, undone) = found(versioned("POST", "things?delete", listed(*entries)), "Deleted")
    assert gone == {"Key": "one", "VersionId": first}
    assert undone == {"Key": "one", "VersionId": marker, "DeleteMarker": "true", "DeleteMarkerVersionId": marker}
    again = found(versioned("POST", "things?delete", listed(*entries)), "Deleted")
    assert [one["VersionId"] for one in again] == [first, marker]


def test_each_refusal_is_told_for_itself(door: Desk) -> None:
    tag = door("PUT", "things/one", b"bar").headers["etag"]
    door("PUT", "things/two", b"bar")
    answer = door(
        "POST",
        "things?delete",
        listed({"Key": "one", "ETag": '"other"'}, {"Key": "a/../b"}, {"Key": "two", "ETag": tag}),
    )
    assert [(one["Key"], one["Code"]) for one in found(answer, "Error")] == [
        ("one", "PreconditionFailed"),
        ("a/../b", "InvalidArgument"),
    ]
    assert all(one["Message"] for one in found(answer, "Error"))
    assert found(answer, "Deleted") == [{"Key": "two"}]
    for one in found(door.as_(MOE)("POST", "things?delete", listed({"Key": "one"})), "Error"):
        assert one["Code"] == "AccessDenied"
    assert door("GET", "things/one").status == 200


MALFORMED = [
    b"",
    b"<Delete/>",
    b"<Delete>",
    b"<Remove><Object><Key>one</Key></Object></Remove>",
    b"<Delete><Object/></Delete>",
    b'<!DOCTYPE x [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    listed(*({"Key": f"{n}"} for n in range(1001))),
    b"<Delete>" + b" " * 2_000_000 + b"</Delete>",
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_list_that_is_none(door: Desk, body: Any) -> None:
    door("PUT", "things/one", b"bar")
    with pytest.raises(S3Fault) as error:
        door("POST", "things?delete", body)
    assert error.value.code in {"MalformedXML", "MaxMessageLengthExceeded"}
    assert door("GET", "things/one").status == 200


def test_dates_and_sizes_are_no_conditions_here(door: Desk) -> None:
    door("PUT", "things/one", b"bar")
    with pytest.raises(S3Fault) as error:
        door("POST", "things?delete", listed({"Key": "one", "Size": "4"}))
    assert error.value.code == "NotImplemented"
    assert door("GET", "things/one").status == 200


def test_nobody_deletes_in_anothers_bucket(door: Desk) -> None:
    door("PUT", "things/one", b"bar")
    with pytest.raises(Refused):
        door.as_(MOE)("DELETE", "things/one")
