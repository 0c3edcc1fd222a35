"""Packs the evidence of runs: zlib with a dictionary of what nearly every failure says.

So an outage of thousands of services fills no disk.

A packed text names its dictionary by the checksum in its head (RFC 1950, section 2.2). One that was ever used must stay
in ``DICTIONARIES`` as it is, byte for byte: a better one is put before it. Texts packed without one are read too.
"""

from __future__ import annotations

import zlib

LEVEL = 6
# 16 KiB of text to look back on, and small tables: by default zlib clears 256 KiB for each text, of which an outage has
# hundreds a second, and that takes six times as long as packing one; the packed texts are as short
WINDOW, TABLES = 14, 5
HEAD, HAS_DICTIONARY = 6, 0x20           # bytes of the head with its checksum; the bit that says there is one

# the likelier a word, the nearer to the end: distances to it are shorter then
_FIRST = (
    '"Transfer-Encoding: chunked","Content-Encoding: gzip","Strict-Transport-Security: max-age=31536000; '
    'includeSubDomains; preload","X-Frame-Options: SAMEORIGIN","X-XSS-Protection: 1; mode=block","Vary: Accept"'
    "\\nSet-Cookie: (left out)\\nX-Powered-By: PHP/8.1\\nServer: Apache\\nServer: cloudflare\\nLocation: https://"
    "\\nServer: nginx\\nDate: Mon, 01 Jan 2026 00:00:00 GMT\\nContent-Type: application/json\\nContent-Length: "
    "\\nCache-Control: no-store, no-cache, must-revalidate\\nPragma: no-cache\\nExpires: "
    "\\nContent-Type: text/html; charset=UTF-8\\nConnection: keep-alive\\nConnection: close\\nKeep-Alive: timeout=5"
    "HTTP/1.1 404 Not Found\\nHTTP/1.1 500 Internal Server Error\\nHTTP/1.1 504 Gateway Time-out\\n"
    "HTTP/1.1 502 Bad Gateway\\nHTTP/1.1 503 Service Unavailable\\nHTTP/1.1 200 OK\\nHTTP/2 503 \\n"
    '<!DOCTYPE html>\\n<html lang=\\"id\\">\\n<head>\\n<meta charset=\\"utf-8\\">\\n<title>'
    '<meta name=\\"viewport\\" content=\\"width=device-width, initial-scale=1\\">\\n<link rel=\\"stylesheet\\" href=\\"'
    '<script src=\\"</script>\\n</head>\\n<body>\\n<h1></h1>\\n<p></p>\\n<hr><center>nginx</center>'
    "\\n</body>\\n</html>\\n"
    "<html>\\r\\n<head><title>502 Bad Gateway</title></head>\\r\\n<body>\\r\\n<center><h1>502 Bad Gateway</h1></center>"
    "the monitor was overloaded during this run (the loop was  ms late); what it saw: "
    "the own network failed: no answer in 3 s; canaries could not be reached"
    "the monitor was suspended during this run; what it saw: "
    " the name  could not be resolved after connection reset by while the server's certificate has expired"
    " is for another host is signed by an authority that is not trusted, or a certificate between is missing"
    " connection refused by after  ms while connecting agreeing on TLS reading the answer, bytes read"
    " expected status 200, got 503 after expected the text "
    ' not begun: the deadline of 10 s was over","POST https://","GET http://","GET https://'
    '-prov.go.id/kab.go.id/kota.go.id/","","",[]]]]],[[["ok",""]]]]'
    '["step 1 of 1 \\"buka halaman\\": timed out after 10.0 s while waiting for the first byte of the answer",'
    '"buka halaman",[[17670000,10000,"",[["buka halaman",0,1,"step 1 of 1 \\"buka halaman\\": timed out after 10.0 s '
    'while waiting for the first byte of the answer",0,0,1767,[0,100,0,1000,0],"127.0.0.1",["GET https://layanan.go.id/'
    '","","","",[]]]]],['
)
DICTIONARIES = (_FIRST.encode(),)
_BY_CHECKSUM = {zlib.adler32(one): one for one in DICTIONARIES}


def packed(text: bytes) -> bytes:
    """Pack a text."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, TABLES, zdict=DICTIONARIES[0])
    return packer.compress(text) + packer.flush()


def unpacked(data: bytes) -> bytes:
    """Give the text that was packed.

    Raises ValueError where it is none, is cut short, or names a dictionary that is not known here.
    """
    try:
        if len(data) >= HEAD and data[1] & HAS_DICTIONARY:
            named = int.from_bytes(data[2:HEAD], "big")
            if named not in _BY_CHECKSUM:
                raise ValueError(f"packed with the dictionary {named:08x}, which this version of the toolkit has not")
            unpacker = zlib.decompressobj(zdict=_BY_CHECKSUM[named])
        else:
            unpacker = zlib.decompressobj()
        text = unpacker.decompress(data) + unpacker.flush()
    except zlib.error as exc:
        raise ValueError(f"no packed text: {exc}") from exc
    if not unpacker.eof:
        raise ValueError("a packed text that is cut short")
    return text
