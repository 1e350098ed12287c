"""The composition root: from a drive's folder to its working parts, and to a running server.

The only module that knows all others. It holds no state of its own.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from damgate import __version__, server
from damgate import config as configuration
from damgate.adapters.casbin import CasbinPolicy
from damgate.adapters.clock import SystemClock
from damgate.adapters.files import FileBlobs
from damgate.adapters.joined import JoinedBlobs
from damgate.adapters.sql import SqlCatalogue
from damgate.config import Config, lines
from damgate.core.channels import Outlet
from damgate.core.errors import DamgateError, Misconfigured
from damgate.core.rights import Action, Actor, Decision, Subject
from damgate.drive import Context, Drive, chores
from damgate.drive.intact import Intact
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from damgate.gateways.http import Withdrawn, pictures
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.proxies import Proxies
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from damgate.jobs.crew import Crew
from damgate.media.confinement import Layer
from damgate.media.decoders import Decoders
from damgate.media.examinations import Examinations
from damgate.media.renditions import Renditions, Room
from damgate.media.sniff import media_type
from damgate.people import Keys, People, Seal
from damgate.people.guessing import network
from damgate.plugins import PluginHost, documents
from damgate.ports.blobs import Blobs

CONFIG = "damgate.toml"
SEAL = "access-keys.seal"  # beside the catalogue
ENDS_SOON = timedelta(days=14)  # before a certificate's end, when readyz tells of it
LEAST_FREE = 256 * 1024 * 1024  # bytes of disk below which readyz complains

UNCONFINED = {  # what readyz tells where the system does not let damgate do it
    Layer.NETWORK: "decoders can reach the network: this system does not let damgate prevent it",
    Layer.PROCESSES: "decoders can leave processes behind: this system does not let damgate prevent it",
    Layer.NUMBER: "decoders can start any number of processes: damgate runs as root, or without user namespaces",
    Layer.ROOT: "decoders have no file system of their own: this system does not let damgate make one",
    Layer.CALLS: "decoders can make every call of the kernel: this system does not let damgate close any",
    Layer.LANDLOCK: "decoders are not kept to their own files by Landlock: this system does not have it",
}

log = structlog.get_logger("damgate.app")


@dataclass(frozen=True, slots=True)
class Site:
    """The working parts of one drive in one process."""

    folder: Path
    config: Config
    catalogue: SqlCatalogue
    blobs: Blobs
    policy: CasbinPolicy
    people: People
    keys: Keys
    plugins: PluginHost
    decoders: Decoders
    context: Context
    drive: Drive
    operator: Drive  # the same drive for who sits at the machine, whom no policy stops
    crew: Crew

    def start(self) -> None:
        """Start the decoder processes and the background threads."""
        chores.plan(self.context, self.plugins.observers())
        self.decoders.start()
        self.crew.start()

    def close(self) -> None:
        """Stop what `start` started, and close the catalogue."""
        self.crew.stop(grace=5.0)
        self.decoders.stop()
        self.catalogue.close()

    def readiness(self) -> Readiness:
        """Return what keeps this process from serving, and what its operator should know."""
        return Readiness(self._complaints(), self._remarks())

    def situation(self) -> Situation:
        """Return what `/metrics` tells of the whole drive at this moment."""
        with self.catalogue.read() as tx:
            jobs = tx.jobs.counts()
        return Situation(jobs, self.blobs.free_bytes(), __version__)

    def withdrawn(self) -> dict[str, Withdrawn]:
        """Return what each channel's links show for what has left it; raises Misconfigured where it cannot be read."""
        return pictures({name: one.delivery for name, one in self.context.outlets.items()}, self.folder)

    def _complaints(self) -> list[str]:
        found = []
        try:
            with self.catalogue.write() as tx:
                tx.notes.put("readyz", str(self.context.clock.now()))
            free = self.blobs.free_bytes()
            if free < LEAST_FREE:
                found.append(f"only {free // 1_000_000} MB of disk are left")
        except (DamgateError, OSError) as error:
            found.append(f"the drive cannot be written: {error}")
        return found

    def _remarks(self) -> list[str]:
        status = self.decoders.status()
        off = [f"the check of the plugin {name} is switched off" for name in self.plugins.switched_off()]
        found = [remark for layer, remark in UNCONFINED.items() if layer in status.missing]
        found += [f"decoders do not start: {status.fault}"] if status.fault else []
        return [*found, *off]


def load_config(folder: Path) -> Config:
    """Read the drive's configuration; raises Misconfigured where `folder` is no drive."""
    return configuration.load(folder / CONFIG)


def outlets(config: Config, plugins: PluginHost) -> dict[str, Outlet]:
    """Return the channels that the plugins contribute, each with its delivery."""
    return {channel.name: Outlet(channel, config.delivery(channel.name)) for channel in plugins.channels()}


