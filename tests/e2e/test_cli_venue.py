"""`steelyard venue`: the venues' own functions behind standard input and output."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.market import command, refused
from tests.recorded.market_files import market_file

Said = pytest.CaptureFixture[str]
# One published vector of each venue, from its own documentation or its best-known client.
GATE_SIGNATURE = (
    "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6"
    "fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a"
)
SIGNED: list[tuple[str, dict[str, str], str]] = [
    (
        "binance",
        {
            "method": "POST", "path": "/api/v3/order",
            "query": "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
            "&recvWindow=5000&timestamp=1499827319559",
            "key": "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
            "secret": "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
        },
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    ),
    (
        "okx",
        {
            "method": "GET", "path": "/api/v5/account/balance",
            "key": "985d5b66-57ce-40fb-b714-afc0b9787083", "passphrase": "1234567890",
            "secret": "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO",
            "timestamp": "2020-12-08T09:08:57.715Z",
        },
        "PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=",
    ),
    (
        "bitget",
        {
            "method": "GET", "path": "/api/mix/v2/market/depth", "query": "limit=20&symbol=BTCUSDT",
            "key": "bg_testkey", "secret": "test-bitget-secret-0001", "passphrase": "testpass",
            "timestamp": "16273667805456",
        },
        "d/720KKGGqudy2PzLXaB/QuXvmYAjmn4QzeBCd6w9TU=",
    ),
    (
        "gate",
        {
            "method": "GET", "path": "/api/v4/futures/orders",
            "query": "contract=BTC_USD&status=finished&limit=50", "key": "key", "secret": "secret",
            "timestamp": "1541993715",
        },
        GATE_SIGNATURE,
    ),
]  # fmt: skip
QUOTE = (
    b'{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000",'
    b'"B":"31.21000000","a":"25.36520000","A":"40.66000000"}}'
)


class Input(io.TextIOWrapper):
    """Standard input with these bytes in it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(io.BytesIO(body), encoding="utf-8")


def given(monkeypatch: pytest.MonkeyPatch, body: bytes | dict[str, Any]) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    monkeypatch.setattr(sys, "stdin", Input(raw))


@pytest.mark.parametrize("venue,request_,signature", SIGNED, ids=[one[0] for one in SIGNED])
def test_a_published_vector_is_signed_as_published(
    venue: str, request_: dict[str, str], signature: str, capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    given(monkeypatch, request_)
    code, out, err = command(capsys, "venue", "sign", venue)

    assert code == 0, err
    signed = json.loads(out)
    assert {"url", "headers", "body", "signature"} <= set(signed)
    assert signed["signature"] == signature
    assert request_["path"] in signed["url"]
    assert request_["secret"] not in out


def test_a_frame_is_decoded(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, QUOTE)
    code, out, err = command(capsys, "venue", "decode", "binance", "--ws")

    assert code == 0, err
    assert "25.3519" in out
    json.loads(out)


def test_an_answer_is_decoded(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b'{"serverTime": 1499827319559}')
    code, out, err = command(capsys, "venue", "decode", "binance", "--rest", "GET /api/v3/time")

    assert code == 0, err
    assert "1499827319559" in out


@pytest.mark.parametrize(
    "words,body,expected",
    [
        (("decode", "nasdaq", "--ws"), b"{}", "venue was 'nasdaq', allowed are binance, okx"),
        (("decode", "okx"), b"{}", "allowed is one of --rest"),
        (("decode", "okx", "--ws", "--rest", "GET /x"), b"{}", "allowed is one of --rest"),
        (("decode", "okx", "--rest", "time"), b"{}", "--rest was 'time'"),
        (("decode", "okx", "--ws"), b" \n", "standard input is empty"),
        (("decode", "okx", "--ws"), b"{", "okx does not say it so"),
        (("sign", "okx"), b"{}", "the request is not one"),
        (("sign", "nasdaq"), b"{}", "venue was 'nasdaq'"),
    ],
)
def test_what_cannot_be_read_is_refused(
    words: tuple[str, ...], body: bytes, expected: str, capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    given(monkeypatch, body)

    assert expected in refused(capsys, "venue", *words)


def test_a_request_that_is_none_repeats_no_secret(
    capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, {"method": "GET", "path": "/x", "key": "k", "secret": ["canary-secret"]})

    assert "canary" not in refused(capsys, "venue", "sign", "okx")


def pushed(folder: Path) -> list[bytes]:
    return [
        json.dumps(one["json"]).encode()
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for one in json.loads(line).get("messages", ())
        if one["dir"] != "client" and isinstance(one.get("json"), dict)
    ]


@pytest.mark.parametrize("venue", ["binance", "okx", "bitget", "gate"])
def test_what_was_recorded_goes_through_the_command(
    venue: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few lines of each kind: the venues' own tests take all of them."""
    read = 0
    for body in pushed(market_file(f"exchange/{venue}/ws"))[:60]:
        given(monkeypatch, body)
        code, out, err = command(capsys, "venue", "decode", venue, "--ws")
        assert code in {0, 2}
        assert (out.count("\n") == 1) is (code == 0)
        assert "Traceback" not in err
        read += code == 0
    assert read > 20
