"""AWS Signature Version 4 for a client that sends the same kind of request many thousand times.

All that does not change from one request to the next is made once (`Prepared`), the signing key once a day:
what is left is two SHA-256 and two HMACs. Source: IAM User Guide, "Create a signed AWS API request".
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

from harness.sigv4 import canonical_path, canonical_query, signing_key

ALGORITHM = "AWS4-HMAC-SHA256"
DATE_HEADER = "x-amz-date"
TOKEN_HEADER = "x-amz-security-token"


class Signer:
    """Signs for one key, region and service."""

    def __init__(
        self, access_key_id: str, secret_access_key: str, region: str, service: str, session_token: str = ""
    ) -> None:
        self.session_token = session_token
        self._access_key_id = access_key_id
        self._secret = secret_access_key
        self._region = region
        self._service = service
        self._key_of: tuple[str, bytes] = ("", b"")

    def authorization(self, canonical_request: bytes, signed_headers: str, amz_date: str) -> str:
        """Return the Authorization header of the request that *canonical_request* describes."""
        day = amz_date[:8]
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        digest = hashlib.sha256(canonical_request).hexdigest()
        to_sign = f"{ALGORITHM}\n{amz_date}\n{scope}\n{digest}".encode()
        signature = hmac.digest(self._signing_key(day), to_sign, "sha256").hex()
        return (
            f"{ALGORITHM} Credential={self._access_key_id}/{scope}, "
            f"SignedHeaders={signed_headers}, Signature={signature}"
        )

    def _signing_key(self, day: str) -> bytes:
        if self._key_of[0] != day:
            scope = (day, self._region, self._service, "aws4_request")
            self._key_of = (day, signing_key(self._secret, scope))
        return self._key_of[1]


class Prepared:
    """A request of which only the moment and the body are still open.

    *path* and *query* are as they go over the wire, *headers* are all that is to be signed besides the date
    and the session token, `host` among them.
    """

    def __init__(
        self, signer: Signer, method: str, path: str, headers: Mapping[str, str], *, query: str = ""
    ) -> None:
        self._signer = signer
        fixed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        if signer.session_token:
            fixed[TOKEN_HEADER] = signer.session_token
        names = sorted([*fixed, DATE_HEADER])
        before = [f"{name}:{fixed[name]}\n" for name in names if name < DATE_HEADER]
        after = [f"{name}:{fixed[name]}\n" for name in names if name > DATE_HEADER]
        self._signed_headers = ";".join(names)
        self._before = (
            f"{method}\n{canonical_path(path)}\n{canonical_query(query)}\n{''.join(before)}{DATE_HEADER}:"
        ).encode()
        self._after = f"\n{''.join(after)}\n{self._signed_headers}\n".encode()

    def authorization(self, body_sha256: str, amz_date: str) -> str:
        """Return the Authorization header for a body with this SHA-256 (hex), sent at *amz_date*."""
        canonical = b"%s%s%s%s" % (self._before, amz_date.encode(), self._after, body_sha256.encode())
        return self._signer.authorization(canonical, self._signed_headers, amz_date)


def amz_date(epoch_s: float) -> str:
    """Return a moment as X-Amz-Date writes it."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(epoch_s))
