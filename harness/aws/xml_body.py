"""The XML of a request or an answer: elements and text, with nothing declared in it."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

_DECLARES = b"<!DOCTYPE"
_BYTE_ORDERS = (b"\xfe\xff", b"\xff\xfe")  # of UTF-16, in which the word above would not be found


def xml_of(body: bytes) -> Element:
    """Return the root of *body*; raise ParseError where it is no XML, or declares a document type.

    A document type is the place for entities, which grow without end or name files. No service of AWS's takes
    or sends one. The encoding is UTF-8, as theirs is.
    """
    if _DECLARES in body or body[:2] in _BYTE_ORDERS or b"\0" in body[:4]:
        raise ParseError("a document type, and with it entities, are not taken")
    return ElementTree.fromstring(body)
