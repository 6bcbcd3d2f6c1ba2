"""The service: an application that answers over HTTP what `jaccardio predict` and `jaccardio search` answer on the command line."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any, Literal

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from numpy.typing import NDArray
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from jaccardio import __version__
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import DataError, JaccardioError, MissingError, UsageError
from jaccardio.evaluation.estimate import jsonable
from jaccardio.prediction.ask import Answer, ask, definition_of
from jaccardio.prediction.attribution import attribute
from jaccardio.prediction.examine import answers_document, contradiction_of, ecg_document, examine_recording, findings_document
from jaccardio.prediction.fhir import diagnostic_report
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.search import Hit, Index
from jaccardio.recording.leads import INDEPENDENT_LEADS, LEADS
from jaccardio.recording.preprocessing import Prepared, dequantise
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows
from jaccardio.service.evaluated import Evaluated
from jaccardio.service.guard import Guard
from jaccardio.service.limits import Limits
from jaccardio.service.metrics import Metrics
from jaccardio.service.model_thread import ModelThread
from jaccardio.service.refusal import RefusedError
from jaccardio.service.upload import SearchBody, SignalBody, parsed, received

READERS = 2
"""Threads that read and measure ECGs while others are scored."""

BLOCK_SECONDS = 0.1
"""Of an attribution, short beside a wave and long beside a sample."""

_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "One file, or those of a WFDB record."},
        "prompt": {"type": "array", "items": {"type": "string"}, "description": "For /v1/prompt."},
    },
}


def _body(*kinds: tuple[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind, schema in kinds}}}


ECG_BODY = _body(("multipart/form-data", _FORM), ("application/json", SignalBody.model_json_schema()))
SEARCH_BODY = _body(("application/json", SearchBody.model_json_schema()))
STATUSES: dict[int | str, dict[str, Any]] = {
    status: {"description": said}
    for status, said in {
        400: "The request cannot be used.",
        401: "No token.",
        404: "No such address, or a search without a reference store.",
        408: "The body came too slowly.",
        413: "The body is too large.",
        415: "Neither a form nor JSON.",
        422: "No ECG, or no such question.",
        429: "Too many requests wait.",
        501: "A package is missing.",
        504: "Took too long.",
    }.items()
}


def create_app(
    predictor: Predictor,
    *,
    policy: str = "global",
    index: Index | None = None,
    evaluated: Evaluated | None = None,
    token: bytes | None = None,
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> ASGIApp:
    """The application, to be run by uvicorn.

    Parameters
    ----------
    policy
        Thresholds: ``fixed``, ``global`` or ``per_finding``.
    index
        Reference ECGs, for ``/v1/search`` and the ECGs most like the one sent.
    evaluated
        What an evaluation of the model found, for ``/v1/findings``.
    token
        As `Guard`.
    say
        Takes a line on each request, without anything that was sent.

    Raises
    ------
    UsageError
        Unknown policy.
    """
    predictor.thresholds[policy]  # an unknown one is said before a thread is started
    limits = limits or Limits()
    reference = predictor.reference
    metrics = Metrics(reference, predictor.vocabulary.codes, policy)
    model = ModelThread(predictor, policy, limits, metrics.batch, embeds=reference is not None or index is not None)
    readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # What is imported and prepared at the first ECG takes seconds: none that is sent waits for it.
        await asyncio.wrap_future(model.call(lambda predictor: predictor.predict([examine_recording(predictor.contract, _example())])))
        yield
        readers.shutdown(cancel_futures=True)
        model.close()

    app = FastAPI(title="jaccardio", version=__version__, description=DISCLAIMER, docs_url=None, redoc_url=None, lifespan=lifespan)
    _answer_errors(app, say)
    page = resources.files("jaccardio.service").joinpath("page.html").read_text("utf-8")

    async def examined(request: Request) -> tuple[Prepared, list[str]]:
        def work() -> tuple[Prepared, list[str]]:
            recording, prompts = read()
            return examine_recording(predictor.contract, recording), list(prompts)

        async with received(request) as read:
            return await asyncio.get_running_loop().run_in_executor(readers, work)

    def described(request: Request, ecg: Prepared) -> dict[str, Any]:
        return {"request_id": request.state.request_id, "disclaimer": DISCLAIMER} | ecg_document(ecg)

    @app.post("/v1/predict", openapi_extra=ECG_BODY, responses=STATUSES)
    async def predict(request: Request, format: Literal["json", "fhir"] = "json", signal: bool = False) -> JSONResponse:
        """Findings of one ECG, and the reference ECGs most like it; with ``signal`` also the millivolts that were scored."""
        ecg, _ = await examined(request)
        scores, embedding = await asyncio.wrap_future(model.score(ecg))
        metrics.ecg(ecg, scores, embedding)
        contradictory = contradiction_of(predictor.vocabulary, scores)
        if format == "fhir":
            report = diagnostic_report(scores, request.state.request_id, contradictory)
            return JSONResponse(report, media_type="application/fhir+json")
        document = described(request, ecg) | findings_document(scores, contradictory)
        if index is not None and embedding is not None and (predictor.partial_leads or ecg.lead_mask.all()):
            alike = await asyncio.get_running_loop().run_in_executor(readers, index.similar, embedding)
            document["similar"] = _listed(alike)
        if signal:
            rows = _by_lead(dequantise(ecg.counts[0, :, : ecg.recorded]), ecg)  # to the microvolt in which it is kept
            document["signal"] = {"sampling_rate": predictor.contract.sampling_rate, "windows": len(ecg.counts), "millivolts": rows}
        return JSONResponse(document)

    @app.post("/v1/prompt", openapi_extra=ECG_BODY, responses=STATUSES)
    async def prompt(request: Request, language: Literal["en", "ja"] | None = None) -> JSONResponse:
        """How well one ECG fits what is asked, in English or Japanese, and the statements that decided, in its language or `language`."""
        ecg, prompts = await examined(request)
        if not prompts:
            raise RefusedError(422, "nothing is asked", "Send `prompt` fields, or `prompts` in JSON.", "prompts")

        def answers(predictor: Predictor) -> list[Answer]:
            questions = [(words, definition_of(words)) for words in prompts]
            return ask(predictor, Windows.of([ecg]), questions, language)

        return JSONResponse(described(request, ecg) | answers_document(await _worded(model, answers)))

    @app.post("/v1/attribution", openapi_extra=ECG_BODY, responses=STATUSES)
    async def attribution(request: Request, finding: str) -> JSONResponse:
        """What in an ECG's first window speaks for one finding: what each 0.1 s of each lead adds to its logit, as `jaccardio explain`."""
        if finding not in predictor.vocabulary.codes:
            raise RefusedError(422, "the model has no such finding", "Name one of /v1/findings by its code.", "finding")
        ecg, _ = await examined(request)
        column = predictor.vocabulary.index(finding)
        if reason := predictor.withheld(ecg.lead_mask)[column]:
            raise RefusedError(422, reason, "Name another finding.", "finding")
        (found,) = await asyncio.wrap_future(model.call(lambda predictor: attribute(predictor, Windows.of([ecg]), [column])))
        begins = np.arange(0, ecg.recorded, round(BLOCK_SECONDS * predictor.contract.sampling_rate))  # the last block may be shorter
        marks = _by_lead(np.add.reduceat(found.values[0, :, : ecg.recorded], begins, axis=1), ecg)
        added = {"logit": found.logit, "baseline": found.baseline, "block_seconds": BLOCK_SECONDS, "added": marks}
        return JSONResponse(described(request, ecg) | {"finding": finding} | added)

    @app.post("/v1/search", openapi_extra=SEARCH_BODY, responses=STATUSES)
    async def search(request: Request) -> JSONResponse:
        """Pseudonymous ids of the reference ECGs that best fit a sentence."""
        wanted = parsed(SearchBody, await request.body())
        if index is None:
            raise RefusedError(404, "there is no reference store", "Start the service with --store.")

        def hits(predictor: Predictor) -> list[Hit]:
            return index.search(predictor, wanted.sentence, wanted.top)

        found = _listed(await _worded(model, hits))
        return JSONResponse({"request_id": request.state.request_id, "disclaimer": DISCLAIMER, "hits": found})

    @app.get("/v1/findings", responses={401: STATUSES[401]})
    def findings() -> JSONResponse:
        """What the model was trained to find, and what it expects of an ECG; with a report each finding's AUROC and its 95 % interval."""
        rows = [
            {"finding": finding.code, "names": dict(finding.names), "leads": list(finding.leads), "threshold": float(threshold)}
            | {"auroc": evaluated and jsonable(evaluated.aurocs.get(finding.code))}
            for finding, threshold in zip(predictor.vocabulary.findings, predictor.thresholds[policy], strict=True)
        ]
        model_facts = {"vocabulary": predictor.vocabulary.name, "thresholds": policy, "partial_leads": predictor.partial_leads}
        can = {"body_bytes": limits.body_bytes, "search": index is not None, "attribution": importlib.util.find_spec("captum") is not None}
        usual = None if reference is None else {"n_records": reference.ecgs}
        judged = evaluated and {"n_records": evaluated.n_records, "n_patients": evaluated.n_patients}
        beside = {"evaluation": judged, "reference": usual}
        facts = {"version": __version__, "disclaimer": DISCLAIMER, **can, **model_facts, **beside}
        return JSONResponse(facts | predictor.contract.to_dict() | {"findings": rows})

    @app.get("/healthz")
    def alive() -> JSONResponse:
        """Whether the process answers."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", responses={503: {"description": "The model does not compute."}})
    def ready() -> JSONResponse:
        """Whether the model computes."""
        return JSONResponse({"status": "ok" if model.alive else "down"}, 200 if model.alive else 503)

    @app.get("/metrics", response_class=Response, responses={401: STATUSES[401]})
    def counts() -> Response:
        """For Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def start() -> HTMLResponse:
        """The page."""
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_POLICY})

    return Guard(app, limits, token, (*app.openapi()["paths"], "/", "/openapi.json"), say, metrics.request)


