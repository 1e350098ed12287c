"""A reviewer approves a revision with rclone, which deletes what stands at the target before it moves.

The contents differ in length: by anything else rclone cannot tell files on such a remote apart.
"""

from pathlib import Path

import pytest

from tests.live.served import Served, rclone


@pytest.mark.conformance
def test_promise_6_a_reviewer_replaces_an_approved_file_with_rclone(served: Served, tmp_path: Path) -> None:
    for text in ("one", "second"):
        source = tmp_path / "terms.txt"
        source.write_text(text)
        rclone(served, "carl", "copyto", str(source), "D:Inbox/terms.txt")
        rclone(served, "carl", "moveto", "D:Inbox/terms.txt", "D:Review/terms.txt")
        rclone(served, "rita", "moveto", "D:Review/terms.txt", "D:Approved/terms.txt")
    assert served.ask("rita", "GET", "/Approved/terms.txt").body == b"second"
    assert served.ask("rita", "PROPFIND", "/Review/terms.txt", Depth="0").status == 404
    told = served.cli("versions", "DRIVE", "Approved/terms.txt").stdout.splitlines()
    assert [line.split()[0] for line in told] == ["version", "2", "1", "asset"]


@pytest.mark.conformance
def test_promise_6_a_reviewer_unites_a_folder_of_revisions_with_rclone(served: Served, tmp_path: Path) -> None:
    for text in ("one", "second"):
        folder = tmp_path / text
        folder.mkdir()
        (folder / "a.txt").write_text(f"a {text}")
        (folder / f"{text}.txt").write_text(text)
        rclone(served, "carl", "copy", str(folder), "D:Inbox/summer")
        rclone(served, "carl", "moveto", "D:Inbox/summer", "D:Review/summer")
        rclone(served, "rita", "moveto", "D:Review/summer", "D:Approved/summer")
    listed = rclone(served, "rita", "lsf", "D:Approved/summer").stdout.split()
    assert listed == ["a.txt", "one.txt", "second.txt"]
    assert served.ask("rita", "GET", "/Approved/summer/a.txt").body == b"a second"
