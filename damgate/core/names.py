"""Names of files and folders: which may be kept, when two are the same, which are scratch."""

from __future__ import annotations

import re
import unicodedata
from fnmatch import fnmatchcase, translate

from damgate.core.errors import BadName

LONGEST_NAME = 255  # bytes of UTF-8; what ext4, NTFS and APFS clients can hold
DEEPEST = 64  # names in one path
LONGEST_PATH = 4096  # bytes of UTF-8

_FORBIDDEN = re.compile(
    r'[<>:"|?*\\/\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\ufffe\uffff\ud800-\udfff]'
)
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)

_LITTER_FILES = (
    "._*", ".DS_Store", "Thumbs.db", "desktop.ini", ".metadata_never_index", ".ql_disablethumbnails",
    ".ql_disablecache", ".localized", ".hidden", "AutoRun.inf", "autorun.inf",
)  # fmt: skip
_SCRATCH_FILES = (
    *_LITTER_FILES, "~$*", "~WR*.tmp", ".~lock.*#", "*.idlk", "*.prlock", "*_exiftool_tmp", ".*.sw?", "4913",
    "*~", "#*#", "! Not moved - why.txt",
)  # fmt: skip
_HEX_TMP = re.compile(r"[0-9A-F]{8}\.tmp")
_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_LITTER = re.compile("|".join(translate(pattern) for pattern in _LITTER_FILES))
_SCRATCH = re.compile("|".join(translate(pattern) for pattern in _SCRATCH_FILES))
_SCRATCH_FOLDERS = ("*.sb-????????-??????", ".TemporaryItems")


def key(name: str) -> str:
    """Return what makes two names the same at every door: `NFC(lower(NFC(name)))`."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())


def sort_key(name: str, *, folder: bool) -> bytes:
    """Return the bytes that siblings are ordered by: depth-first order of them is S3's byte order."""
    return name.encode() + (b"/" if folder else b"")


def check_name(name: str) -> str:
    """Return `name` if a new thing may be called so, else raise BadName with the reason."""
    if not name or name in {".", ".."}:
        raise BadName("A name is needed here.")
    bad = _FORBIDDEN.search(name)
    if bad:
        raise BadName(f"The name holds a character that some computers cannot store (U+{ord(bad.group()):04X}).")
    if len(name.encode()) > LONGEST_NAME:
        raise BadName(f"The name is longer than {LONGEST_NAME} bytes; please shorten it.")
    if name[-1] in " .":
        raise BadName("A name cannot end in a dot or a space: Windows could not open it.")
    if _DEVICES.fullmatch(name):
        raise BadName(f"“{name}” is the name of a device on Windows; please choose another.")
    return name


def is_scratch_file(name: str) -> bool:
    """Tell whether clients and applications litter files of this name."""
    return bool(_HEX_TMP.fullmatch(name) or _SCRATCH.match(name))


def is_litter(name: str) -> bool:
    """Tell whether a desktop keeps a scratch file of this name, which it asks for by name and people never look for."""
    return bool(_LITTER.match(name))


def is_scratch_folder(name: str) -> bool:
    """Tell whether macOS makes folders of this name while it saves."""
    return any(fnmatchcase(name, pattern) for pattern in _SCRATCH_FOLDERS)


def is_save_name(name: str, standing: str) -> bool:
    """Tell whether an application may have written `name` as the temporary file of a save of `standing`.

    True for a bare 8-hex name (old Office) and for one that carries the whole standing name (Cyberduck).
    """
    return bool(_HEX.fullmatch(name)) or (key(standing) in key(name) and key(name) != key(standing))


def is_backup_name(name: str, original: str) -> bool:
    """Tell whether an application may have renamed `original` to `name` in order to save it anew.

    True for a bare 8-hex name (old Office) and for one that only adds an ending: `shoe.psd.bak`.
    """
    start, added = key(name)[: len(key(original))], key(name)[len(key(original)) :]
    return bool(_HEX.fullmatch(name)) or (start == key(original) and added != "" and not added[0].isalnum())


def with_extension(name: str, extension: str) -> str:
    """Return `name` with its extension replaced by `extension` (without dot): `shoe.tif` → `shoe.jpg`."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot and stem else name}.{extension}"
