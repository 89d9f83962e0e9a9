"""Signatures: HMAC-SHA256 in hex or Ed25519 in base64 over exactly the text that is sent.

Rule 1: over REST the text is the query string with the body behind it, without a separator; on the
order socket it is all parameters sorted by name.
Rule 2: a secret that is a PEM private key signs with Ed25519, any other text with HMAC.
Rule 3: over REST a text is percent-encoded (UTF-8) before it is signed; on the socket it is not.
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from steelyard.model.errors import ConfigurationError
from steelyard.venues.native.keyed import keyed

_PEM = "-----BEGIN"


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    if secret.startswith(_PEM):
        return b64encode(_private(secret).sign(text.encode())).decode()
    return keyed("sha256", secret, text).hex()


def encoded(fields: Mapping[str, str | int]) -> str:
    """Write fields as a query string."""
    return urlencode({name: str(value) for name, value in fields.items()}, quote_via=quote)


def sign_query(secret: str, fields: Mapping[str, str | int]) -> str:
    """Write fields as a query string with its signature at the end."""
    text = encoded(fields)
    return f"{text}&signature={quote(signature(secret, text), safe='')}"


def socket_signature(secret: str, fields: Mapping[str, str | int]) -> str:
    """Sign the parameters of a request on the order socket."""
    return signature(secret, "&".join(f"{name}={fields[name]}" for name in sorted(fields)))


@lru_cache(maxsize=16)
def _private(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError("the private key is of another kind; allowed is Ed25519")
    return key
