"""PROPPATCH on the wire: what comes back is what was sent, and a no says which property it is about."""

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from damgate.core.properties import LARGEST, MOST
from tests.gateways.client import Client, parse
from tests.gateways.sayings import MS, WIN32, lockinfo, propfind, win32

FILE = "/Inbox/x.txt"


def update(*properties: str, verb: str = "set", attributes: str = "") -> bytes:
    inside = "".join(properties)
    return (
        f'<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"{attributes}><D:{verb}><D:prop>{inside}'
        f"</D:prop></D:{verb}></D:propertyupdate>"
    ).encode()


def statuses(answer: Any) -> dict[str, str]:
    """The status of each property of a PROPPATCH, by its local name."""
    assert answer.status == 207, answer
    found = {}
    for part in parse(answer.body).iter("{DAV:}propstat"):
        for one in part.find("{DAV:}prop"):
            found[one.tag.rpartition("}")[2]] = part.findtext("{DAV:}status").split()[1]
    return found


def fetch(dav: Client, namespace: str, local: str, target: str = FILE) -> Any:
    """The element of a property, as lxml reads it."""
    asked = propfind(extra=f"<q:{local} xmlns:q={quoteattr(namespace)}/>" if namespace else f"<{local}/>")
    answer = dav("PROPFIND", target, asked, Depth="0")
    name = f"{{{namespace}}}{local}" if namespace else local
    return parse(answer.body).find(f".//{{DAV:}}prop/{name}")


def shape(element: Any) -> Any:
    """All that XML says of an element, but for its prefixes."""
    children = [(shape(child), child.tail or "") for child in element]
    return element.tag, sorted(element.attrib.items()), element.text or "", children


VALUES = [
    ("urn:x", "colour", '<a:colour xmlns:a="urn:x">red</a:colour>'),
    ("", "bare", "<bare>none &amp; nobody's</bare>"),
    ("http://example.com/?a=1&b='2'", "odd", "<o:odd xmlns:o=\"http://example.com/?a=1&amp;b='2'\"/>"),
    ("urn:x", "größe", '<größe xmlns="urn:x">日本 𝄞 é e\u0301</größe>'),
    (
        "urn:x",
        "mixed",
        (
            '<m:mixed xmlns:m="urn:x" xmlns="urn:y" m:kind="a&quot;b&#10;c">one <b at="1">two<c/> three</b>\n  four'
            "&#13;\n &lt;tag&gt; {0} {missing} <![CDATA[<raw> & ]]> <m:d/> </m:mixed>"
        ),
    ),
    ("urn:x", "space", '<s:space xmlns:s="urn:x" xml:space="preserve">  \t a  \n</s:space>'),
]


@pytest.mark.parametrize(("namespace", "local", "xml"), VALUES)
@pytest.mark.parametrize("target", [FILE, "/Inbox/folder/"])
def test_a_value_comes_back_as_it_was_sent(dav: Client, namespace: str, local: str, xml: str, target: str) -> None:
    dav("PUT", FILE, b"x")
    dav("MKCOL", "/Inbox/folder")
    assert statuses(dav("PROPPATCH", target, update(xml))) == {local: "200"}
    there = fetch(dav, namespace, local, target)
    sent = parse(xml.encode())
    there.tail = None
    assert shape(there) == shape(sent)
    assert statuses(dav("PROPPATCH", target, update(xml, verb="remove"))) == {local: "200"}
    assert fetch(dav, namespace, local, target).text is None


@pytest.mark.parametrize(
    ("attributes", "xml", "language"),
    [
        ("", '<a xmlns="urn:x" xml:lang="de">Maß</a>', "de"),
        (' xml:lang="fr"', '<a xmlns="urn:x">mètre</a>', "fr"),
        (' xml:lang="fr"', '<a xmlns="urn:x" xml:lang="de">Maß</a>', "de"),
        ("", '<a xmlns="urn:x">none</a>', None),
    ],
)
def test_the_language_of_a_value_is_kept(dav: Client, attributes: str, xml: str, language: str | None) -> None:
    dav("PUT", FILE, b"x")
    dav("PROPPATCH", FILE, update(xml, attributes=attributes))
    assert fetch(dav, "urn:x", "a").get("{http://www.w3.org/XML/1998/namespace}lang") == language


@pytest.mark.parametrize("protected", ["getetag", "getcontentlength", "resourcetype", "lockdiscovery", "displayname"])
@pytest.mark.parametrize("verb", ["set", "remove"])
def test_what_the_drive_says_itself_is_protected(dav: Client, protected: str, verb: str) -> None:
    dav("PUT", FILE, b"x")
    body = update(f"<D:{protected}>x</D:{protected}>", '<c xmlns="urn:x">red</c>', verb=verb)
    answer = dav("PROPPATCH", FILE, body)
    assert statuses(answer) == {protected: "403", "c": "424"}
    assert parse(answer.body).find(".//{DAV:}propstat/{DAV:}error/{DAV:}cannot-modify-protected-property") is not None
    assert fetch(dav, "urn:x", "c").text is None


def test_too_long_a_value_is_named_and_nothing_of_the_request_is_kept(dav: Client) -> None:
    dav("PUT", FILE, b"x")
    answer = dav("PROPPATCH", FILE, update(f'<a xmlns="urn:x">{"x" * LARGEST}</a>', '<b xmlns="urn:x">small</b>'))
    assert statuses(answer) == {"a": "507", "b": "424"}
    assert "16 KiB" in parse(answer.body).findtext(".//{DAV:}propstat/{DAV:}responsedescription")
    assert fetch(dav, "urn:x", "b").text is None


def test_one_more_than_a_hundred_is_refused_by_name(dav: Client) -> None:
    dav("PUT", FILE, b"x")
    many = [f'<p{number} xmlns="urn:x"/>' for number in range(MOST)]
    assert set(statuses(dav("PROPPATCH", FILE, update(*many))).values()) == {"200"}
    assert statuses(dav("PROPPATCH", FILE, update('<more xmlns="urn:x"/>', many[0]))) == {"more": "507", "p0": "424"}
    assert dav("PROPPATCH", FILE, update(f'<{"n" * 600} xmlns="urn:x"/>')).status == 400


def test_explorers_stamps_persist_on_its_own_locked_file_without_the_token(dav: Client) -> None:
    dav("PUT", FILE, b"")
    token = dav("LOCK", FILE, lockinfo()).headers["Lock-Token"]
    assert dav("PUT", FILE, b"x", If=f"({token})").status == 204
    assert statuses(dav("PROPPATCH", FILE, win32("today"))) == dict.fromkeys(WIN32, "200")
    assert dav.as_("carl")("PROPPATCH", FILE, win32("tomorrow")).status in {403, 423}
    assert dav("PROPPATCH", FILE, update('<c xmlns="urn:x">red</c>')).status == 423
    assert dav("UNLOCK", FILE, Lock_Token=token).status == 204
    assert {fetch(dav, MS, name).text for name in WIN32} == {"today"}
