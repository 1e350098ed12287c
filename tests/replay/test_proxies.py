"""Requirement 25 behind a proxy: a Destination names the host that the client knows."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from tests.replay.claims import Ground, check
from tests.replay.conftest import House
from tests.replay.wire import Wire


def test_requirement_25_the_outer_host_of_a_trusted_proxy_is_this_server(ground: Ground, house: House) -> None:
    folder = f"/Inbox/{house.name('proxy')}"
    check(f"given folder {folder}", ground, {})
    check(f"given {folder}/a.txt holds old", ground, {})
    sent: Any = {"X_Forwarded_For": "198.51.100.7", "X_Forwarded_Host": "dam.example"}
    sent["Destination"] = f"https://dam.example{folder}/b.txt"
    with closing(Wire(ground.served.port)) as stranger:
        assert stranger.request("MOVE", f"{folder}/a.txt", "carl", **sent).status == 502
    with closing(Wire(ground.served.port, address="127.0.0.4")) as proxy:
        assert proxy.request("MOVE", f"{folder}/a.txt", "carl", **sent).status == 201
        sent["Destination"] = f"https://elsewhere.example{folder}/c.txt"
        assert proxy.request("MOVE", f"{folder}/b.txt", "carl", **sent).status == 502
    check(f"{folder} lists b.txt", ground, {})
