"""How inputs are written down: plain text, in which every byte that a person could not see is escaped."""

import re

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([nrt\\])|\{(\d+):([^}]*)\})")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}
_SHOWN = {value: b"\\" + name for name, value in _NAMED.items()}


def read(text: str) -> bytes:
    r"""Return the bytes of a text: `\x00`, `\n`, `\r`, `\t`, `\\`, and `\{300:ab}` for 300 times `ab`."""
    return _ESCAPE.sub(_unescaped, text.encode())


def spell(data: bytes) -> str:
    """Write bytes so that `read` returns them."""
    return "".join(_letter(data[place : place + 1]) for place in range(len(data)))


def _letter(byte: bytes) -> str:
    if byte in _SHOWN:
        return _SHOWN[byte].decode()
    return byte.decode() if b" " <= byte <= b"~" else f"\\x{byte[0]:02x}"


def _unescaped(found: re.Match[bytes]) -> bytes:
    hexadecimal, named, times, what = found.groups()
    if hexadecimal:
        return bytes.fromhex(hexadecimal.decode())
    return _NAMED[named] if named else int(times) * read(what.decode())


def lines(text: str) -> list[tuple[str, str]]:
    """Return the lines of a corpus file as (expected class, rest), without comments."""
    found = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in found]


def fits(status: int, expected: str) -> bool:
    """Tell whether a status is of an expected class, such as `2xx`, `404` or `2xx/4xx`."""
    return any(one == str(status) or one == f"{status // 100}xx" for one in expected.split("/"))
