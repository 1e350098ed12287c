"""New inputs, made by the rules of what clients send."""

from random import Random

from tests.fuzz import words
from tests.fuzz.sent import ELSEWHERE, Program, Sent
from tests.fuzz.words import Vocabulary

_USUAL = {
    "PROPFIND": ("Depth",),
    "PROPPATCH": ("If",),
    "PUT": ("If", "X-Expected-Entity-Length", "Content-Type"),
    "COPY": ("Destination", "Overwrite", "Depth"),
    "MOVE": ("Destination", "Overwrite", "If"),
    "LOCK": ("Timeout", "Depth", "If"),
    "UNLOCK": ("Lock-Token",),
    "GET": ("Range", "If-None-Match", "If-Range", "If-Modified-Since"),
    "HEAD": ("If-Match", "Range"),
    "DELETE": ("If", "If-Match"),
}
_LOCKED = ("PUT", "DELETE", "MOVE", "COPY", "PROPPATCH", "PROPFIND", "UNLOCK", "LOCK")


class Grammar:
    """Makes requests out of words."""

    def __init__(self, rng: Random, vocabulary: Vocabulary) -> None:
        """Choose by `rng`."""
        self._rng = rng
        self._words = vocabulary

    def program(self) -> Program:
        """Make an input: one request, or some that build on each other."""
        if self._rng.random() < 0.65:
            return (self.request(),)
        if self._rng.random() < 0.5:
            return tuple(self.request() for _ in range(self._rng.randint(2, 4)))
        return self.locked()

    def request(self, method: str = "", target: str = "") -> Sent:
        """Make one request."""
        method = method or self._rng.choice(words.METHODS[:12] if self._rng.random() < 0.9 else words.METHODS)
        chosen = [name for name in _USUAL.get(method, ()) if self._rng.random() < 0.6]
        if method in {"COPY", "MOVE"} and "Destination" not in chosen and self._rng.random() < 0.9:
            chosen.append("Destination")
        while self._rng.random() < 0.35:
            chosen.append(self._rng.choice(tuple(self._words.values)))
        headers = tuple((name, self.value(name)) for name in dict.fromkeys(chosen))
        return Sent(
            self._rng.choice(words.PEOPLE),
            method,
            target or self.place(),
            headers,
            self.body(method),
            cut=self._rng.random() < 0.02,
            peer=self._rng.choice(words.PEERS) if self._rng.random() < 0.1 else ELSEWHERE,
        )

    def locked(self) -> Program:
        """Lock something, do something to it with the token, and often let it go."""
        who, target = self._rng.choice(("mia", "carl", "rita")), self.place()
        sent = [Sent(who, "LOCK", target, (("Timeout", self.value("Timeout")),), self.lockinfo())]
        for _ in range(self._rng.randint(1, 2)):
            one = self.request(self._rng.choice(_LOCKED), target if self._rng.random() < 0.8 else "")
            kept = tuple(header for header in one.headers if header[0] not in {"If", "Lock-Token"})
            token = ("Lock-Token", "<{token}>") if one.method == "UNLOCK" else ("If", self.value("If"))
            sent.append(Sent(who, one.method, one.target, (*kept, token), one.body))
        if self._rng.random() < 0.5:
            sent.append(Sent(who, "UNLOCK", target, (("Lock-Token", "<{token}>"),)))
        return tuple(sent)

    def place(self) -> str:
        """Make a path: one that exists, one that could, or one that nobody may have."""
        path = self._rng.choice(words.PLACES)
        if self._rng.random() < 0.7:
            return path
        for _ in range(self._rng.randint(1, 3)):
            path = path.rstrip("/") + "/" + self._rng.choice(self._words.segments)
        return path + ("/" if self._rng.random() < 0.1 else "")

    def value(self, name: str) -> str:
        """Make a value for a header."""
        if name == "Destination" and self._rng.random() < 0.4:
            return ("http://dam.example:8080" if self._rng.random() < 0.5 else "") + self.place()
        return self._rng.choice(self._words.values[name])

    def body(self, method: str) -> bytes:
        """Make a body that suits the method, mostly."""
        if self._rng.random() < 0.05:
            method = self._rng.choice(("PROPFIND", "PROPPATCH", "LOCK", "PUT", "DELETE"))
        if method in self._words.bodies and self._rng.random() < 0.2:
            return self._rng.choice(self._words.bodies[self._rng.choice((method, "*"))])
        if method == "PROPFIND":
            return self.propfind()
        if method == "PROPPATCH":
            return self.propertyupdate()
        if method == "LOCK":
            return self.lockinfo() if self._rng.random() < 0.8 else b""
        if method == "PUT":
            return self._rng.choice(
                (b"", b"x", b"abc", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17), b"<svg/>", b"x" * 70_000)
            )
        return b""

    def propfind(self) -> bytes:
        """Make the body of a PROPFIND."""
        if self._rng.random() < 0.2:
            return b""
        kind = self._rng.choice(
            ("<D:allprop/>", "<D:propname/>", "<D:allprop/><D:include>{}</D:include>", *("<D:prop>{}</D:prop>",) * 4)
        )
        asked = "".join(f"<{self._rng.choice(words.NAMES)}/>" for _ in range(self._rng.choice((0, 1, 2, 5, 20, 260))))
        return f'<?xml version="1.0"?><D:propfind {words.OPEN}>{kind.replace("{}", asked)}</D:propfind>'.encode()

    def propertyupdate(self) -> bytes:
        """Make the body of a PROPPATCH."""
        steps = "".join(self._step() for _ in range(self._rng.choice((0, 1, 1, 2, 3))))
        return f"<D:propertyupdate {words.OPEN}>{steps}</D:propertyupdate>".encode("utf-8", "replace")

    def lockinfo(self) -> bytes:
        """Make the body of a LOCK."""
        scope = self._rng.choice(("exclusive", "exclusive", "shared", "none"))
        owner = f"<D:owner>{self._rng.choice(words.CONTENTS)}</D:owner>" if self._rng.random() < 0.5 else ""
        kind = "<D:locktype><D:write/></D:locktype>" if self._rng.random() < 0.95 else ""
        return f"<D:lockinfo {words.OPEN}><D:lockscope><D:{scope}/></D:lockscope>{kind}{owner}</D:lockinfo>".encode()

    def _step(self) -> str:
        verb = self._rng.choice(("set", "set", "remove", "none"))
        inside = "".join(self._property() for _ in range(self._rng.choice((0, 1, 1, 3, 30))))
        return f"<D:{verb}><D:prop>{inside}</D:prop></D:{verb}>"

    def _property(self) -> str:
        name = self._rng.choice(words.NAMES)
        return f"<{name}>{self._rng.choice(words.CONTENTS)}</{name.partition(' ')[0]}>"
