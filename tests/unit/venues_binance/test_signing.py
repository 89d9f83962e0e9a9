"""Signatures against the published vectors."""

import json
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from steelyard.venues.binance import tools
from steelyard.venues.binance.signing import signature, socket_signature
from steelyard.venues.native.tools import Unsigned
from tests.recorded.market_files import market_file
from tests.unit.venues_binance.desk import SECRET


def test_every_vector_signs_as_published() -> None:
    vectors = json.loads(market_file("signing/binance.json").read_text(encoding="utf-8"))
    assert len(vectors) == 3
    for vector in vectors:
        assert signature(vector["api_secret"], vector["string_to_sign"]) == vector["signature"]
        signed = tools.sign(
            Unsigned(
                method=vector.get("method", "GET"), path=vector.get("path", "/api/v3/account"),
                query=vector.get("query", "" if "body" in vector else vector["string_to_sign"]),
                body=vector.get("body", ""), key=vector["api_key"], secret=vector["api_secret"],
            )
        )  # fmt: skip
        where = signed["body"] or signed["url"]
        assert where.endswith(f"signature={vector['signature']}"), vector["id"]
        assert signed["headers"]["X-MBX-APIKEY"] == vector["api_key"]


def test_the_documented_socket_requests_sign_as_they_do() -> None:
    """The four requests of the WebSocket API's page whose signatures it shows: those of HMAC."""
    checked = 0
    lines = market_file("exchange/binance/ws/docs_spot.jsonl").read_text(encoding="utf-8")
    for line in lines.splitlines():
        entry = json.loads(line)
        if "HMAC" not in entry["title"]:
            continue
        for message in entry["messages"]:
            params = dict(message["json"].get("params", {}))
            told = params.pop("signature", "")
            if len(told) == 64:
                assert socket_signature(SECRET, params) == told
                checked += 1
    assert checked == 2


def test_a_timestamp_beside_the_fields_is_signed_with_them() -> None:
    given = Unsigned(method="GET", path="/api/v3/account", key="k", secret=SECRET,
                     timestamp="1578963600000")  # fmt: skip

    signed = tools.sign(given)

    vector = "d84e6641b1e328e7b418fff030caed655c266299c9355e36ce801ed14631eed4"
    assert signed["url"] == f"/api/v3/account?timestamp=1578963600000&signature={vector}"


def test_an_ed25519_key_signs_what_its_public_half_verifies() -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    signed = signature(pem, "timestamp=1")

    private.public_key().verify(b64decode(signed), b"timestamp=1")


@pytest.mark.parametrize("secret", ["-----BEGIN PRIVATE KEY-----\nnot one"])
def test_a_broken_private_key_says_so(secret: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        signature(secret, "timestamp=1")
