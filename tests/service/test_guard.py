"""Who is answered, and what is refused before anything of it is parsed."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from jaccardio import Predictor
from jaccardio.errors import UsageError
from jaccardio.service import upload
from jaccardio.service.guard import Guard, load_token
from jaccardio.service.limits import Limits
from jaccardio.service.refusal import RefusedError
from tests.service.conftest import TOKEN, pair

Serving = Callable[..., TestClient]


def test_a_token_opens_what_is_closed_without(serving: Serving) -> None:
    client = serving(token=TOKEN)
    for path in ("/healthz", "/readyz", "/"):
        assert client.get(path).status_code == 200
    for path in ("/v1/findings", "/metrics", "/openapi.json", "/nothing"):
        for sent in ("", "Bearer", f"Bearer {TOKEN.decode()}x", f"Bearer {TOKEN.decode()[:-1]}", f"Basic {TOKEN.decode()}", "Bearer \xe9"):
            refused = client.get(path, headers={b"authorization": sent.encode("latin-1")})
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer"), (path, sent)
    assert client.get("/v1/findings", headers={"Authorization": f"Bearer {TOKEN.decode()}"}).status_code == 200


def test_without_a_token_only_localhost_is_answered(serving: Serving) -> None:
    client = serving()
    hosts = {
        "localhost:8000": 200,
        "localhost": 200,
        "[::1]:8000": 200,
        "evil.example": 421,
        "127.0.0.1.evil.example:80": 421,
    }
    for host, status in hosts.items():
        assert client.get("/v1/findings", headers={"host": host}).status_code == status, host
    assert serving(token=TOKEN).get("/healthz", headers={"host": "hospital.example"}).status_code == 200


def test_token_files(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(TOKEN + b"\n")
    assert load_token(file) == TOKEN
    for weak in (b"", b"short", b"0123456789 abcdef0123", b"\xff" * 20):
        file.write_bytes(weak)
        with pytest.raises(UsageError, match=r"openssl rand"):
            load_token(file)
    with pytest.raises(UsageError, match="no such file"):
        load_token(tmp_path / "absent")


def test_a_large_body_is_refused_before_it_is_parsed(serving: Serving, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    client = serving(limits=Limits(body_bytes=1000))
    monkeypatch.setattr(upload, "_of_json", lambda _: pytest.fail("parsed"))

    def streamed() -> Iterator[bytes]:
        yield from [b"x" * 300] * 4

    for content in (b"x" * 1001, streamed()):
        refused = client.post("/v1/predict", content=content, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.headers["connection"]) == (413, "close")


def test_a_full_queue_says_come_back(serving: Serving, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    client, started, go_on, predict = serving(limits=Limits(waiting=1)), threading.Event(), threading.Event(), Predictor.predict

    def slow(*given: Any) -> Any:
        started.set()
        go_on.wait(20)
        return predict(*given)

    monkeypatch.setattr(Predictor, "predict", slow)
    with ThreadPoolExecutor(1) as clients:
        first = clients.submit(client.post, "/v1/predict", files=pair(ecgs[0]))
        assert started.wait(20)
        refused = client.post("/v1/predict", json={})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert client.get("/healthz").status_code == 200
        go_on.set()
        assert first.result().status_code == 200
    assert client.post("/v1/predict", json={}).status_code == 422, "the queue is free again"


def test_what_takes_too_long_is_ended(serving: Serving, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    client, go_on = serving(limits=Limits(answer_seconds=0.3)), threading.Event()
    predict = Predictor.predict
    monkeypatch.setattr(Predictor, "predict", lambda *given: (go_on.wait(20), predict(*given))[1])
    assert client.post("/v1/predict", files=pair(ecgs[0])).status_code == 504
    go_on.set()


def test_a_body_that_trickles_is_refused() -> None:
    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    async def application(*_: object) -> None:
        pytest.fail("asked before the body was there")

    statuses = []

    async def send(message: dict[str, int]) -> None:
        statuses.append(message.get("status"))

    guard = Guard(application, Limits(upload_seconds=0.05), None, (), lambda _: None, lambda *_: None)
    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": [(b"host", b"localhost")]}
    asyncio.run(guard(scope, never, send))
    assert statuses[0] == 408


def test_a_refusal_names_no_file() -> None:
    from jaccardio.errors import DataError, MissingError, ReadError

    for error in (ReadError("Yamada.xml", "file", "damaged"), DataError("Yamada"), MissingError("Yamada"), UsageError("Yamada")):
        assert "Yamada" not in str(RefusedError.of(error).document("1"))
