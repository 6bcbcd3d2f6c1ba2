"""`Guard`: what stands before the service: host, token, queue, size and time are settled before a byte of a body is parsed."""

import asyncio
import contextlib
import hmac
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jaccardio.errors import UsageError
from jaccardio.service.limits import Limits
from jaccardio.service.refusal import RefusedError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
OPEN = ("/", "/healthz", "/readyz")
"""What is answered without a token; it says nothing of any ECG."""

METHODS = ("GET", "HEAD", "POST")
"""Others, and other paths, are counted and logged as ``other``: they may hold anything."""

SHORTEST_TOKEN = 16

Watch = Callable[[str, str, int, float], None]
"""Called with (method, path, status, seconds) of each request."""


def load_token(path: Path) -> bytes:
    """The token of a file.

    Raises
    ------
    UsageError
        There is none, or one that can be guessed.
    """
    try:
        token = path.read_bytes().strip()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file. Write a long random token into it.") from None
    if len(token) < SHORTEST_TOKEN or any(not 33 <= byte <= 126 for byte in token):
        raise UsageError(f"{path}: a token is {SHORTEST_TOKEN} and more letters and digits. Take e.g. `openssl rand -hex 32`.")
    return token


class Guard:
    """Around an application; its answers bear ``X-Request-Id``, a random number, and nothing that was sent.

    Parameters
    ----------
    token
        What ``Authorization: Bearer`` must say; None: whoever names a loopback host may ask.
    paths
        Of the application.
    say
        Takes a line on each request.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, token: bytes | None, paths: tuple[str, ...], say: Callable[[str], None], watch: Watch
    ) -> None:
        self._app, self._limits, self._token, self._paths, self._say, self._watch = app, limits, token, paths, say, watch
        self._working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, request_id, status = time.monotonic(), uuid.uuid4().hex, 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"], headers["Cache-Control"], headers["X-Content-Type-Options"] = request_id, "no-store", "nosniff"
            await send(message)

        try:
            await self._answer(scope, receive, watched)
        except RefusedError as refusal:
            headers = {"Connection": "close"} | ({"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {})
            headers |= {"Retry-After": "1"} if refusal.status == 429 else {}
            await JSONResponse(refusal.document(request_id), refusal.status, headers)(scope, receive, watched)
        except Exception as error:  # its message may hold what was sent; its place does not
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._say(f"{request_id} internal error: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}")
            if not status:
                failure = RefusedError(500, "internal error", "Report it with the request id.")
                await JSONResponse(failure.document(request_id), 500)(scope, receive, watched)
        finally:
            method, path = (one if one in known else "other" for one, known in ((scope["method"], METHODS), (scope["path"], self._paths)))
            seconds = time.monotonic() - began
            self._watch(method, path, status, seconds)
            self._say(f"{request_id} {method} {path} {status} {1000 * seconds:.0f} ms")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        self._check_caller(scope["path"], headers)
        if scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if self._working >= self._limits.waiting:
            raise RefusedError(429, "too many requests wait", "Ask again in a second.")
        self._working += 1
        try:
            body = await self._body(headers, receive)
            messages = iter([{"type": "http.request", "body": body, "more_body": False}])

            async def replay() -> Message:
                return next(messages, None) or await receive()

            async with _within(
                self._limits.answer_seconds, RefusedError(504, "took too long", "Send a shorter recording, or ask again later.")
            ):
                await self._app(scope, replay, send)
        finally:
            self._working -= 1

    def _check_caller(self, path: str, headers: Headers) -> None:
        """Token, or a loopback host: a page of the web that had its name resolved to this machine would still name its own."""
        if self._token is None:
            if headers.get("host", "").rpartition(":")[0].strip("[]") not in LOOPBACK and headers.get("host", "") not in LOOPBACK:
                raise RefusedError(421, "asked for under another name than localhost", "Ask 127.0.0.1, or start the service with a token.")
        elif path not in OPEN:
            kind, _, sent = headers.get("authorization", "").partition(" ")
            if not hmac.compare_digest(sent.strip().encode("latin-1", "replace"), self._token) or kind.lower() != "bearer":
                raise RefusedError(401, "no token, or not the right one", "Send `Authorization: Bearer TOKEN`.")

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body, if it is small and comes in time."""
        too_large = RefusedError(413, f"more than {self._limits.body_bytes} bytes", "Send one ECG, cut into shorter ones.")
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._limits.body_bytes:
            raise too_large
        body, more = bytearray(), True
        async with _within(self._limits.upload_seconds, RefusedError(408, "the body came too slowly", "Send it again.")):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedError(400, "the body ended early", "Send it again.")
                body += message.get("body", b"")
                if len(body) > self._limits.body_bytes:
                    raise too_large
                more = message.get("more_body", False)
        return bytes(body)


@contextlib.asynccontextmanager
async def _within(seconds: float, refusal: RefusedError) -> AsyncIterator[None]:
    """Ends what lasts longer, with a refusal."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise refusal from None
