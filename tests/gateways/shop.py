"""A drive behind the front whose channels make every width and form at once, of a picture that says how wide it is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from damgate.adapters.casbin import CasbinPolicy
from damgate.config import Config
from damgate.core.channels import Channel, Made, Produced, Source, Variant
from damgate.core.errors import NotAuthenticated
from damgate.core.rights import Actor, Rights
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from damgate.gateways.http import pictures
from tests.drive.house import ROLES, House, build, names, picture
from tests.gateways.client import PASSWORD, Client

FORMS = {
    "": Produced("image/jpeg", "jpg"),
    "avif": Produced("image/avif", "avif"),
    "webp": Produced("image/webp", "webp"),
    "poster.jpg": Produced("image/jpeg", "jpg"),
}
CHANNELS: Mapping[str, Mapping[str, Any]] = {
    "shop": {"gate": "public", "sizes": [320, 640, 1200], "format": "auto", "max-age": 600},
    "plain": {"gate": "public", "withdrawn": "text"},
    "print": {"sizes": [320]},
    "partner": {"gate": "signed", "sizes": [320]},
}


@dataclass(frozen=True)
class Sizes:
    """At most 1000 pixels wide; its bytes tell what they are."""

    name: str
    recipe: str = "1"
    width: int = 0
    form: str = ""

    @property
    def fingerprint(self) -> str:
        return f"{self.recipe} {self.width} {self.form}"

    def produces(self, media_type: str) -> Produced | None:
        return FORMS[self.form] if media_type.startswith("image/") else None

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        return replace(self, width=wanted.width, form=wanted.form) if wanted.form in FORMS else None

    def render(self, source: Source, into: Path) -> Made:
        text = source.path.read_bytes()[33:].decode()
        width = min(int(text.split()[-1]), 1000, self.width or 1000)
        into.write_text(f"{self.form or 'jpg'} {width} of {text} by {self.recipe}", "utf-8")
        return Made(width, width, "Sizes 1")


class Accounts:
    """Everybody's password is the same."""

    def login(self, name: str, password: str, address: str) -> Actor:
        if password != PASSWORD or name not in ROLES:
            raise NotAuthenticated("The name or the password is wrong.")
        return Actor(name, ROLES[name])


@dataclass
class Shop:
    """The drive, and who asks it: `ask` without a login, `as_` with one."""

    house: House
    ask: Client

    def as_(self, user: str) -> Client:
        return self.ask.as_(user)

    def publish(self, path: str, said: str = "shoe 2000", **rights: float | str) -> str:
        """Put a picture into Approved, and return its id."""
        made = self.house.put("mia", f"Approved/{path}", picture(said))
        if rights:
            self.rights(path, **rights)
        self.house.work()
        self.measure()
        return made.id

    def revise(self, path: str, said: str) -> None:
        """Let a new version of an approved picture go through the workflow."""
        for source, target in (("Inbox", "Review"), ("Review", "Approved")):
            if source == "Inbox":
                self.house.put("mia", f"Inbox/{path}", picture(said))
            self.house.move("mia", f"{source}/{path}", f"{target}/{path}")
        self.house.work()
        self.measure()

    def rights(self, path: str, **rights: float | str) -> None:
        self.house.drive.set_rights(self.house.who("mia"), names(f"Approved/{path}"), Rights(**rights))  # type: ignore[arg-type]

    def measure(self) -> None:
        """Note the width of each rendition, which stands in its bytes."""
        with self.house.context.catalogue.read() as tx:
            made = [one for one in tx.renditions.all() if one.width is None and not one.fault]
        with self.house.context.catalogue.write() as tx:
            for one in made:
                with self.house.context.renditions.open(one) as file:
                    width = int(file.read().split()[1])
                tx.renditions.put(replace(one, width=width, height=width))

    def pin(self, channel: str, asset: str) -> str:
        with self.house.context.catalogue.read() as tx:
            (shown,) = (one.shown for one in tx.placements.of(asset) if one.channel == channel)
        return shown[:8]


@contextmanager
def open_shop(
    folder: Path, *, recipe: str = "1", new: bool = True, channel: Callable[[str, str], Channel] = Sizes, **config: Any
) -> Iterator[Shop]:
    """Open a shop in a folder."""
    whole = msgspec.convert({"channels": CHANNELS, **config}, Config)
    house = build(folder, config=whole, recipe=recipe, new=new, channel=channel)
    deliveries = {name: one.delivery for name, one in house.context.outlets.items()}
    policy = house.context.policy
    assert isinstance(policy, CasbinPolicy)
    front = Front(house.drive, Accounts(), policy, lambda: Readiness([], []), withdrawn=pictures(deliveries, folder))
    try:
        yield Shop(house, Client(front))
    finally:
        house.context.catalogue.close()
