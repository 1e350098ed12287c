"""A PUT refused under a lock: Finder reports the answer of the UNLOCK that follows, so that one says it too."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from damgate.core.errors import NoSpace
from damgate.drive import locking, writing
from damgate.gateways.front import Front
from tests.gateways.client import Answer, Client, CutBody, parse
from tests.gateways.conftest import Accounts
from tests.gateways.sayings import lockinfo

NEW = "/Inbox/shoe.psd"
EMPTY_MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="


def lock(dav: Client, target: str = NEW) -> str:
    answer = dav("LOCK", target, lockinfo(), Timeout="Second-600")
    assert answer.status in {200, 201}, answer
    return answer.headers["Lock-Token"]


def said(answer: Answer) -> str:
    return str(parse(answer.body).findtext("{http://sabredav.org/ns}message"))


def chunks(data: bytes) -> io.BytesIO:
    """A body of unknown length."""
    return io.BytesIO(data)


@pytest.fixture
def small(template: Path, tmp_path: Path) -> Iterator[Client]:
    """The client of a drive that takes 20 bytes a file, and two locks."""
    folder = Path(shutil.copytree(template, tmp_path / "small"))
    (folder / "damgate.toml").write_text("channels = {}\n[server]\nlargest-upload = 20\nlocks-per-file = 2\n", "utf-8")
    catalogue = SqlCatalogue.open(folder / "data")
    site = app.compose(folder, app.load_config(folder), catalogue)
    yield Client(Front(site.drive, Accounts(), site.policy, site.readiness, site.config.server), "anna")
    catalogue.close()


REFUSED: list[tuple[int, Any, dict[str, str]]] = [
    (400, lambda: CutBody(b"half"), {}),
    (400, lambda: chunks(b"half"), {"X_Expected_Entity_Length": "8"}),
    (400, lambda: b"whole", {"Content_MD5": EMPTY_MD5}),
    (400, lambda: b"whole", {"Content_MD5": "rubbish"}),
    (400, lambda: b"whole", {"OC_Checksum": "SHA1:0000"}),
    (400, lambda: b"whole", {"Content_Range": "bytes 0-4/9"}),
    (415, lambda: b"whole", {"Content_Encoding": "gzip"}),
    (507, lambda: chunks(b"whole"), {"X_Expected_Entity_Length": str(10**17)}),
]


@pytest.mark.parametrize(("status", "body", "headers"), REFUSED)
@pytest.mark.parametrize("stands", [True, False])
def test_20_the_unlock_repeats_why_and_the_lock_is_gone(
    dav: Client, status: int, body: Any, headers: dict[str, str], stands: bool
) -> None:
    if stands:
        dav("PUT", NEW, b"old")
    token = lock(dav)
    refused = dav("PUT", NEW, body(), If=f"({token})", **headers)
    assert refused.status == status, refused
    unlocked = dav("UNLOCK", NEW, Lock_Token=token)
    assert unlocked.status == 403
    assert said(unlocked) == said(refused)
    assert unlocked.line.partition(" ")[2] == refused.line.partition(" ")[2]
    assert dav("UNLOCK", NEW, Lock_Token=token).status in {404, 409}
    got = dav("GET", NEW)
    assert (got.status, got.body) == (200, b"old") if stands else got.status == 404
    assert dav.as_("carl")("LOCK", NEW, lockinfo()).status in ({200, 403} if stands else {201})


def test_20_what_was_sent_again_and_kept_is_no_refusal_any_more(dav: Client) -> None:
    dav("PUT", NEW, b"")
    token = lock(dav)
    assert dav("PUT", NEW, CutBody(b"half"), If=f"({token})").status == 400
    assert dav("PUT", NEW, chunks(b"whole"), If=f"({token})", X_Expected_Entity_Length="5").status == 204
    assert dav("UNLOCK", NEW, Lock_Token=token).status == 204
    assert dav("GET", NEW).body == b"whole"


def test_20_a_finder_copy_too_large_for_the_drive_is_not_taken_for_done(small: Client) -> None:
    assert small("PUT", NEW, b"").status == 201
    token = lock(small)
    refused = small("PUT", NEW, chunks(b"x" * 50), If=f"({token})", Transfer_Encoding="chunked")
    assert refused.status == 413
    unlocked = small("UNLOCK", NEW, Lock_Token=token)
    assert (unlocked.status, said(unlocked)) == (403, "The file is larger than the 20 bytes that fit here.")


def test_20_a_refusal_by_name_counts_too(dav: Client) -> None:
    dav("PUT", NEW, b"old")
    token = lock(dav)
    assert dav("PUT", "/Inbox/SHOE.psd", b"new", If=f"({token})").status == 403
    assert "exists as shoe.psd" in said(dav("UNLOCK", NEW, Lock_Token=token))


def test_20_an_unexpected_failure_is_not_taken_for_a_save(dav: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dav("PUT", NEW, b"old")
    token = lock(dav)

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(writing, "write", fails)
    refused = dav("PUT", NEW, b"new", If=f"({token})")
    assert refused.status == 500
    unlocked = dav("UNLOCK", NEW, Lock_Token=token)
    assert (unlocked.status, said(unlocked)) == (403, said(refused))
    assert "secret" not in unlocked.text


def test_20_a_disk_too_full_to_remember_leaves_the_first_answer(dav: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dav("PUT", NEW, b"old")
    token = lock(dav)

    def full(*_: Any, **__: Any) -> None:
        raise NoSpace("The disk of the catalogue is full; nothing was changed.")

    monkeypatch.setattr(locking, "note_refused_write", full)
    refused = dav("PUT", NEW, CutBody(b"half"), If=f"({token})")
    assert (refused.status, said(refused)) == (400, "The upload ended before its last byte. Nothing was changed.")
    assert dav("UNLOCK", NEW, Lock_Token=token).status == 204


def test_20_neither_a_demand_of_the_clients_own_nor_a_put_without_the_token_is_held_against_it(dav: Client) -> None:
    dav("PUT", NEW, b"old")
    token = lock(dav)
    assert dav("PUT", NEW, b"new", If=f'({token} ["0"])').status == 412
    assert dav("PUT", NEW, b"new").status == 423
    assert dav.as_("carl")("PUT", NEW, b"new", If=f"({token})").status in {403, 423}
    assert dav("PUT", "/Inbox/other", CutBody(b"half"), If=f"<{quote(NEW)}> ({token})").status == 400
    assert dav("UNLOCK", NEW, Lock_Token=token).status == 204


def test_a_file_with_all_its_locks_says_so_without_calling_the_disk_full(small: Client) -> None:
    small("PUT", NEW, b"old")
    for _ in range(2):
        assert small("LOCK", NEW, lockinfo("shared")).status == 200
    answer = small("LOCK", NEW, lockinfo("shared"))
    assert answer.status == 429
    assert "open in too many programs" in answer.line
