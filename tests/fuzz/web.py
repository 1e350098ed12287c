"""Running an input through the WSGI application, and what must hold of every answer."""

import io
import re
import time
from collections.abc import Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from damgate.core.errors import IncompleteUpload
from damgate.gateways.front import KNOWN_ELSEWHERE
from damgate.gateways.request import DAV, READING
from tests.fuzz import texts, words
from tests.fuzz.findings import Finding
from tests.fuzz.grammar import Grammar
from tests.fuzz.mutation import Mutation
from tests.fuzz.rig import CANARY, NOBODY, POWERLESS, SECRET, Rig, log_faults
from tests.fuzz.sent import ELSEWHERE, Program, Sent, read_programs, spell_program
from tests.gateways.client import Answer, Client, CutBody

SLOW = 0.05  # seconds of this process's own time for one request
KNOWN = frozenset({*READING, *DAV, *KNOWN_ELSEWHERE})
_EXCEPTION = re.compile(rb"<s:exception>(\w+)")
_STATUSES = re.compile(rb"<D:status>HTTP/1.1 (\d{3})")
_WORD = re.compile(r"\{[a-z]+\}")

Feature = Hashable


class Web:
    """The application as a target: each input is a few requests, of which the later may use what the first gave."""

    def __init__(self, folder: Path) -> None:
        """Make the drive below `folder`."""
        self.rig = Rig(folder)
        self.slowest = 0.0  # seconds that a request took
        self.slow = SLOW
        self._words = words.load()

    def fresh(self) -> None:
        """Start over with a new drive."""
        self.rig.fresh()

    def renew(self) -> None:
        """Start over where the last inputs changed anything."""
        self.rig.log()
        if not self.rig.untouched():
            self.rig.fresh()

    def close(self) -> None:
        """End."""
        self.rig.close()

    def run(self, program: Program) -> set[Feature]:
        """Send the requests; return what is remarkable about the answers, or raise Finding."""
        rig, given = self.rig, {**self.rig.words, "{token}": "urn:uuid:none", "{etag}": '""'}
        features: set[Feature] = set()
        before: tuple[str, int] = ("", 0)
        asked = 0
        for sent in program:
            started = time.process_time()
            answer = self._ask(sent, given)
            self.slowest = max(self.slowest, time.process_time() - started)
            _judge(sent, answer)
            asked += 1 + self._compare(sent, answer, given)
            features |= set(_features(sent, answer, before))
            before = sent.method, answer.status
            token, etag = answer.headers.get("Lock-Token"), answer.headers.get("ETag")
            given |= ({"{token}": token.strip("<>")} if token else {}) | ({"{etag}": etag} if etag else {})
        for fault in log_faults(rig.log(), asked):
            raise Finding("log", fault)
        return features

    def seeds(self) -> list[Program]:
        """Return the inputs of the corpus; what they find depends on those before them."""
        return [tuple(replace(sent, expected="") for sent in program) for program in words.programs()]

    def new(self, rng: Random) -> Program:
        """Make an input by the rules of what clients send."""
        return Grammar(rng, self._words).program()

    def changed(self, rng: Random, one: Program, other: Program) -> Program:
        """Make an input that is nearly like one, with parts of another."""
        return Mutation(rng, self._words, Grammar(rng, self._words)).mutated(one, other)

    def spell(self, one: Program) -> str:
        """Write an input down."""
        return spell_program(one, "input")

    def read_spelled(self, text: str) -> list[Program]:
        """Read what was written down."""
        return read_programs(text)

    def tick(self) -> None:
        """Let a second pass; the background works now and then."""
        self.rig.pass_time(1.0)

    def _compare(self, sent: Sent, answer: Answer, given: dict[str, str]) -> int:
        """Raise Finding where another request contradicts the answer; return how many were asked."""
        if sent.peer != ELSEWHERE or any(name == "Authorization" for name, _ in sent.headers):
            return 0  # a proxy answers itself, and a wrong login is not tried twice
        bare = replace(sent, headers=(), body=b"", cut=False)
        if sent.method == "PUT" and answer.status in {201, 204} and sent.body:  # empty files are hidden at first
            read = self._ask(replace(bare, method="GET"), given)
            if read.status != 200 or read.body != _body(sent, given):
                raise Finding("contradiction", f"PUT says {answer.line}, GET {read.line} {read.body[:100]!r}")
            return 1
        if sent.method != "GET" or (answer.status == 200 and "ETag" not in answer.headers):
            return 0
        head = self._ask(replace(sent, method="HEAD"), given)
        if (head.line, head.headers) != (answer.line, answer.headers):
            raise Finding("contradiction", f"HEAD says {head.line} {head.headers}, GET {answer.line} {answer.headers}")
        if answer.status != 200 or sent.target.startswith(("/a/", "/c/")):
            return 1
        row = self._ask(replace(bare, method="PROPFIND", headers=(("Depth", "0"),)), given)
        size, etag = (answer.headers[name] for name in ("Content-Length", "ETag"))
        if row.status == 207:
            told = f"<D:getcontentlength>{size}</D:getcontentlength>", f"<D:getetag>{etag}</D:getetag>"
            if not all(one.encode() in row.body for one in told):
                raise Finding("contradiction", f"GET says {size} and {etag}, its listing {row.text}")
        elif sent.who != NOBODY or row.status != 401:
            raise Finding("contradiction", f"what can be read is not listed: {row.line}")
        return 2

    def _ask(self, sent: Sent, words: dict[str, str]) -> Answer:
        rig = self.rig
        target, body = filled(sent.target, words), _body(sent, words)
        headers = [(name, filled(value, words)) for name, value in sent.headers]
        environ = rig.environ(sent, target, headers, body)
        environ["wsgi.input"] = CutBody(body) if sent.cut else io.BytesIO(body)
        powerless = sent.who in POWERLESS and not any(name.lower() == "authorization" for name, _ in headers)
        state = rig.state() if powerless else b""
        try:
            answer = Client(rig.front).send(environ)
        except AssertionError as error:
            raise Finding("malformed", f"{sent.method}: {error}") from error
        except IncompleteUpload as error:
            raise Finding("crash", f"{sent.method}: {error!r}") from error
        except Exception as error:
            raise Finding("crash", f"{sent.method}: {error!r}") from error
        if powerless and rig.state() != state:
            raise Finding("changed", f"{sent.method} of {sent.who} changed the drive: {answer.line}")
        if powerless and SECRET in answer.body and not rig.published():
            raise Finding("leak", f"{sent.method} of {sent.who} was given what is kept from them")
        return answer