CONTENT_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
"""Of the page, which stands in one file and loads nothing."""


def _listed(hits: list[Hit]) -> list[dict[str, Any]]:
    return [vars(hit) | {"findings": list(hit.findings)} for hit in hits]


def _example() -> Recording:
    """A sine in each lead that is measured."""
    sine = np.sin(2 * np.pi * np.arange(1000) / 100)
    return Recording.from_array(np.tile(sine, (len(INDEPENDENT_LEADS), 1)), 100.0, leads=INDEPENDENT_LEADS)


async def _worded(model: ModelThread, function: Callable[[Predictor], list[Any]]) -> list[Any]:
    """What a function of the model says to words that were sent; its errors could repeat them."""
    try:
        return await asyncio.wrap_future(model.call(function))
    except (UsageError, DataError):
        remedy = "Name a finding of /v1/findings or a measured statement (`jaccardio measure --statements`)."
        raise RefusedError(422, "the model's text encoder cannot read these words", remedy, "prompts") from None


def _by_lead(rows: NDArray[np.float32], ecg: Prepared) -> dict[str, list[float] | None]:
    """(12, n) by lead, to three decimals; null of a lead that was not recorded."""
    return {
        lead: [round(float(value), 3) for value in row] if recorded else None
        for lead, row, recorded in zip(LEADS, rows, ecg.lead_mask, strict=True)
    }


def _answer_errors(app: FastAPI, say: Callable[[str], None]) -> None:
    """Every error is JSON in the house's words; FastAPI's own repeat what was sent."""

    def answer(request: Request, refusal: RefusedError) -> JSONResponse:
        return JSONResponse(refusal.document(request.state.request_id), refusal.status)

    @app.exception_handler(RefusedError)
    def refused(request: Request, error: RefusedError) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(JaccardioError)
    def unread(request: Request, error: JaccardioError) -> JSONResponse:
        if isinstance(error, MissingError):  # names a package or a model of this machine
            say(f"{request.state.request_id} {error}")
        return answer(request, RefusedError.of(error))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(request, RefusedError(422, "a parameter of the address is not one of its values", "See /openapi.json."))

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> JSONResponse:
        said = {404: "no such address", 405: "no such method here"}.get(error.status_code, "the request cannot be read")
        response = answer(request, RefusedError(error.status_code, said, "See /openapi.json."))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    def internal(request: Request, error: Exception) -> JSONResponse:
        return answer(request, RefusedError(500, "internal error", "Report it with the request id."))
