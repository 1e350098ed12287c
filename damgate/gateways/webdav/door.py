"""The door itself: WsgiDAV's app and seam around our own answer to every method.

WsgiDAV resolves the provider and runs its middleware; `custom_request_handler` then hands the request over. What it
does by itself with a path, a body or a header never takes effect: the front has decoded the request,
and the reply goes back to the front, not through WsgiDAV's `start_response`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from wsgidav.dav_provider import DAVProvider
from wsgidav.http_authenticator import HTTPAuthenticator
from wsgidav.request_resolver import RequestResolver
from wsgidav.wsgidav_app import WsgiDAVApp

from damgate import config
from damgate.drive import Drive
from damgate.gateways.answers import failure
from damgate.gateways.reply import Reply
from damgate.gateways.request import Request
from damgate.gateways.webdav import locking, making, properties, propfind, transfer, uploading
from damgate.gateways.webdav.options import options

REQUEST = "damgate.request"
REPLY = "damgate.reply"
ACTOR = "damgate.actor"

Method = Callable[[Request, Drive, config.Server], Reply]

METHODS: dict[str, Method] = {
    "OPTIONS": options,
    "PROPFIND": propfind.propfind,
    "PROPPATCH": properties.proppatch,
    "MKCOL": making.mkcol,
    "PUT": uploading.put,
    "DELETE": making.delete,
    "MOVE": transfer.move,
    "COPY": transfer.copy,
    "LOCK": locking.lock,
    "UNLOCK": locking.unlock,
}


class FrontDecides:
    """WsgiDAV's domain controller: a login is always needed, and the front has always seen it."""

    def __init__(self, _app: Any, _config: Any) -> None:
        """Exist as WsgiDAV wants it."""

    def get_domain_realm(self, _path: str, _environ: Any) -> str:
        """Name the one realm."""
        return "damgate"

    def require_authentication(self, _realm: str, _environ: Any) -> bool:
        """Never let anybody pass whom the front did not name."""
        return True

    def is_share_anonymous(self, _share: str) -> bool:
        """Deny it."""
        return False

    def supports_http_digest_auth(self) -> bool:
        """Say yes, so that WsgiDAV offers neither of its own logins."""
        return True


class Provider(DAVProvider):  # type: ignore[misc]  # WsgiDAV is untyped
    """The seam: every method of every path comes here before WsgiDAV does anything of its own."""

    def __init__(self, drive: Drive, settings: config.Server) -> None:
        """Answer from `drive`."""
        super().__init__()
        self._drive = drive
        self._settings = settings

    def get_resource_inst(self, _path: str, _environ: dict[str, Any]) -> None:
        """Return nothing: no method of WsgiDAV's own is ever reached."""

    def custom_request_handler(self, environ: dict[str, Any], _start_response: Any, _default: Any) -> Iterable[bytes]:
        """Answer, and leave the reply for the door."""
        request: Request = environ[REQUEST]
        try:
            reply = METHODS[request.method](request, self._drive, self._settings)
        except Exception as error:  # noqa: BLE001 (WsgiDAV would turn it into its own 500)
            reply = failure(error, request)
        environ[REPLY].append(reply)
        return ()


class WebDavDoor:
    """Answers every method but GET and HEAD."""

    def __init__(self, drive: Drive, settings: config.Server) -> None:
        """Build WsgiDAV's app around the seam, with its directory browser, CORS and error pages left out."""
        logging.getLogger("wsgidav").setLevel(logging.WARNING)  # it has a word to say about each request
        self._app = WsgiDAVApp(
            {
                "provider_mapping": {"/": Provider(drive, settings)},
                "middleware_stack": [HTTPAuthenticator, RequestResolver],
                "http_authenticator": {
                    "domain_controller": FrontDecides,
                    "trusted_auth_header": ACTOR,
                    "accept_basic": False,
                    "accept_digest": False,
                    "default_to_digest": False,
                },
                "lock_storage": True,  # without one, WsgiDAV refuses LOCK before the seam
                "property_manager": None,
                "hotfixes": {"re_encode_path_info": False},
                "logging": {"enable": False},
                "verbose": 0,
            }
        )

    def answer(self, request: Request) -> Reply:
        """Return the answer; the drive's errors are answers too."""
        replies: list[Reply] = []
        environ = {
            **request.environ,
            "SCRIPT_NAME": "",
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "wsgi.input": BytesIO(),
            "CONTENT_LENGTH": "0",
            REQUEST: request,
            REPLY: replies,
            ACTOR: request.actor.name,
        }
        deque(self._app(environ, _not_by_wsgidav), maxlen=0)
        return replies[0]


def _not_by_wsgidav(status: str, _headers: Any, _exc_info: Any = None) -> None:
    raise RuntimeError(f"WsgiDAV answered by itself: {status}")
