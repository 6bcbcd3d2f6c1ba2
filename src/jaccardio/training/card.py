"""The card that travels with a trained model: what it was trained on, what it may be used for."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.markdown import markdown_table


def model_card(summary: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Markdown text for ``model/README.md``. Its head is for the Hugging Face hub; the weights' licence is for their owner to add.

    Parameters
    ----------
    summary
        The document that also stands in ``training.json``.
    """
    facts = [(key.replace("_", " "), _cell(value)) for key, value in summary.items() if key != "findings_left_out"]
    left_out = ", ".join(summary["findings_left_out"]) or "none"
    findings = [(finding.code, finding.name, finding.note) for finding in vocabulary.findings]
    return f"""---
library_name: jaccardio
tags: [ecg, electrocardiogram, multi-label-classification]
---

# ECG model `{summary["preset"]}`

**{DISCLAIMER}** Made with jaccardio for research and development; no clinical decision may rest on it.

Input: 12-lead ECG in millivolt, prepared by the signal contract in `config.json`. Output: a probability per finding, and an ECG embedding.
Thresholds in `thresholds.json` and recalibrations in `calibration.json` were fitted on the validation part only. Thresholds belong to the
scores as they are, not to recalibrated ones. `reference.json` says what is usual in the validation part,
for a service to hold later ECGs against.

## Training

{_table(("", ""), facts)}
Findings that were unknown for every training record and left out: {left_out}.

## Findings

{_table(("code", "name", "note"), findings)}
Load it with `jaccardio.Predictor.from_pretrained("path/to/this/folder")`, or by its id on the Hugging Face hub.
The files are checked against `manifest.json` on every load.
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(markdown_table(head, rows))


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(inner)}" for key, inner in value.items())
    return f"{value:.4f}" if isinstance(value, float) else str(value)
