"""PostObject: an object that a web page's form sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from damgate.core.errors import BadDigest, Refused
from damgate.core.objects import Checksum, Given, Object, check_key
from damgate.drive.buckets.checksums import DEFAULT, Summing
from damgate.gateways.reply import Reply, empty, uploaded
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import START, read_checksum
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.forms.policy import Policy, parse_policy
from damgate.gateways.s3.forms.reading import FormFile, read_form
from damgate.gateways.s3.objects.fields import attributes_of, check_fields
from damgate.gateways.s3.objects.showing import written
from damgate.gateways.s3.objects.tagging import read_tags
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element, etag, parse

FILENAME = "${filename}"  # in a key: how the file is called where it comes from

_ADDRESS = re.compile(r"https?://[!-~]+", re.ASCII)


class Sent:
    """The bytes of a form's file, compared at their end with what the policy and the form say of them."""

    def __init__(self, file: FormFile, policy: Policy, claimed: Checksum | None) -> None:
        """Read `file`, within the sizes that `policy` lets it have."""
        self._file = file
        self._policy = policy
        self._claimed = claimed
        self._size = 0
        self._sum = Summing(claimed.algorithm if claimed else DEFAULT)

    @property
    def checksum(self) -> Checksum:
        """The checksum of all that was read."""
        return self._sum.checksum

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing at the end; raises where they are not what they should be."""
        piece = self._file.read(size)
        self._size += len(piece)
        if self._size > self._policy.most:
            raise S3Fault("EntityTooLarge", f"The file can be {self._policy.most:,} bytes at most.")
        if piece:
            self._sum.update(piece)
            return piece
        if self._size < self._policy.least:
            raise S3Fault("EntityTooSmall", f"The file must be {self._policy.least:,} bytes at least.")
        if self._claimed and self._claimed != self._sum.checksum:
            raise BadDigest("The file is not the one whose checksum the form says; nothing was changed.")
        return b""


def post_object(asked: Asked, means: Means) -> Reply:
    """Write the file of a form as an object, for whoever signed the form's policy."""
    form = read_form(asked)
    if not form.fields.get("key"):
        raise S3Fault("InvalidArgument", "The form has no field “key”, or an empty one.", ArgumentName="key")
    key = check_key(form.fields["key"].replace(FILENAME, form.filename))
    fields = {**form.fields, "key": key}
    redirect, claimed = _redirect(fields), _claimed(fields)
    policy = _policy(asked, fields, means)
    given = _given(fields)
    bucket = means.buckets_of(asked.actor).find(asked.bucket)
    made = bucket.put(key, Sent(form.file, policy, claimed), given)
    return uploaded(_answer(asked, fields, made, redirect))


def _policy(asked: Asked, fields: Mapping[str, str], means: Means) -> Policy:
    """Return what the form may send; `asked.actor` becomes who signed it. A form without a policy is anybody's."""
    asked.actor = means.signer(fields)  # whatever its headers say
    if "policy" not in fields:
        return Policy(until=0.0)
    policy = parse_policy(fields["policy"])
    if fields.get("bucket", asked.bucket) != asked.bucket:
        raise Refused("The form is for another bucket.")
    policy.check({**fields, "bucket": asked.bucket}, means.now())
    return policy


def _given(fields: Mapping[str, str]) -> Given:
    said = {("x-amz-acl" if name == "acl" else name): _as_header(value) for name, value in fields.items()}
    check_fields(said)
    tagging = fields.get("tagging")
    tags = None if tagging is None else read_tags(parse(tagging.encode(), "Tagging"))
    return Given(attributes=attributes_of(said), tags=tags)


def _as_header(value: str) -> str:
    """Return a field's value as it would have come in a header."""
    return value.encode().decode("latin-1").strip()


def _claimed(fields: Mapping[str, str]) -> Checksum | None:
    """Return what the form says of its file."""
    return read_checksum({name.removeprefix(START): value for name, value in fields.items() if name.startswith(START)})


def _redirect(fields: Mapping[str, str]) -> str:
    """Return where the browser is to go afterwards; an address that is none counts for nothing, as at AWS."""
    address = fields.get("success_action_redirect") or fields.get("redirect") or ""
    return address if _ADDRESS.fullmatch(address) else ""


def _answer(asked: Asked, fields: Mapping[str, str], made: Object, redirect: str) -> Reply:
    location = f"/{asked.bucket}/{quote(made.key)}"
    if redirect:
        query = urlencode({"bucket": asked.bucket, "key": made.key, "etag": f'"{made.etag}"'}, quote_via=quote)
        return empty(303, [*written(made), ("Location", redirect + ("&" if urlsplit(redirect).query else "?") + query)])
    headers = [*written(made), ("Location", location)]
    status = fields.get("success_action_status")
    if status == "201":
        inside = element("Location", location), element("Bucket", asked.bucket), element("Key", made.key)
        return answer("PostResponse", (*inside, etag(made.etag)), headers, status=201)
    return empty(200 if status == "200" else 204, headers)
