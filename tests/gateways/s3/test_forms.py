"""Forms as they arrive, in pieces of every size."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.forms.reading import MOST_BYTES, read_form

BOUNDARY = "----frontier"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


class Dribble:
    """A body that comes in pieces of one size."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size

    def read(self, size: int) -> bytes:
        piece, self.data = self.data[: min(size, self.size)], self.data[min(size, self.size) :]
        return piece


def form(*fields: tuple[str, str], file: bytes | None = b"bytes", filename: str = "shoe.jpg", end: str = "--") -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    if file is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        parts.append(head.encode() + file + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}{end}\r\n".encode()


def asked(body: bytes, size: int = 65536, media_type: str = TYPE) -> Asked:
    environ: dict[str, Any] = {"CONTENT_TYPE": media_type, "wsgi.input": Dribble(body, size)}
    return Asked("POST", (), slash=False, environ=environ, id="1", bucket="shop")


def whole(file: Any, size: int) -> bytes:
    pieces = []
    while piece := file.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    assert file.read(size) == b""
    return b"".join(pieces)


@given(st.binary(max_size=300), st.integers(1, 400), st.integers(1, 400))
def test_a_file_is_what_was_sent(data: bytes, arriving: int, reading: int) -> None:
    found = read_form(asked(form(("Key", "${filename}"), ("Content-Type", "image/jpeg"), file=data), arriving))
    assert found.fields == {"key": "${filename}", "content-type": "image/jpeg"}
    assert found.filename == "shoe.jpg"
    assert whole(found.file, reading) == data


def test_a_file_that_looks_like_its_frontier_is_what_was_sent() -> None:
    data = f"\r\n--{BOUNDARY[:-1]}\r\n--\r\n{BOUNDARY}\r\n".encode() * 3
    assert whole(read_form(asked(form(("key", "a"), file=data), 100)).file, 7) == data


def test_what_comes_behind_the_file_is_passed_over() -> None:
    body = form(("key", "a"), file=b"bytes", end="") + form(("key", "other"), file=None)
    found = read_form(asked(body))
    assert whole(found.file, 100) == b"bytes"
    assert found.fields == {"key": "a"}


@pytest.mark.parametrize("path", ["C:\\\\pictures\\\\shoe.jpg", "/pictures/shoe.jpg", "../shoe.jpg"])
def test_a_file_is_called_by_its_name_alone(path: str) -> None:
    assert read_form(asked(form(("key", "a"), filename=path))).filename == "shoe.jpg"


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (form(("key", "a")), "application/x-www-form-urlencoded", "PreconditionFailed"),
        (form(("key", "a")), "", "PreconditionFailed"),
        (form(("key", "a")), "multipart/form-data", "MalformedPOSTRequest"),
        (form(("key", "a"), file=None), TYPE, "MalformedPOSTRequest"),
        (form(("key", "a"), ("KEY", "b")), TYPE, "MalformedPOSTRequest"),
        (b"", TYPE, "MalformedPOSTRequest"),
        (b"x" * 1000, TYPE, "MalformedPOSTRequest"),
        (form(("key", "a"))[:60], TYPE, "MalformedPOSTRequest"),
        (form(("key", "a" * MOST_BYTES)), TYPE, "MaxPostPreDataLengthExceeded"),
        (form(*((f"x-{number}", "a" * 200) for number in range(200))), TYPE, "MaxPostPreDataLengthExceeded"),
        (form(*((f"x-{number}", "") for number in range(300))), TYPE, "MaxPostPreDataLengthExceeded"),
    ],
)
def test_what_is_no_form_is_said_so(body: bytes, media_type: str, code: str) -> None:
    with pytest.raises(S3Fault) as caught:
        read_form(asked(body, media_type=media_type))
    assert caught.value.code == code


def test_a_file_that_is_cut_never_ends() -> None:
    found = read_form(asked(form(("key", "a"), file=b"x" * 1000)[:900]))
    with pytest.raises(S3Fault) as caught:
        whole(found.file, 100)
    assert caught.value.code == "MalformedPOSTRequest"
