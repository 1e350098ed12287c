"""Properties that clients keep on files and folders."""

from __future__ import annotations

MOST = 100  # of one file or folder
LARGEST = 16 * 1024  # bytes of one, as XML
ALL_TOGETHER = 64 * 1024  # bytes of all of one file or folder

WINDOWS = "urn:schemas-microsoft-com:"  # where Explorer keeps its four; it sets them after every upload
WINDOWS_STAMPS = frozenset(
    (WINDOWS, name)
    for name in ("Win32CreationTime", "Win32LastAccessTime", "Win32LastModifiedTime", "Win32FileAttributes")
)
