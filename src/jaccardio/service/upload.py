"""What a request sends: one ECG as a file, as the files of a WFDB record, or as numbers; and what is asked of it."""

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

import numpy as np
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from jaccardio.recording.leads import LEADS, lead_rows
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.record_files import is_header_name
from jaccardio.recording.recording import MAXIMUM_RATE_HZ, Recording
from jaccardio.service.refusal import RefusedError

MOST_PARTS = 16
"""Files of one record, and questions."""

NAME = "ecg"
"""Of every recording: the names of uploaded files may be those of patients."""

Body = TypeVar("Body", bound=BaseModel)
Sent = tuple[Recording, Sequence[str]]
"""An ECG, and what is asked of it."""

_FAULTS_OF_FORMS = {
    "Missing boundary": "its Content-Type names no boundary",
    "Too many": f"more than {MOST_PARTS} files or questions",
    "Part exceeded": "a question of more than a mebibyte",
    "The Content-Disposition": "a part without a name",
}
"""How the parser's words begin, and what is said instead."""


def _standard_leads(names: list[str]) -> list[str]:
    if None in lead_rows(names):
        raise ValueError("no standard lead")
    return names


def _text(words: str) -> str:
    if not words.isprintable() or not words.strip():
        raise ValueError("no printable text")
    return words


Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_text)]


class Strict(BaseModel):
    """A body that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignalBody(Strict):
    """One ECG as numbers.

    Attributes
    ----------
    signal
        (leads, samples) in `unit`; null where a sample is missing.
    sampling_rate
        Hz.
    prompts
        What to ask of it, for ``/v1/prompt``.
    """

    signal: list[list[float | None]] = Field(min_length=1, max_length=len(LEADS))
    sampling_rate: float = Field(gt=0, le=MAXIMUM_RATE_HZ)
    unit: Literal["nV", "uV", "mV", "V"] = "mV"
    leads: Annotated[list[str], AfterValidator(_standard_leads)] = list(LEADS)
    prompts: list[Words] = Field(default=[], max_length=MOST_PARTS)

    def recording(self) -> Recording:
        """The ECG, checked as a file is.

        Raises
        ------
        RefusedError
            The rows are of unequal lengths, or their number is not that of the leads; a lead is named twice.
        ReadError
            As `Recording.from_array`.
        """
        if len({len(row) for row in self.signal}) > 1 or not self.signal[0] or len(self.signal) != len(self.leads):
            raise RefusedError(
                422, "one row of numbers a lead is needed, all of one length", "Name the leads of the rows in `leads`.", "signal"
            )
        if len(set(lead_rows(self.leads))) < len(self.leads):
            raise RefusedError(422, "a lead is named twice", "Name each row's lead once.", "leads")
        signal = np.array(self.signal, dtype=np.float64)  # null becomes NaN
        return Recording.from_array(signal, self.sampling_rate, leads=self.leads, unit=self.unit, recording_id=NAME)


class Prompts(Strict):
    """Questions of a form."""

    prompts: list[Words] = Field(default=[], max_length=MOST_PARTS)


class SearchBody(Strict):
    """A sentence to search a reference store by."""

    sentence: Words
    top: int = Field(default=10, ge=1, le=100)


def _of_json(body: bytes) -> Sent:
    sent = parsed(SignalBody, body)
    return sent.recording(), sent.prompts


def _of_form(files: Sequence[tuple[str, BinaryIO]], prompts: Sequence[str]) -> Sent:
    """From the name and content of each file, which is on disk for as long as this takes."""
    asked = parsed(Prompts, {"prompts": prompts}).prompts
    with TemporaryDirectory(prefix="jaccardio-") as folder:
        paths = [_written(Path(folder), name, content) for name, content in files]
        if len(paths) == 1:
            return read_ecg(paths[0].rename(Path(folder) / NAME), NAME), asked  # known by what it holds
        headers = [path for path in paths if is_header_name(path)]
        if len(headers) != 1:
            reason = f"{len(paths)} files with {len(headers)} headers"
            raise RefusedError(422, reason, "Send one file, or the files of one WFDB record.", "file")
        return read_ecg(headers[0], NAME), asked


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Callable[[], Sent]]:
    """What reads the ECG that a request sends, of either content type, and what is asked of it; files are closed when the block ends.

    What is yielded raises RefusedError, ReadError and MissingError where it is no ECG.

    Raises
    ------
    RefusedError
        It is neither a form with files nor JSON; the form cannot be taken apart, or ends early.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        yield partial(_of_json, await request.body())
        return
    if kind != "multipart/form-data":
        raise RefusedError(415, "neither multipart/form-data nor application/json", "Send a file in the field `file`, or a signal as JSON.")
    body = (await request.body()).lstrip()
    if body.startswith(b"--") and body.partition(b"\r\n")[0].removesuffix(b"--") + b"--" not in body:
        raise RefusedError(400, "the form ends before its last boundary", "Send it again, whole.", "form")
    try:
        async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
            files = [(part.filename or "", part.file) for part in form.getlist("file") if isinstance(part, UploadFile)]
            if not files:
                raise RefusedError(422, "no file", "Send one in the field `file`; of a WFDB record its header and signal file.", "file")
            yield partial(_of_form, files, [part for part in form.getlist("prompt") if isinstance(part, str)])
    except HTTPException as error:
        said = (said for words, said in _FAULTS_OF_FORMS.items() if error.detail.startswith(words))
        reason = next(said, "its parts are not where its boundary says")
        raise RefusedError(400, reason, "Send it as `curl -F file=@FILE` does.", "form") from None


def parsed(kind: type[Body], sent: bytes | Mapping[str, Any]) -> Body:
    """A body, of JSON or of values.

    Raises
    ------
    RefusedError
        It is none, or not of this kind: the first fault without its value, neither input, nor the name of a key that the kind lacks.
    """
    try:
        return kind.model_validate_json(sent) if isinstance(sent, bytes) else kind.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = [part for part in first["loc"] if part in kind.model_fields or isinstance(part, int)]
    reason = {"extra_forbidden": "unknown key", "json_invalid": "no JSON"}.get(first["type"], first["msg"].removeprefix("Value error, "))
    raise RefusedError(422, reason, f"Keys are: {', '.join(kind.model_fields)}.", ".".join(map(str, place)))


def _written(folder: Path, name: str, content: BinaryIO) -> Path:
    """A file of the request in its folder, under the last part of its name: the header of a WFDB record names its signal file.

    Raises
    ------
    RefusedError
        No file can have this name, or another one of the request has it.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    if base in ("", ".", "..") or not base.isprintable() or len(base.encode()) > 200:
        raise RefusedError(422, "a file without a usable name", "Send it under another name.", "file")
    try:
        with (folder / base).open("xb") as file:
            shutil.copyfileobj(content, file)
    except FileExistsError:
        raise RefusedError(422, "two files have one name", "Send the files of one WFDB record, each once.", "file") from None
    return folder / base
