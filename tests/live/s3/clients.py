"""Other people's S3 clients: by which command line each does what. `{…}` stands for what a cell of the table fills in.

Commands print what they read, list or sign; nothing else goes to their standard output.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")
Command = tuple[str, ...]
VERBS = (
    "put", "get", "part", "listing", "copy", "move", "delete", "sync_there", "sync_back", "presign", "presign_put",
)  # fmt: skip
FROM = "s3://{bucket}/{key}"
TO = "s3://{bucket}/{to}"
BELOW = "s3://{bucket}/{prefix}"


@dataclass(frozen=True)
class Client:
    """What a client does, by verb. A verb that is not among its commands is something it cannot do.

    One with a `mount` command does it with files in the folder `{mount}`, where that command mounts a bucket.
    """

    name: str
    commands: Mapping[str, Command]
    environment: Mapping[str, str] = field(default_factory=dict)
    mount: Command = ()


def python(name: str, interpreter: str, program: str) -> Client:
    """A library for Python, told what to do by a program of ours."""
    return _told(name, (interpreter, str(PROGRAMS / program)))


def node(name: str, modules: Path, program: str) -> Client:
    """A library for JavaScript, from the folder that npm installed it into."""
    return _told(name, ("node", str(PROGRAMS / program)), {"S3_NODE": str(modules)})


def _told(name: str, start: Command, environment: Mapping[str, str] | None = None) -> Client:
    words = {
        "put": ("{file}", "{bucket}", "{key}"),
        "get": ("{bucket}", "{key}", "{file}"),
        "part": ("{bucket}", "{key}", "{first}", "{last}"),
        "listing": ("{bucket}", "{prefix}"),
        "copy": ("{bucket}", "{key}", "{to}"),
        "move": ("{bucket}", "{key}", "{to}"),
        "delete": ("{bucket}", "{key}"),
        "sync_there": ("{folder}", "{bucket}", "{prefix}"),
        "sync_back": ("{bucket}", "{prefix}", "{folder}"),
        "presign": ("{bucket}", "{key}"),
        "presign_put": ("{bucket}", "{key}"),
    }
    return Client(name, {verb: (*start, verb, *rest) for verb, rest in words.items()}, environment or {})


def boto3() -> Client:
    """The boto3 of this environment."""
    return python("boto3", sys.executable, "boto3_client.py")


def aws(name: str, program: str) -> Client:
    """The AWS command line, version 1 or 2."""
    there = (program, "--endpoint-url", "{url}", "s3")
    part = (program, "--endpoint-url", "{url}", "s3api", "get-object")
    ranged = (*part, "--bucket", "{bucket}", "--key", "{key}", "--range", "bytes={first}-{last}", "{file}")
    quiet = ("--only-show-errors",)
    return Client(
        name,
        {
            "put": (*there, "cp", *quiet, "{file}", FROM),
            "get": (*there, "cp", *quiet, FROM, "{file}"),
            "part": ("sh", "-c", 'out="$1"; shift; "$@" >&2 && cat "$out"', "sh", "{file}", *ranged),
            "listing": (*there, "ls", "--recursive", BELOW),
            "copy": (*there, "cp", *quiet, FROM, TO),
            "move": (*there, "mv", *quiet, FROM, TO),
            "delete": (*there, "rm", *quiet, FROM),
            "sync_there": (*there, "sync", *quiet, "{folder}", BELOW),
            "sync_back": (*there, "sync", *quiet, BELOW, "{folder}"),
            "presign": (*there, "presign", "--expires-in", "600", FROM),
        },
    )


def rclone(name: str, program: str) -> Client:
    """The program rclone, with the drive as its remote `D:`."""
    start = (program, "--retries", "1", "--low-level-retries", "2")
    source, target, below = "D:{bucket}/{key}", "D:{bucket}/{to}", "D:{bucket}/{prefix}"
    return Client(
        name,
        {
            "put": (*start, "copyto", "{file}", source),
            "get": (*start, "copyto", source, "{file}"),
            "part": (*start, "cat", "--offset", "{first}", "--count", "{count}", source),
            "listing": (*start, "lsf", "-R", "--files-only", below),
            "copy": (*start, "copyto", source, target),
            "move": (*start, "moveto", source, target),
            "delete": (*start, "deletefile", source),
            "sync_there": (*start, "sync", "{folder}", below),
            "sync_back": (*start, "sync", below, "{folder}"),
            "presign": (*start, "link", "--expire", "10m", source),
        },
        {
            "RCLONE_CONFIG": "{home}/rclone.conf",
            "RCLONE_CONFIG_D_TYPE": "s3",
            "RCLONE_CONFIG_D_PROVIDER": "Other",
            "RCLONE_CONFIG_D_ENDPOINT": "{url}",
            "RCLONE_CONFIG_D_REGION": "{region}",
            "RCLONE_CONFIG_D_ACCESS_KEY_ID": "{access}",
            "RCLONE_CONFIG_D_SECRET_ACCESS_KEY": "{secret}",
            "RCLONE_CONFIG_D_UPLOAD_CUTOFF": "8M",
            "RCLONE_CONFIG_D_CHUNK_SIZE": "8M",
            "RCLONE_CA_CERT": "{ca}",
            "AWS_CA_BUNDLE": "",  # which the rclone of Debian cannot read
        },
    )


def s3cmd(program: str) -> Client:
    """The program s3cmd; it reads a range only to go on with a file that is half there."""
    config = "{home}/s3cfg"
    start = (program, "-q", "-c", config)
    resume = (
        'head -c "$1" "$2" >"$3" && "$4" -q -c "$5" get --continue "$6" "$3" >&2'
        ' && tail -c "+$(($1 + 1))" "$3" | head -c "$7"'
    )
    return Client(
        "s3cmd",
        {
            "put": (*start, "put", "--multipart-chunk-size-mb=8", "{file}", FROM),
            "get": (*start, "get", "--force", FROM, "{file}"),
            "part": ("sh", "-c", resume, "sh", "{first}", "{source}", "{file}", program, config, FROM, "{count}"),
            "listing": (program, "-c", config, "ls", "--recursive", BELOW),
            "copy": (*start, "cp", FROM, TO),
            "move": (*start, "mv", FROM, TO),
            "delete": (*start, "del", FROM),
            "sync_there": (*start, "sync", "{folder}/", BELOW),
            "sync_back": (*start, "sync", BELOW, "{folder}/"),
            "presign": (program, "-c", config, "signurl", FROM, "+600"),
        },
    )


def s3fs(program: str) -> Client:
    """The program s3fs, which mounts a bucket; everything is done by commands for files."""
    at = "{mount}/{key}"
    options = "url={url},endpoint={region},use_path_request_style,passwd_file={home}/s3fs,max_stat_cache_size=50000"
    return Client(
        "s3fs",
        {
            "put": ("sh", "-c", 'mkdir -p "$(dirname "$2")" && cp "$1" "$2"', "sh", "{file}", at),
            "get": ("cp", at, "{file}"),
            "part": ("sh", "-c", 'tail -c "+$(($2 + 1))" "$1" | head -c "$3"', "sh", at, "{first}", "{count}"),
            "listing": ("find", "{mount}/{prefix}", "-type", "f"),
            "copy": ("cp", at, "{mount}/{to}"),
            "move": ("mv", at, "{mount}/{to}"),
            "delete": ("rm", at),
            "sync_there": ("sh", "-c", 'mkdir -p "$2" && cp -r "$1/." "$2"', "sh", "{folder}", "{mount}/{prefix}"),
            "sync_back": ("cp", "-r", "{mount}/{prefix}.", "{folder}"),
        },
        mount=(program, "{bucket}", "{mount}", "-f", "-o", options + ",connect_timeout=30,multipart_size=10"),
    )
