"""Inputs that are nearly like others."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.fuzz import words
from tests.fuzz.grammar import Grammar
from tests.fuzz.sent import ELSEWHERE, Program, Sent
from tests.fuzz.words import Vocabulary

LONGEST = 8  # requests
LARGEST = 70_000  # bytes of a body
LONGEST_TEXT = 9_000  # characters of a target or a header

Part = Callable[[Sent, Sent], Sent]
Shape = Callable[[list[Sent], int, Sent], list[Sent]]


class Mutation:
    """Changes inputs."""

    def __init__(self, rng: Random, vocabulary: Vocabulary, grammar: Grammar) -> None:
        """Choose by `rng`; what is new comes from `grammar`."""
        self._rng = rng
        self._words = vocabulary
        self._grammar = grammar
        self._parts: tuple[Part, ...] = (
            *(self._person, self._method, self._target, self._target),
            *(self._header, self._header, self._header, self._body, self._body),
        )
        self._shapes: tuple[Shape, ...] = (self._insert, self._append, self._append, self._drop)

    def mutated(self, program: Program, other: Program) -> Program:
        """Change an input in one to four places; `other` lends its parts."""
        sent = [replace(one, expected="") for one in program]
        for _ in range(self._rng.choice((1, 1, 1, 2, 2, 4))):
            place = self._rng.randrange(len(sent))
            lender = self._rng.choice(other)
            if self._rng.random() < 0.1:
                sent = self._rng.choice(self._shapes)(sent, place, lender)[:LONGEST]
            else:
                sent[place] = self._rng.choice(self._parts)(sent[place], lender)
        return tuple(sent)

    def scrambled(self, data: bytes, lender: bytes = b"") -> bytes:
        """Change a few bytes: flip, put in, take out, double, or take over from another text."""
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            start = self._rng.randint(0, len(data))
            stop = min(len(data), start + self._rng.choice((0, 1, 1, 2, 4, 16, 64)))
            way = self._rng.randrange(6)
            if way == 0:
                data = data[:start] + self._rng.choice(self._words.scraps) + data[stop:]
            elif way == 1:
                data = data[:start] + self._rng.choice(self._words.scraps) + data[start:]
            elif way == 2:
                data = data[:start] + data[stop:]
            elif way == 3:
                data = data[:stop] + data[start:stop] * self._rng.choice((1, 1, 2, 50)) + data[stop:]
            elif way == 4:
                data = data[:start] + bytes([self._rng.randrange(256)]) + data[start + 1 :]
            elif lender:
                begin = self._rng.randrange(len(lender))
                data = data[:start] + lender[begin : begin + self._rng.choice((1, 4, 16, 64))] + data[stop:]
        return data[:LARGEST]

    def _person(self, sent: Sent, _lender: Sent) -> Sent:
        return replace(sent, who=self._rng.choice(words.PEOPLE), peer=self._rng.choice((ELSEWHERE, *words.PEERS)))

    def _method(self, sent: Sent, lender: Sent) -> Sent:
        return replace(sent, method=self._rng.choice((lender.method, self._rng.choice(words.METHODS))))

    def _target(self, sent: Sent, lender: Sent) -> Sent:
        if self._rng.random() < 0.3:
            return replace(sent, target=self._rng.choice((lender.target, self._grammar.place())))
        changed = self._text(sent.target, lender.target)
        return replace(sent, target=changed if changed.startswith("/") or changed == "*" else "/" + changed)

    def _header(self, sent: Sent, lender: Sent) -> Sent:
        """Give it a header, another value for one, or take one away."""
        headers = dict(sent.headers)
        way = self._rng.random()
        if way < 0.2 and headers:
            del headers[self._rng.choice(list(headers))]
        elif way < 0.4 and lender.headers:
            name, value = self._rng.choice(lender.headers)
            headers[name] = value
        elif way < 0.6 or not headers:
            name = self._rng.choice(tuple(self._words.values))
            headers[name] = self._grammar.value(name)
        else:
            name = self._rng.choice(list(headers))
            headers[name] = self._text(headers[name], headers[self._rng.choice(list(headers))])
        return replace(sent, headers=tuple(headers.items()))

    def _body(self, sent: Sent, lender: Sent) -> Sent:
        way = self._rng.random()
        if way < 0.7:
            return replace(sent, body=self.scrambled(sent.body, lender.body))
        if way < 0.8:
            return replace(sent, body=lender.body)
        if way < 0.85:
            return replace(sent, cut=not sent.cut)
        if way < 0.9:
            coding = self._rng.choice(("utf-16", "utf-8-sig", "latin-1"))
            return replace(sent, body=sent.body.decode("utf-8", "replace").encode(coding, "replace"))
        return replace(sent, body=self._grammar.body(sent.method))

    def _insert(self, sent: list[Sent], place: int, lender: Sent) -> list[Sent]:
        return [*sent[:place], self._rng.choice((lender, sent[place], self._grammar.request())), *sent[place:]]

    def _append(self, sent: list[Sent], place: int, lender: Sent) -> list[Sent]:
        return [*sent, self._rng.choice((lender, sent[place], self._grammar.request()))]

    def _drop(self, sent: list[Sent], place: int, _lender: Sent) -> list[Sent]:
        return sent[:place] + sent[place + 1 :] if len(sent) > 1 else sent

    def _text(self, text: str, lender: str) -> str:
        return self.scrambled(text.encode("latin-1"), lender.encode("latin-1")).decode("latin-1")[:LONGEST_TEXT]