def _judge(sent: Sent, answer: Answer) -> None:
    if CANARY in answer.body:
        raise Finding("escape", f"{sent.method}: a file outside of the drive was served")
    if sent.expected and not texts.fits(answer.status, sent.expected):
        about = f"{sent.target!r} {sent.headers} {sent.body[-80:]!r}"[:300]
        raise Finding("unexpected", f"{answer.line} where {sent.expected} was expected: {sent.method} {about}")
    if answer.status < 500:
        return
    unknown = answer.status == 501 and sent.method not in KNOWN
    elsewhere = answer.status == 502 and any(name == "Destination" for name, _ in sent.headers)
    if not (unknown or elsewhere):
        raise Finding("5xx", f"{sent.method}: {answer.line}")


def _features(sent: Sent, answer: Answer, before: tuple[str, int]) -> Iterator[Feature]:
    """Yield what tells one way through the program from another, as far as an answer shows it."""
    said, method = answer.status, sent.method if sent.method in KNOWN else "?"
    error = _EXCEPTION.search(answer.body) if said >= 400 else None
    yield method, said, tuple(answer.headers)
    words_said = [word for word in answer.line.split()[1:] if word.isalpha() and word.islower()]
    yield method, said, error and error[1], " ".join(words_said[:6])
    yield before, method, said
    yield sent.who, method, said
    for name, _ in sent.headers:
        yield name, method, said
    if said == 207:
        yield method, tuple(sorted(set(_STATUSES.findall(answer.body)))), min(answer.body.count(b"<D:response>"), 6)


def filled(text: str, words: dict[str, str]) -> str:
    """Return a text with the words in braces that are known."""
    return _WORD.sub(lambda found: words.get(found[0], found[0]), text) if "{" in text else text


def _body(sent: Sent, words: dict[str, str]) -> bytes:
    return filled(sent.body.decode("latin-1"), words).encode("latin-1") if b"{" in sent.body else sent.body
