"""What went wrong, as S3 clients read it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from damgate.core import errors
from damgate.gateways.answers import ALWAYS, answer_for, sentence_of, xml_text
from damgate.gateways.reply import Headers, Reply, ascii_phrase, whole
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
LATER = 2  # seconds after which it is worth asking again, where the error does not say

log = structlog.get_logger("damgate.gateways")


def failure(error: Exception, asked: Asked) -> Reply:
    """Say what went wrong: in XML, and to HEAD, whose answer has no body, in a header."""
    status, code = _status(error)
    if status == 500:
        log.error("failed", id=asked.id, method=asked.method, exc_info=error)
    sentence = sentence_for(error, asked)
    headers = [*ALWAYS, *_headers(error, code, asked)]
    if asked.method == "HEAD":
        headers.append(("x-damgate-reason", ascii_phrase(sentence)))
    body = document(error, code, sentence, asked)
    return whole(status, body.encode(), "application/xml", headers)


def code_of(error: Exception) -> str:
    """Return S3's code for an error, as an answer that tells of many objects says it of each."""
    return _status(error)[1]


def sentence_for(error: Exception, asked: Asked) -> str:
    """Return what the person reads: of a refused move why each file stays; of another refusal, that nobody signed."""
    if isinstance(error, errors.TransitionRefused) and error.items:
        return " ".join(f"{item.path}: {item.reason} {item.remedy}".rstrip() for item in error.items)
    sentence = str(error) if isinstance(error, S3Fault) else sentence_of(error, asked)
    if isinstance(error, errors.Refused) and asked.actor.anonymous:
        return f"{sentence} This request is not signed."
    return sentence


def document(error: Exception, code: str, sentence: str, asked: Asked) -> str:
    """Write S3's error document; a long answer that was begun with 200 ends with it."""
    details: Mapping[str, str] = error.details if isinstance(error, S3Fault) else {}
    resource = "/" + "/".join(part for part in (asked.bucket, asked.key) if part)
    elements = {"Code": code, "Message": sentence, **details, "Resource": resource}
    elements |= {"RequestId": asked.id, "HostId": asked.id}
    inside = "".join(f"<{name}>{xml_text(text)}</{name}>" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'


def _status(error: Exception) -> tuple[int, str]:
    if isinstance(error, S3Fault):
        return error.status, error.code
    if isinstance(error, errors.DeleteMarker) and error.asked:
        return 405, "MethodNotAllowed"
    answer = answer_for(error)
    return answer.s3_status, answer.code


def _headers(error: Exception, code: str, asked: Asked) -> Headers:
    if code == "SlowDown":
        return [("Retry-After", str(max(1, getattr(error, "retry_after", LATER))))]
    if isinstance(error, errors.RangeUnsatisfiable):
        return [("Content-Range", f"bytes */{error.size}")]
    if isinstance(error, errors.DeleteMarker):
        return [("x-amz-delete-marker", "true"), ("x-amz-version-id", error.version)]
    if code == "NoSuchKey":
        return [("x-amz-delete-marker", "false")]  # there is no former version to ask for
    if code == "MethodNotAllowed":
        return [("Allow", ", ".join(method for method in METHODS if method != asked.method))]
    return []
