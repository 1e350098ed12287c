"""What a real browser fetches from a channel, for a page of another site that was made from the manifest."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from PIL import Image

from damgate.core.channels import Channel, Made, Produced, Source, Variant
from tests.gateways.shop import Shop, open_shop
from tests.live.served import need

pytestmark = pytest.mark.conformance
FORMS = {"": ("JPEG", "jpg"), "webp": ("WEBP", "webp")}


@dataclass(frozen=True)
class Grey:
    """Pictures that are grey, and as wide as they should be."""

    name: str
    recipe: str = "1"
    width: int = 0
    form: str = ""

    @property
    def fingerprint(self) -> str:
        return f"{self.width} {self.form}"

    def produces(self, media_type: str) -> Produced | None:
        kind, extension = FORMS[self.form]
        return Produced(f"image/{kind.lower()}", extension)

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        return replace(self, width=wanted.width, form=wanted.form) if wanted.form in FORMS else None

    def render(self, source: Source, into: Path) -> Made:
        width = self.width or 1600
        Image.new("L", (width, width // 2), 128).save(into, FORMS[self.form][0])
        return Made(width, width // 2, "Pillow")


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Hands the address on as it was sent, and writes nothing."""

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "REQUEST_URI": self.path}

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(application: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application, Threads, Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    table = {"gate": "public", "sizes": [320, 640, 960], "format": "auto"}
    with open_shop(tmp_path / "drive", channels={"shop": table}, channel=Grey) as made:
        yield made


def page_of(shop: Shop, origin: str) -> bytes:
    """Write a page with the picture that the manifest offers, 300 pixels wide."""
    (one,) = json.loads(shop.ask("GET", "/channels/shop.json").body)["assets"]
    assert one["widths"] == [320, 640, 960, 1600]
    srcset = ", ".join(f"{origin}{one['url']}?w={width} {width}w" for width in one["widths"])
    image = f'<img crossorigin src="{origin}{one["pinned"]}" srcset="{srcset}" sizes="300px" width="300">'
    script = "i=document.images[0];i.onload=()=>document.body.title=i.currentSrc"
    return f"<!doctype html><body>{image}<script>{script}</script></body>".encode()


@pytest.mark.parametrize(("scale", "width"), [(1, 320), (2, 640), (3, 960)])
def test_srcset_from_the_manifest_fetches_the_right_width(shop: Shop, tmp_path: Path, scale: int, width: int) -> None:
    browser = need("chromium")
    house = shop.house
    house.put("mia", "Approved/shoe.png", "shoe 1600")
    house.work()
    with house.context.catalogue.write() as tx:
        for one in list(tx.renditions.all()):
            tx.renditions.put(replace(one, width=1600, height=800))
    fetched: list[tuple[str, str]] = []

    def watched(environ: Any, start: Any) -> Any:
        def begin(status: str, headers: Any, *rest: Any) -> Any:
            fetched.append((environ["QUERY_STRING"], dict(headers).get("Content-Type", "")))
            return start(status, headers, *rest)

        return shop.ask.app(environ, begin)

    with serving(watched) as origin:

        def site(_environ: Any, start: Any) -> list[bytes]:
            isolated = ("Cross-Origin-Embedder-Policy", "require-corp")  # only what is marked for all sites is shown
            start("200 OK", [("Content-Type", "text/html"), isolated])
            return [page_of(shop, origin)]

        with serving(site) as elsewhere:
            done = subprocess.run(
                [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                 f"--force-device-scale-factor={scale}", "--virtual-time-budget=10000", "--dump-dom", elsewhere],
                capture_output=True, text=True, timeout=90, check=False,
            )  # fmt: skip
    title = unescape(done.stdout.partition('title="')[2].partition('"')[0])
    assert title.endswith(f".jpg?w={width}"), done
    assert fetched == [(f"w={width}", "image/webp")]
