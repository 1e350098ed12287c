"""Bodies that clients send."""

DAV7 = (
    "resourcetype",
    "getcontentlength",
    "getlastmodified",
    "creationdate",
    "getetag",
    "getcontenttype",
    "displayname",
)
WIN32 = ("Win32CreationTime", "Win32LastAccessTime", "Win32LastModifiedTime", "Win32FileAttributes")
MS = "urn:schemas-microsoft-com:"


def propfind(*names: str, extra: str = "") -> bytes:
    asked = "".join(f"<D:{name}/>" for name in names)
    return f'<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop>{asked}{extra}</D:prop></D:propfind>'.encode()


def lockinfo(scope: str = "exclusive", owner: str = "<D:href>http://www.apple.com/webdav_fs/</D:href>") -> bytes:
    return (
        f'<?xml version="1.0"?>\n<D:lockinfo xmlns:D="DAV:">\n <D:lockscope><D:{scope}/></D:lockscope>\n'
        f" <D:locktype><D:write/></D:locktype>\n <D:owner>\n{owner}\n</D:owner>\n</D:lockinfo>\n"
    ).encode()


def win32(value: str = "Mon, 23 Nov 2026 21:39:00 GMT", verb: str = "set") -> bytes:
    inside = "".join(f"<Z:{name}>{value}</Z:{name}>" for name in WIN32)
    return (
        f'<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="{MS}"><D:{verb}><D:prop>{inside}'
        f"</D:prop></D:{verb}></D:propertyupdate>"
    ).encode()
