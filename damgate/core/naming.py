"""The names that a channel gives: its template, filled in for an asset."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from damgate.core import names
from damgate.core.errors import BadName

FIELDS = ("stem", "ext", "id", "id8", "state", "folder", "channel")
STANDARD = "{stem}.{ext}"
END = ".{ext}"
TELLING = frozenset({"stem", "id", "id8"})  # a template needs one of them, or all assets would be called the same
_SAMPLE = {"stem": "shoe", "ext": "jpg", "state": "Approved", "folder": "summer", "channel": "webshop"}


def check_template(template: str) -> None:
    """Raise BadName with a sentence where no names can be made by this template."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise BadName(f"“{template}” cannot be read: {error}.") from None
    used = {field for _, field, _, _ in parts if field is not None}
    if unknown := sorted(used - set(FIELDS)):
        raise BadName(f"there is no {{{unknown[0]}}}; there are: {' '.join(f'{{{one}}}' for one in FIELDS)}.")
    if any(form or conversion for _, _, form, conversion in parts):
        raise BadName("a field stands in braces as it is, such as {stem}, without a format.")
    if not template.endswith(END):
        raise BadName(f"it must end in {END}: a name tells what the file is.")
    if not used & TELLING:
        raise BadName("it needs {stem}, {id} or {id8}: else all files would be called the same.")
    sample = template.format(**_SAMPLE, id="0" * 32, id8="0" * 8)
    try:
        names.check_name(sample)
    except BadName as error:
        raise BadName(f"it makes names like “{sample}”: {error}") from None
    if names.is_scratch_file(sample):
        raise BadName(f"it makes names like “{sample}”, which programs take for temporary files.")


def choices(template: str, name: str, extension: str, asset: str, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names an asset may get, best first: `shoe.jpg`, `shoe.tif.jpg`, `shoe-1a2b3c4d.jpg`.

    `name` is the asset's own, `extension` that of its rendition, `given` the other fields of the template.
    """
    stem, own = _parts(name, extension)

    def filled(stem: str, extension: str) -> str:
        return template.format(**given, stem=stem, ext=extension, id=asset, id8=asset[:8])

    root = filled(stem, extension)[: -len(extension) - 1]
    made = (
        filled(stem, own),
        filled(name, extension),
        *(f"{root}-{ending}.{extension}" for ending in (asset[:8], asset)),
        f"{asset}.{extension}",  # where even those are too long
    )
    return tuple(dict.fromkeys(one for one in made if _allowed(one)))


def _parts(name: str, extension: str) -> tuple[str, str]:
    """Return the name without its extension, and the extension: as the name spells it, where it is that one."""
    cut = len(name) - len(extension)
    if names.key(name[cut - 1 :]) == f".{extension}":
        return name[: cut - 1], name[cut:]
    stem = names.with_extension(name, extension)[: -len(extension) - 1]
    return stem, extension


def _allowed(name: str) -> bool:
    try:
        names.check_name(name)
    except BadName:
        return False
    return True
