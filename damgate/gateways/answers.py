"""One table: what became wrong, and how a door says it.

An error's class decides status and WebDAV condition; its sentence is what the person reads, in the body and in the
status line too, because some clients show nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

import structlog

from damgate.core import errors
from damgate.core.errors import DamgateError
from damgate.core.rights import SIGNED
from damgate.gateways import faults
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import Request
from damgate.gateways.target import quote_path

CHALLENGE = 'Basic realm="damgate", charset="UTF-8"'
ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
log = structlog.get_logger("damgate.gateways")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one class of error is said.

    `condition` is an XML element name of DAV; `sentence` replaces the error's own. At the S3 door it has a `code`, and
    another status where S3 clients would misunderstand this one (they send again what is answered with 5xx).
    """

    status: int
    condition: str = ""
    sentence: str = ""
    code: str = "AccessDenied"
    s3: int = 0

    @property
    def s3_status(self) -> int:
        """The status at the S3 door."""
        return self.s3 or self.status


UNEXPECTED = Answer(
    500, sentence="The server failed at this request, and wrote the reason to its log", code="InternalError"
)

ANSWERS: dict[type[DamgateError], Answer] = {
    DamgateError: UNEXPECTED,
    errors.BadRequest: Answer(400, code="InvalidRequest"),
    errors.BadName: Answer(400, code="InvalidArgument"),
    errors.BadBucketName: Answer(400, code="InvalidBucketName"),
    errors.IncompleteUpload: Answer(400, code="IncompleteBody"),
    errors.BadDigest: Answer(400, code="BadDigest"),
    errors.BadPart: Answer(400, code="InvalidPart"),
    errors.PartOrder: Answer(400, code="InvalidPartOrder"),
    errors.PartTooSmall: Answer(400, code="EntityTooSmall"),
    errors.NotAuthenticated: Answer(401, s3=403),
    errors.TooManyAttempts: Answer(429, code="SlowDown", s3=503),
    errors.NotFound: Answer(404, code="NoSuchKey"),
    errors.NoSuchBucket: Answer(404, code="NoSuchBucket"),
    errors.NoSuchVersion: Answer(404, code="NoSuchVersion"),
    errors.DeleteMarker: Answer(404, code="NoSuchKey"),
    errors.NoSuchUpload: Answer(404, code="NoSuchUpload"),
    errors.Gone: Answer(410, code="NoSuchKey", s3=404),
    errors.MovedElsewhere: Answer(404, code="NoSuchKey"),  # reading it is a 301, which no DAV method survives
    errors.Superseded: Answer(404, code="NoSuchKey"),
    errors.ParentMissing: Answer(409, code="InvalidRequest"),
    errors.AlreadyExists: Answer(409, code="InvalidRequest"),  # 405 for MKCOL, which has no other way to say it
    errors.BucketTaken: Answer(409, code="BucketAlreadyExists"),
    errors.BucketStands: Answer(409, code="BucketAlreadyOwnedByYou"),
    errors.BucketNotEmpty: Answer(409, code="BucketNotEmpty"),
    errors.NotAFolder: Answer(409, code="InvalidRequest"),
    errors.MethodRefused: Answer(405, code="MethodNotAllowed"),
    errors.Refused: Answer(403),
    errors.BadLink: Answer(403),
    errors.TransitionRefused: Answer(403, "g:transition-refused"),
    errors.Locked: Answer(423, "D:lock-token-submitted", code="OperationAborted", s3=409),
    errors.StillExamined: Answer(423, "g:still-examined", code="SlowDown", s3=503),
    errors.PreconditionFailed: Answer(412, code="PreconditionFailed"),
    errors.RangeUnsatisfiable: Answer(416, code="InvalidRange"),
    errors.TooLarge: Answer(413, code="EntityTooLarge", s3=400),
    errors.NotSupported: Answer(501, code="NotImplemented"),
    errors.PropertiesTooLarge: Answer(507, code="MetadataTooLarge", s3=400),  # as RFC 4918 §9.2.1 says it of each
    errors.TooManyLocks: Answer(429, code="SlowDown", s3=503),  # a Mac takes 507 for a full disk: people would delete
    errors.NoSpace: Answer(507, "D:quota-not-exceeded", code="QuotaExceeded", s3=403),
    errors.Unrenderable: Answer(422, code="NoSuchKey", s3=404),
    errors.Busy: Answer(503, code="SlowDown"),
    errors.Cancelled: Answer(503, code="SlowDown"),
    errors.Corrupt: Answer(
        500, sentence="The stored bytes are damaged; tell the operator to run damgate check", code="InternalError"
    ),
    errors.Misconfigured: UNEXPECTED,
    faults.UnsupportedBody: Answer(415, code="InvalidRequest", s3=400),
    faults.UnknownMethod: Answer(501, code="MethodNotAllowed", s3=405),
    faults.OtherServer: Answer(502, code="InvalidRequest", s3=400),
    faults.TooDeep: Answer(403, "D:propfind-finite-depth"),
    errors.LockMismatch: Answer(409, "D:lock-token-matches-request-uri", code="OperationAborted"),
    faults.CrossSite: Answer(403),
}


