"""Bytes of a body to text, as a browser would: by the header, else by the page's own word, else UTF-8."""

from __future__ import annotations

import re
from email.message import Message

# Only names of real character sets: Python's registry also holds codecs that a stranger must not choose
_KNOWN = frozenset({
    "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "utf-32", "iso-8859-1", "latin1", "latin-1",
    "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
    "iso-8859-10", "iso-8859-11", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "windows-1250",
    "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
    "windows-1258", "windows-874", "tis-620", "koi8-r", "koi8-u", "macintosh", "gb2312", "gbk", "gb18030", "big5",
    "big5-hkscs", "euc-jp", "shift_jis", "shift-jis", "iso-2022-jp", "euc-kr", "ks_c_5601-1987",
})
# the web's own rule: these names mean windows-1252, and Python knows the others by another name
_MEANS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "windows-874": "cp874", "macintosh": "mac-roman", "gb2312": "gb18030", "gbk": "gb18030", "shift-jis": "shift_jis",
}
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_LOOKED_AT = 1024                        # bytes in which a page must say its own character set


def decode(body: bytes, content_type: str) -> str:
    """Decode ``body``; bytes that fit no character become U+FFFD, and nothing is ever refused."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace")
    name = declared(content_type)
    if not name and (content_type == "" or "html" in content_type.lower()):
        said = _META.search(body[:_LOOKED_AT])
        name = said[1].decode("ascii").lower() if said else ""
        if name.startswith("utf-16"):
            name = ""                    # it could be read as bytes to find this out, so it is not UTF-16
    if name not in _KNOWN:
        return body.decode("utf-8", "replace")
    return body.decode(_MEANS.get(name, name), "replace")


def declared(content_type: str) -> str:
    """The ``charset`` of a Content-Type header in lower case, or ""."""
    if "charset" not in content_type.lower():
        return ""
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    value = message.get_param("charset", "")
    return value.strip().lower() if isinstance(value, str) else ""
