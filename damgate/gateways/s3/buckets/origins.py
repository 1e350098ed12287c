"""The CORS rules of a bucket, as they are set and shown."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from damgate.core.objects import CorsRule
from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.cors import METHODS
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in
from damgate.gateways.s3.reaching import look_into, reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, children, element, malformed, optional, read, text, texts

MOST = 100  # rules of one bucket

_NAME = re.compile(r"[!#$%&'+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)  # of a header, as answers may say it
_PATTERN = re.compile(r"[!-~]{1,1024}", re.ASCII)


def get_cors(asked: Asked, means: Means) -> Reply:
    """Answer the rules of a bucket."""
    rules = look_into(asked, means).cors
    if not rules:
        raise S3Fault("NoSuchCORSConfiguration", "No CORS rules are set for this bucket.", BucketName=asked.bucket)
    return answer("CORSConfiguration", (_written(rule) for rule in rules))


def put_cors(asked: Asked, means: Means) -> Reply:
    """Give a plain bucket these rules in place of those that it has."""
    rules = [_rule(one) for one in children(read(asked, "CORSConfiguration"), "CORSRule")]
    if not 1 <= len(rules) <= MOST:
        raise malformed(f"A CORS configuration has 1 to {MOST} rules.")
    reach(asked, means)
    means.buckets.set_cors(asked.bucket, rules)
    return empty(200)


def delete_cors(asked: Asked, means: Means) -> Reply:
    """Let pages of other sites do nothing with a plain bucket."""
    reach(asked, means)
    means.buckets.set_cors(asked.bucket, ())
    return empty(204)


def _written(rule: CorsRule) -> str:
    age = "" if rule.max_age is None else element("MaxAgeSeconds", rule.max_age)
    return (
        f"<CORSRule>{optional('ID', rule.id)}"
        f"{_each('AllowedMethod', rule.methods)}{_each('AllowedOrigin', rule.origins)}"
        f"{_each('AllowedHeader', rule.headers)}{_each('ExposeHeader', rule.exposed)}{age}</CORSRule>"
    )


def _each(name: str, values: tuple[str, ...]) -> str:
    return "".join(element(name, value) for value in values)


def _rule(found: Element) -> CorsRule:
    rule = CorsRule(
        origins=texts(found, "AllowedOrigin"),
        methods=texts(found, "AllowedMethod"),
        headers=texts(found, "AllowedHeader"),
        exposed=texts(found, "ExposeHeader"),
        max_age=_age(text(found, "MaxAgeSeconds")),
        id=text(found, "ID") or "",
    )
    if not rule.origins or not rule.methods or len(rule.id) > 255:
        raise malformed("A CORS rule needs an AllowedOrigin and an AllowedMethod; its ID has 255 characters at most.")
    for method in rule.methods:
        if method not in METHODS:
            raise _wrong(f"“{method}” is no AllowedMethod; they are {', '.join(METHODS)}.")
    for pattern in (*rule.origins, *rule.headers):
        if pattern.count("*") > 1 or not _PATTERN.fullmatch(pattern):
            raise _wrong(f"“{pattern}” cannot be allowed: a pattern holds one * at most, and no spaces.")
    for name in rule.exposed:
        if not _NAME.fullmatch(name):
            raise _wrong(f"“{name}” is no header that can be exposed.")
    return rule


def _age(value: str | None) -> int | None:
    if value is None:
        return None
    seconds = number_in(value.strip())
    if seconds is None:
        raise malformed("MaxAgeSeconds must be a number of seconds.")
    return seconds


def _wrong(sentence: str) -> S3Fault:
    return S3Fault("InvalidRequest", sentence)