def answer_for(error: BaseException) -> Answer:
    """Look an error up by its class or the nearest class above it."""
    for ancestor in type(error).__mro__:
        if ancestor in ANSWERS:
            return ANSWERS[ancestor]
    return UNEXPECTED


def sentence_of(error: Exception, request: Request) -> str:
    """Return what the person reads."""
    own = answer_for(error).sentence
    return f"{own} ({request.id})." if own else str(error)


def failure(error: Exception, request: Request) -> Reply:
    """Say what went wrong, in the way the asker's client can show."""
    answer = answer_for(error)
    reading = request.method in {"GET", "HEAD"}
    if isinstance(error, errors.MovedElsewhere) and reading:
        return _elsewhere(error, request)
    status = answer.status
    if isinstance(error, errors.AlreadyExists) and request.method == "MKCOL":
        status = 405
    if status == 500:
        log.error("failed", id=request.id, method=request.method, exc_info=error)
    sentence = sentence_of(error, request)
    headers = [*ALWAYS, *_headers(error, status, request)]
    if reading:
        return whole(
            status, _plain(sentence, error).encode(errors="replace"), "text/plain; charset=utf-8", headers, sentence
        )
    body = _xml(sentence, error, answer.condition, request).encode()
    return whole(status, body, "application/xml; charset=utf-8", headers, sentence)


def _elsewhere(error: errors.MovedElsewhere, request: Request) -> Reply:
    """Send to where a file is now: for good from a former path, for now from a link that is pinned to former bytes."""
    location = quote_path(error.location) + ("?" + request.query if request.query else "")
    if isinstance(error, errors.Superseded):
        return whole(302, b"", "text/plain", [ALWAYS[0], ("Cache-Control", "no-cache"), ("Location", location)])
    return whole(301, b"", "text/plain", [*ALWAYS, ("Location", quote_path(error.location))])


def _headers(error: Exception, status: int, request: Request) -> list[tuple[str, str]]:
    if status == 401:
        return [("WWW-Authenticate", CHALLENGE)]
    if status == 405:
        return [("Allow", ", ".join(method for method in request.allowed if method != request.method))]
    if isinstance(error, errors.Busy | errors.TooManyAttempts):
        return [("Retry-After", str(max(1, error.retry_after))), *_status(error, request)]
    if isinstance(error, errors.RangeUnsatisfiable):
        return [("Content-Range", f"bytes */{error.size}")]
    return []


def _status(error: errors.Busy | errors.TooManyAttempts, request: Request) -> list[tuple[str, str]]:
    """Say where to look how far it is, to who may: a signed link opens nothing but itself."""
    if not isinstance(error, errors.Busy) or not error.job or request.actor == SIGNED:
        return []
    return [("Link", f'</-/jobs/{error.job}>; rel="status"')]


def _plain(sentence: str, error: Exception) -> str:
    items = error.items if isinstance(error, errors.TransitionRefused) else ()
    return "\n".join((sentence, *(f"{item.path}: {item.reason} {item.remedy}".rstrip() for item in items))) + "\n"


def _xml(sentence: str, error: Exception, condition: str, request: Request) -> str:
    """Write RFC 4918's error element, with sabre's two inside, which rclone and others show."""
    inside = ""
    if condition == "D:lock-token-submitted":
        place = error.place if isinstance(error, DamgateError) else ""
        names = tuple(name for name in place.split("/") if name) or request.path
        inside = f"<D:href>{quote_path(names)}</D:href>"
    elif isinstance(error, errors.TransitionRefused):
        inside = "".join(
            f"<g:refused><g:path>{xml_text(item.path)}</g:path><g:reason>{xml_text(item.reason)}</g:reason>"
            f"<g:remedy>{xml_text(item.remedy)}</g:remedy></g:refused>"
            for item in error.items
        )
    about = f"<{condition}>{inside}</{condition}>" if inside else f"<{condition}/>" if condition else ""
    name = type(error).__name__ if isinstance(error, DamgateError) else "Failure"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<D:error xmlns:D="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:g="urn:damgate">'
        f"{about}<s:exception>{name}</s:exception><s:message>{xml_text(sentence)}</s:message></D:error>"
    )


def xml_text(text: str) -> str:
    """Escape a text for XML, without the characters that XML cannot hold."""
    return escape(_NOT_XML.sub("\ufffd", text))
