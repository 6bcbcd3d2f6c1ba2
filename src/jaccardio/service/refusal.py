"""Why a request is refused: the house's own words, and nothing of what was sent."""

from typing import Any

from jaccardio.errors import DataError, JaccardioError, MissingError, ReadError

_REMEDIES = {
    "an archive of files": "Unpack it, and send one ECG of it.",
    "does not exist": "Send the header and the signal file of the record together.",
    "not a supported format": "Send e.g. DICOM, HL7 aECG or SCP-ECG, and of a WFDB record its header and its signal file together.",
}
"""By the reason, where a reader's own remedy is for who has the file in a folder and jaccardio at hand."""


class RefusedError(Exception):
    """A request that is not answered.

    Parameters
    ----------
    status
        Of HTTP.
    reason, remedy
        What is wrong, and what to do, without anything that was sent.
    field
        The part at fault.
    """

    def __init__(self, status: int, reason: str, remedy: str = "", field: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.remedy, self.field = status, reason, remedy, field

    @classmethod
    def of(cls, error: JaccardioError) -> "RefusedError":
        """What a reader or a model refused. The record's name is left out: it is the name of an uploaded file."""
        match error:
            case ReadError():
                return cls(422, error.reason, _REMEDIES.get(error.reason, error.remedy), error.field)
            case MissingError():
                return cls(501, "the service lacks a package or a model for this", "Ask who runs it: its log names it.")
            case DataError():
                return cls(422, "the data are refused", "Check what was sent against the documentation.")
        return cls(400, "the request cannot be used", "Check what was sent against the documentation.")

    def document(self, request_id: str) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": {"field": self.field, "reason": self.reason, "remedy": self.remedy}, "request_id": request_id}
