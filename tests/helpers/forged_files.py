"""Files of arrays taken apart, and put together again with a digest that fits whatever is in them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

BEGINNING = b'{"__metadata__":{"arcparser":'

Parts = tuple[dict[str, Any], dict[str, Any], bytes]


def parts(data: bytes) -> Parts:
    """Return the header, the entries of the arrays in the listing, and the arrays."""
    end = 8 + int.from_bytes(data[:8], "little")
    listing = json.loads(data[8:end])
    header = json.loads(listing.pop("__metadata__")["arcparser"])
    del header["format"], header["sha256"]
    return header, listing, data[end:]


def forged(
    header: Any,
    entries: Any,
    arrays: bytes,
    *,
    version: bytes = b"3",
    header_rest: str | None = None,
    listing_rest: bytes | None = None,
    size: int | None = None,
) -> bytes:
    """Return a file with a digest that fits: only the checks of its contents can refuse it.

    Args:
        header: What follows format and digest in the header.
        entries: The arrays in the listing.
        arrays: The bytes after the listing.
        version: The format version, as it is written.
        header_rest: The JSON text that follows the digest, in place of `header`.
        listing_rest: The JSON text that follows the header in the listing, in place of `entries`.
        size: The size of the listing, if it shall be another than it is.
    """
    rest = _members(header) if header_rest is None else header_rest
    text = json.dumps('{"format":@,"sha256":"' + "0" * 64 + '"' + rest, ensure_ascii=False)
    listing = BEGINNING + text.encode("utf-8", "surrogatepass").replace(b"@", version, 1)
    listing += b"}" + _members(entries).encode() if listing_rest is None else listing_rest
    listing += b" " * (-len(listing) % 8)
    data = (len(listing) if size is None else size).to_bytes(8, "little") + listing + arrays
    place = data.index(b"0" * 64)
    digest = hashlib.sha256(data[:place] + data[place + 64 :]).hexdigest().encode()
    return data[:place] + digest + data[place + 64 :]


def _members(value: dict[str, Any]) -> str:
    """Return the members of a JSON object that go on after others, and its end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "}" if text == "{}" else "," + text[1:]