@contextmanager
def open_site(folder: Path, tried: Callable[[str], None] = lambda _fault: None) -> Iterator[Site]:
    """Open a drive for one process; close it in the end. Starts no process and no thread yet.

    Every rendition that is tried is told to `tried` with its fault.
    """
    folder = folder.absolute()  # decoders work in a directory of their own
    config = load_config(folder)
    catalogue = SqlCatalogue.open(folder / "data")
    site = None
    try:
        site = compose(folder, config, catalogue, tried)
        yield site
    finally:
        if site is not None:
            site.close()
        else:
            catalogue.close()


def compose(
    folder: Path, config: Config, catalogue: SqlCatalogue, tried: Callable[[str], None] = lambda _fault: None
) -> Site:
    """Put the parts of a drive together."""
    clock = SystemClock()
    intact = Intact(clock)
    blobs = JoinedBlobs(FileBlobs(folder / "data", media_type), catalogue, intact)
    with lines.told(folder / CONFIG):
        plugins = PluginHost.discover(config, folder, documents=partial(documents.kept_in, catalogue))
        channels = outlets(config, plugins)
    workflow = config.workflow()
    left = chores.open_states(catalogue, workflow.states, clock.now())
    if left:
        raise Misconfigured(
            f"damgate.toml: the state {left[0]} still holds files; put it back into [states], empty it, then remove it."
        )
    policy = CasbinPolicy(folder / "policies", catalogue, {name: one.delivery.gate for name, one in channels.items()})
    examiners = plugins.examiners()
    decoders = Decoders(config.decoders, [*plugins.channels(), *examiners], folder / "data" / "decoding", [folder])
    askers = config.server.threads // 2
    shelf = folder / "data" / "renditions"
    room = Room(int(config.cache.renditions_gb * 1e9), int(config.cache.mezzanines_gb * 1e9))
    renditions = Renditions(catalogue, blobs, decoders, shelf, clock, askers=askers, tried=tried, room=room)
    crews: list[Crew] = []
    context = Context(
        config=config,
        workflow=workflow,
        areas=config.area_paths(),
        outlets=channels,
        buckets=config.buckets(),
        catalogue=catalogue,
        blobs=blobs,
        policy=policy,
        renditions=renditions,
        examinations=Examinations(catalogue, blobs, decoders, examiners, askers=askers),
        checks=plugins.before_moves,
        clock=clock,
        intact=intact,
        poke=lambda: crews[0].poke(),  # noqa: PLW0108 — the crew is made after the context that it works with
    )
    crews.append(
        Crew(
            catalogue,
            clock,
            chores.chores(context, plugins.observe),
            config.decoders.count,
            config.decoders.slow_count,
        )
    )
    return Site(
        folder=folder,
        config=config,
        catalogue=catalogue,
        blobs=blobs,
        policy=policy,
        people=People(catalogue, clock, config.logins),
        keys=Keys(catalogue, clock, Seal(folder / "data" / SEAL)),
        plugins=plugins,
        decoders=decoders,
        context=context,
        drive=Drive(context),
        operator=Drive(replace(context, policy=AtTheMachine())),
        crew=crews[0],
    )


def log_to_stderr(*, as_json: bool) -> None:
    """Send every log line to stderr: JSON for a server, words for who typed a command."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    tracebacks = ExceptionDictTransformer(show_locals=False)  # locals can hold passwords and plugins' settings
    last: list[structlog.typing.Processor] = [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    if not as_json:
        last = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    ours = [last[0], structlog.processors.JSONRenderer(_as_json)] if as_json else last
    structlog.configure(
        processors=[*shared, *ours],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if as_json else logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[meta, *last]))
    logging.basicConfig(level=logging.WARNING, handlers=[lines], force=True)


def _as_json(event: Any, **_: object) -> str:
    """Write a line; a text with half a character in it is spelt out, for it must not cost the line."""
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except UnicodeEncodeError:
        return json.dumps(event, default=repr)


class AtTheMachine:
    """The policy for commands: who can read the drive's files may do everything, and the audit log says who."""

    def decide(self, actor: Actor, action: Action, subject: Subject) -> Decision:  # noqa: ARG002
        """Allow."""
        return Decision(allowed=True, rule="who sits at the machine may do everything")

    def allows(self, actor: Actor, action: Action, subject: Subject) -> bool:  # noqa: ARG002
        """Allow."""
        return True


