"""What clients ask before they mount."""

from typing import Any

import pytest

from tests.gateways.client import Client


@pytest.mark.parametrize(
    "target", ["/", "*", "/Inbox/", "/nothing%20here/", "/channels", "http://dam.example:8080/Inbox"]
)
@pytest.mark.parametrize("user", ["anna", None])
def test_01_options_is_200_for_anybody_anywhere(dav: Client, target: Any, user: Any) -> None:
    answer = dav.as_(user)("OPTIONS", target)
    assert answer.status == 200
    assert answer.headers["DAV"] == "1, 2"
    assert answer.headers["MS-Author-Via"] == "DAV"
    assert answer.headers["Content-Length"] == "0"
    assert {"PROPFIND", "LOCK", "MOVE", "GET"} <= set(answer.headers["Allow"].split(", "))


def test_01_no_dav_method_is_ever_redirected(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a/")
    for target in ("/Inbox/a", "/Inbox/a/"):
        assert dav("PROPFIND", target, Depth="0").status == 207
    assert dav("DELETE", "/Inbox/a/").status == 204


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer ", "Bearer abc", "Negotiate x", "Basic", "Basic !!!", "Basic YQ=="]
)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PROPFIND", "GET", "PUT"])
def test_02_foreign_or_broken_logins_are_401(dav: Client, method: Any, authorization: Any) -> None:
    answer = dav.as_(None)(method, "/Inbox", Authorization=authorization)
    assert answer.status == (200 if method == "OPTIONS" else 401)
    if answer.status == 401:
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="damgate", charset="UTF-8"'


def test_02_head_of_a_folder(dav: Client) -> None:
    assert dav("HEAD", "/Inbox/").status == 200
    assert dav("HEAD", "/").status == 200


def test_03_quota_is_missing_rather_than_empty(dav: Client) -> None:
    from tests.gateways.sayings import propfind

    found = dav("PROPFIND", "/", propfind("quota-available-bytes", "quota-used-bytes", "quota"), Depth="0").entries()[
        "/"
    ]
    assert set(found.by_status) == {404}
    assert set(found.by_status[404].values()) == {""}
