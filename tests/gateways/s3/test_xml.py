"""XML as S3 writes it, read by a parser that is not ours; and what is refused when it is read."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.uploads.completing import LARGEST
from damgate.gateways.s3.xml import NAMESPACE, child, document, element, escape, instant, parse, text, texts

BOMB = b'<!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Delete><Key>&b;</Key></Delete>'

readable = st.text(
    st.characters(exclude_characters="\x7f", exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("\t\n\r")
)


@given(readable)
def test_a_text_is_read_back_as_it_was(value: str) -> None:
    root = ET.fromstring(document("Listing", element("Key", value)))
    assert root.tag == f"{{{NAMESPACE}}}Listing"
    assert (root[0].text or "") == value


def test_characters_that_xml_cannot_hold_are_written_by_number() -> None:
    assert escape("a\x00b\x1f\ufffe<&>") == "a&#x0;b&#x1F;&#xFFFE;&lt;&amp;&gt;"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1795470000.001, "2026-11-23T21:40:00.001Z"),
        (1795470000.9999, "2026-11-23T21:40:00.999Z"),
    ],
)
def test_instants_are_told_to_the_millisecond(at: float, written: str) -> None:
    assert instant(at) == written


@pytest.mark.parametrize("namespace", ["", f' xmlns="{NAMESPACE}"', ' xmlns="urn:else"'])
def test_a_document_is_read_in_whatever_namespace(namespace: str) -> None:
    root = parse(f"<A{namespace}><B>1</B><B>2</B><C/></A>".encode(), "A")
    assert texts(root, "B") == ("1", "2")
    assert text(root, "C") == ""
    assert text(root, "D") is None
    assert child(root, "D") is None


@pytest.mark.parametrize("body", [b"", b"  ", b"<A>", b"<B/>", b"text", BOMB, b"<A>" * 100 + b"</A>" * 100])
def test_what_is_no_such_document_is_malformed(body: bytes) -> None:
    with pytest.raises(S3Fault) as caught:
        parse(body, "A")
    assert caught.value.code == "MalformedXML"


@pytest.mark.parametrize(
    "inside", [b"<a/>" * 100_000, b"<a " + b" ".join(b"a%x=''" % n for n in range(100_000)) + b"/>"]
)
def test_a_small_body_does_not_become_a_large_tree(inside: bytes) -> None:
    with pytest.raises(S3Fault) as caught:
        parse(b"<A>" + inside + b"</A>", "A")
    assert caught.value.code == "MalformedXML"
    assert "elements" in str(caught.value)


def test_the_longest_lists_that_clients_send_are_read() -> None:
    part = "<Part><PartNumber>1</PartNumber><ETag>&quot;{}&quot;</ETag><ChecksumSHA256>{}=</ChecksumSHA256></Part>"
    body = "<A>" + part.format("0" * 32, "a" * 43) * 10_000 + "</A>"
    assert len(parse(body.encode(), "A", LARGEST)) == 10_000
    version = "<Object><Key>a</Key><VersionId>b</VersionId><ETag>c==</ETag></Object>"
    assert len(parse(f"<A>{version * 1000}</A>".encode(), "A")) == 1000