@dataclass(frozen=True, slots=True)
class Facing:
    """What all worker processes face people with, made before their fork."""

    listening: socket.socket
    figures: Figures
    tally: server.Tally
    identity: server.Identity | None
    tls: ssl.SSLContext | None
    s3: socket.socket | None = None  # where it is opened at all


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a drive is served: addresses as clients take them, "" where nothing is; and what it proves itself with."""

    drive: str
    s3: str
    identity: server.Identity | None


class Worker:
    """One server process's duty: a site, its doors, and the servers that face people."""

    def __init__(self, folder: Path, facing: Facing, index: int) -> None:
        """Open the drive and get ready to serve it; row `index` of what is counted for all is this worker's."""
        metrics = Metrics(facing.figures, index, lambda: self._site.situation())  # noqa: PLW0108 — opened next
        self._opening = open_site(folder, metrics.rendered)
        self._site = self._opening.__enter__()
        self._identity = facing.identity
        site, settings = self._site, self._site.config.server
        front = Front(
            drive=site.drive,
            people=site.people,
            policy=site.policy,
            readiness=self._readiness,
            settings=settings,
            channels={name: one.delivery.label for name, one in site.context.outlets.items()},
            withdrawn=site.withdrawn(),
            metrics=metrics,
        )
        doors: list[tuple[socket.socket, server.App]] = [(facing.listening, front)]
        if facing.s3 is not None:
            refused = partial(metrics.count, "logins_refused")
            door = S3Door(site.drive, site.policy, site.keys, site.context.clock, site.config.s3, refused)
            doors.append((facing.s3, S3Front(door, settings, site.config.s3.domain, metrics)))
        proxies = Proxies(settings.trusted_proxies)
        strangers = server.Strangers(
            facing.tally,
            index,
            settings.connections_per_address,
            lambda address: None if proxies.includes(address) else network(address),
        )
        sizes = server.Settings(threads=settings.threads)
        self._servers = [
            server.Server(listening, app, sizes, tls=facing.tls, strangers=strangers) for listening, app in doors
        ]
        self._duty = server.Together(self._servers)

    def prepare(self) -> None:
        """Start decoders and background work, then take the sockets."""
        self._site.start()
        self._duty.prepare()

    def serve(self) -> None:
        """Serve until stopped, then close the drive."""
        try:
            self._duty.serve()
        finally:
            self._opening.__exit__(None, None, None)

    def stop(self) -> None:
        """Let running requests end, and return from `serve`."""
        self._duty.stop()

    def hang_up(self) -> None:
        """Read the policy again, and the certificate: whoever renews one need not stop the drive."""
        self._site.policy.reload()
        if self._identity is None:
            return
        try:
            fresh = server.read_identity(self._identity.certificate, self._identity.key, datetime.now(UTC))
            tls = server.open_context(fresh.certificate, fresh.key)
        except Misconfigured as error:
            log.warning("the certificate was not taken", reason=str(error))
        else:
            self._identity = fresh
            for one in self._servers:
                one.tls = tls

    def _readiness(self) -> Readiness:
        found = self._site.readiness()
        if self._identity is not None and self._identity.ends - datetime.now(UTC) < ENDS_SOON:
            remark = f"the certificate {self._identity.certificate} ends on {self._identity.ends:%Y-%m-%d}"
            found = Readiness(found.complaints, [*found.remarks, remark])
        return found


def identify(folder: Path, settings: configuration.Server) -> server.Identity | None:
    """Return what a drive proves itself with over TLS, None where it speaks plain HTTP; raises Misconfigured."""
    now = datetime.now(UTC)
    if bool(settings.certificate) != bool(settings.key) or (settings.tls and settings.certificate):
        raise Misconfigured(
            f"{CONFIG}: [server] takes either tls = “self-signed”, or certificate and key together, or none of them."
        )
    if settings.tls:
        return server.own_identity(folder / "data" / "tls", settings.names, now)
    if settings.certificate:
        return server.read_identity(folder / settings.certificate, folder / settings.key, now)
    return None


def serve(
    folder: Path,
    host: str,
    port: int,
    workers: int,
    announce: Callable[[Ready], None],
    *,
    s3_port: int | None = None,
) -> int:
    """Serve a drive until SIGTERM; `announce` is told where once every worker answers. Returns the exit code.

    Without `s3_port` there is no S3 door; port 0 picks a free one.
    """
    with open_site(folder) as site:  # say what is wrong before the first fork; nothing stays open
        settings = site.config.server
        Proxies(settings.trusted_proxies)
        site.withdrawn()
    identity = identify(folder.absolute(), settings)
    tls = server.open_context(identity.certificate, identity.key) if identity else None
    with _listen(host, port, "--port") as listening, ExitStack() as more:
        s3 = None if s3_port is None else more.enter_context(_listen(host, s3_port, "--s3-port"))
        facing = Facing(listening, Figures(workers), server.Tally(workers), identity, tls, s3)
        scheme = "https" if tls else "http"
        ready = Ready(_address(scheme, host, listening), _address(scheme, host, s3) if s3 else "", identity)

        def close() -> None:
            listening.close()
            more.close()

        return server.run(
            lambda index: Worker(folder, facing, index),
            partial(announce, ready),
            server.Staffing(count=workers),
            close,
        )


def _listen(host: str, port: int, option: str) -> socket.socket:
    try:
        return server.listen(host, port)
    except OSError as error:
        where = f"{host} port {port}"
        raise Misconfigured(
            f"{where} cannot be listened on: {error.strerror}; choose another with {option}."
        ) from error


def _address(scheme: str, host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listening.getsockname()[1]}"
