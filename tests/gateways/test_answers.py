"""The table of errors, and how they are said."""

from typing import Any

import pytest

from damgate.core import errors
from damgate.core.errors import DamgateError, Locked, RefusedItem, TransitionRefused
from damgate.gateways import faults
from damgate.gateways.answers import ANSWERS, answer_for, failure
from damgate.gateways.reply import LONGEST_REASON, ascii_phrase
from damgate.gateways.request import Request
from tests.gateways.client import parse


def request(method: Any = "MOVE", path: Any = ("Inbox", "a b")) -> Any:
    return Request(method, path, slash=False, environ={}, id="0123")


def known(module: Any) -> Any:
    return {one for one in vars(module).values() if isinstance(one, type) and issubclass(one, DamgateError)}


def test_every_error_has_its_answer() -> None:
    assert known(errors) | known(faults) == set(ANSWERS)


def test_a_subclass_inherits_its_parents_answer() -> None:
    class OfAPlugin(TransitionRefused):
        pass

    assert answer_for(OfAPlugin("No.")).status == 403
    assert answer_for(KeyError("x")).status == 500


HOSTILE = ["a\r\nX: y", "\x00\x1b[31m", "“ö” → é…", "x" * 500, "<&>]]>", "\ud800", "日本語", "", "\u2028"]


@pytest.mark.parametrize("sentence", HOSTILE)
@pytest.mark.parametrize("method", ["GET", "MOVE"])
def test_sentences_cannot_break_out(sentence: Any, method: Any) -> None:
    reply = failure(TransitionRefused(sentence, items=(RefusedItem(sentence, sentence, sentence),)), request(method))
    assert reply.line.isascii()
    assert reply.line.isprintable()
    assert len(reply.line) <= LONGEST_REASON + 4
    assert reply.line.startswith("403 ")
    if method == "MOVE":
        parse(b"".join(reply.body))


def test_a_reason_is_readable_in_ascii() -> None:
    assert ascii_phrase("“Größe” zu klein → bitte größer…") == '"Grosse" zu klein -> bitte grosser...'
    assert ascii_phrase("Legal approval missing") == "Legal approval missing"


def test_a_refused_transition_names_every_file() -> None:
    error = TransitionRefused("2 files lack a credit.", items=(RefusedItem("/Review/a&b.jpg", "no credit", "add one"),))
    reply = failure(error, request())
    assert reply.line == "403 2 files lack a credit."
    root = parse(b"".join(reply.body))
    assert root.tag == "{DAV:}error"
    assert root.findtext("{urn:damgate}transition-refused/{urn:damgate}refused/{urn:damgate}path") == "/Review/a&b.jpg"
    assert root.findtext("{http://sabredav.org/ns}message") == "2 files lack a credit."
    assert root.findtext("{http://sabredav.org/ns}exception") == "TransitionRefused"


def test_a_lock_names_its_place_and_else_the_requests() -> None:
    def href(place: Any) -> Any:
        root = parse(b"".join(failure(Locked("Locked.", place=place), request()).body))
        return root.findtext("{DAV:}lock-token-submitted/{DAV:}href")

    assert href("/Inbox/ü") == "/Inbox/%C3%BC"
    assert href("") == "/Inbox/a%20b"


def test_no_dav_method_is_redirected() -> None:
    error = errors.MovedElsewhere("Moved.", location=("channels", "w", "x"))
    assert failure(error, request("PROPFIND")).status == 404
    assert failure(error, request("HEAD")).status == 301


def test_waiting_times_are_said() -> None:
    for error in (errors.Busy("Later.", retry_after=0), errors.TooManyAttempts("Wait.", retry_after=9)):
        assert int(dict(failure(error, request()).headers)["Retry-After"]) >= 1
