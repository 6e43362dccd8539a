"""What the providers `random`, `time` and their like would draw: the same here every time."""

import hashlib
from collections.abc import Callable
from typing import Any

from harness.templates.place import Place

_WORDS = ("amber", "brisk", "calm", "eager", "gentle", "keen", "lucky", "merry", "quick", "sunny")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def drawn(
    type_: str, attribute: str, address: str, argument: Callable[[str], Any], place: Place
) -> str | int | None:
    """Return an attribute of a resource that draws by chance; None for any other type.

    Drawn from the stack and the address, so that names made of it are known and stay the same.
    """
    bits = hashlib.sha256(f"{place.stack}/{address}".encode()).digest()
    if type_ == "random_id":
        length = int(argument("byte_length") or 4)
        found: dict[str, Any] = {"hex": bits.hex()[: 2 * length], "dec": str(int.from_bytes(bits[:length]))}
        prefix = str(argument("prefix") or "")
        return prefix + str(found.get(attribute, bits.hex()[: 2 * length]))
    if type_ in ("random_string", "random_password"):
        length = int(argument("length") or 8)
        return "".join(_LETTERS[bits[index % len(bits)] % len(_LETTERS)] for index in range(length))
    if type_ == "random_pet":
        words = [_WORDS[bits[index] % len(_WORDS)] for index in range(int(argument("length") or 2))]
        prefix = argument("prefix")
        return str(argument("separator") or "-").join([str(prefix), *words] if prefix else words)
    if type_ == "random_uuid":
        text = bits.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))
    if type_ == "random_integer":
        low, high = int(argument("min") or 0), int(argument("max") or 0)
        return low + int.from_bytes(bits[:4]) % max(high - low + 1, 1)
    return None
