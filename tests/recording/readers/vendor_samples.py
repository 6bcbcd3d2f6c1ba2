"""Files of every vendor format, written from the published layouts by code that shares nothing with the readers.

One function a format: `build_NAME(folder, ...) -> Path`. All take the same keywords (`Sample`): what the file holds, what it declares, and
a token that is written wherever the format has room for a patient, a person, a device, an institution or a comment.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.recording.readers.binary_samples import build_dicom, build_edf, build_ishne, build_mfer, build_scp
from tests.recording.readers.vendor_sample import EIGHT, TWELVE, Sample, simulated_counts
from tests.recording.readers.xml_samples import build_aecg, build_cardiosoft, build_muse, build_schiller, build_sierra

__all__ = [
    "BUILDERS",
    "EIGHT",
    "TWELVE",
    "Sample",
    "build_aecg",
    "build_cardiosoft",
    "build_dicom",
    "build_edf",
    "build_ishne",
    "build_mfer",
    "build_muse",
    "build_schiller",
    "build_scp",
    "build_sierra",
    "simulated_counts",
]

BUILDERS: Mapping[str, Callable[..., Path]] = {
    "dicom": build_dicom,
    "aecg": build_aecg,
    "scp": build_scp,
    "muse": build_muse,
    "sierra": build_sierra,
    "mfer": build_mfer,
    "ishne": build_ishne,
    "edf": build_edf,
    "cardiosoft": build_cardiosoft,
    "schiller": build_schiller,
}
"""By the reader's name."""
