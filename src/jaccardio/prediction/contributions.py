"""`contributions`: which measured statements and definitions moved the logit of a finding, and how far."""

from dataclasses import dataclass

import numpy as np
import torch

from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.measurement.statements import LANGUAGES, measured_statements
from jaccardio.models.ensemble import members_of
from jaccardio.models.evidence import linear_inputs
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.windows import Windows

SHOWN = 8


@dataclass(frozen=True)
class Contribution:
    """What one part of the evidence adds to the logit.

    Attributes
    ----------
    statement
        A measured statement; or a finding, by name, whose definition is meant.
    is_definition
        Which of the two.
    holds
        How true the statement is, or how well the ECG fits the definition, in [0, 1].
    added
        To the logit, more than of the average training ECG.
    """

    statement: str
    is_definition: bool
    holds: float
    added: float


def contributions(predictor: Predictor, ecg: Windows, column: int, language: str = "en") -> tuple[Contribution, ...]:
    """The `SHOWN` that move a finding's logit most, means over the members of an ensemble; none of a model without evidence.

    Parameters
    ----------
    ecg
        One prepared and measured ECG.
    column
        The finding, in the order of the model's vocabulary.
    """
    if not predictor.measures:
        return ()
    inputs = evidence_inputs(predictor.measurements(ecg), predictor.defined)
    added = np.zeros(inputs.shape[1])
    members = members_of(predictor.model)
    with torch.inference_mode():
        for evidence, member in ((member.evidence, member) for member in members):
            if evidence is not None:
                sentence = member.encode_text(member.prompt_vectors)[column]
                given = torch.from_numpy(inputs).to(sentence.device)
                moved = linear_inputs(given, evidence.mean, evidence.spread)[0] * (evidence.vectors @ sentence)
                added += moved.cpu().numpy() / len(members)
    statements = list(measured_statements().values())
    findings = {finding.code: finding for finding in predictor.vocabulary.findings}
    found = []
    for place in np.argsort(-np.abs(added), kind="stable")[:SHOWN]:
        is_definition = int(place) >= len(statements)
        if is_definition:
            finding = findings[predictor.defined[place - len(statements)]]
            name, holds = finding.name_in(language), 1 / (1 + np.exp(-float(inputs[0, place])))
        else:
            name, holds = statements[place].sentences[language if language in LANGUAGES else "en"], float(inputs[0, place])
        if added[place]:
            found.append(Contribution(name, is_definition, float(holds), float(added[place])))
    return tuple(found)
