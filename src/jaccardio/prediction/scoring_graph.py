"""`ScoringGraph`: from millivolt to the scores of findings in tensor operations alone, so that it can be exported."""

import math

import torch
from torch import Tensor, nn

from jaccardio.findings.needed_leads import ALTERNATIVE
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import members_of
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import COUNTS_PER_MILLIVOLT, LARGEST_COUNT, MINIMUM_SECONDS
from jaccardio.recording.quality import FLAT_PEAK_TO_PEAK_MV

ANY_LEAD = ALTERNATIVE.join(LEADS)
"""What every finding needs, whatever else its vocabulary says."""


class ScoringGraph(nn.Module):
    """What `Predictor.predict_proba` does with a checked recording at the model's rate: windows, centring, rounding, pieces, means, and
    NaN where the leads cannot answer.

    It is `SignalContract.apply` and `finding_scores` once more, without branches on data: the graph is made once, for ECGs of any number
    and length. That both agree is tested, and checked again at every export.
    """

    alternatives: Tensor
    items: Tensor

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.model = predictor.model
        self.window = predictor.contract.samples
        self.spare = predictor.contract.spare
        self.minimum = math.ceil(MINIMUM_SECONDS * predictor.contract.sampling_rate)
        needed = [(ANY_LEAD, *(finding.leads if predictor.partial_leads else LEADS)) for finding in predictor.vocabulary.findings]
        items = sorted({item for finding in needed for item in finding})
        self.register_buffer("alternatives", torch.tensor([[lead in item.split(ALTERNATIVE) for lead in LEADS] for item in items]).float())
        self.register_buffer("items", torch.tensor([[item in finding for item in items] for finding in needed]).float())

    def forward(self, signal: Tensor, measured: Tensor | None = None) -> Tensor:
        """Scores of findings.

        Parameters
        ----------
        signal
            (n, 12, samples) float32, millivolt at the model's rate, leads in the order of `LEADS`; a lead that was not recorded is zero
            throughout, and one that holds NaN or infinity counts as not recorded.
        measured
            (n, statements + definitions) float32, `evidence_inputs` of the recordings; of a model with `Evidence`.

        Returns
        -------
        (n, findings) float32 in [0, 1]; NaN where the leads cannot show the finding, and throughout for ECGs below 2 s.
        """
        samples = signal.shape[2]
        finite = (signal.abs() < math.inf).all(dim=2, keepdim=True)
        recorded = torch.sym_min(samples, self.window)
        windows = torch.sym_max(1, (samples + self.window - self.spare - 1) // self.window)
        cut = pieces(torch.where(finite, signal, 0.0), windows, recorded)  # (n, 12, windows, recorded)
        counts = ((cut - median(cut)) * COUNTS_PER_MILLIVOLT).round().clamp(-LARGEST_COUNT, LARGEST_COUNT)
        moving = counts.amax(dim=3) - counts.amin(dim=3) >= FLAT_PEAK_TO_PEAK_MV * COUNTS_PER_MILLIVOLT
        leads = moving.all(dim=2)  # (n, 12)
        seen = torch.where(leads[:, :, None, None], counts, 0.0) / COUNTS_PER_MILLIVOLT
        scores = [self._of_member(member, seen, measured) for member in members_of(self.model)]
        unmet = (leads.float() @ self.alternatives.T < 1).float()  # (n, items)
        withheld = unmet @ self.items.T >= 1
        short = torch.scalar_tensor(samples) < self.minimum
        return torch.where(withheld | short, math.nan, torch.stack(scores).mean(dim=0))

    def _of_member(self, member: EcgModel, windows: Tensor, measured: Tensor | None) -> Tensor:
        """Scores (n, findings) of windows (n, 12, windows, recorded): means over pieces, then over the numbers of pieces."""
        pieces_of = [piece_logits(member, windows, parts, self.window) for parts in member.score_parts]
        if member.evidence is not None:
            assert measured is not None, "a model with evidence scores measured ECGs"
            weight, added = member.evidence(measured, member.encode_text(member.prompt_vectors))
            pieces_of = [weight[:, None] * logits + added[:, None] for logits in pieces_of]
        return torch.stack([logits.sigmoid().mean(dim=1) for logits in pieces_of]).mean(dim=0)


def piece_logits(member: EcgModel, windows: Tensor, parts: int, samples: int) -> Tensor:
    """Logits (n, pieces, findings) of each piece that `jaccardio.models.scoring.finding_scores` cuts, with a gradient.

    Parameters
    ----------
    windows
        (n, 12, windows, recorded) millivolt, recorded throughout.
    parts, samples
        Pieces of a whole window of so many samples.
    """
    ecgs, leads, _, recorded = windows.shape
    length = torch.sym_min(samples // parts, recorded)
    number = torch.sym_max(1, (recorded * parts + samples - 1) // samples)
    cut = pieces(windows, number, length)  # (n, 12, windows, number, length)
    logits = member.finding_logits(cut.permute(0, 2, 3, 1, 4).reshape(-1, leads, length))
    return logits.reshape(ecgs, windows.shape[2] * number, logits.shape[1])


def pieces(signal: Tensor, number: int, length: int) -> Tensor:
    """(..., samples) to (..., number, length): pieces spread evenly from the first sample to the last, as `numpy.linspace` rounds them."""
    last = torch.scalar_tensor(signal.shape[-1] - length, dtype=torch.float64)
    step = last / torch.scalar_tensor(torch.sym_max(1, number - 1), dtype=torch.float64)
    starts = (torch.arange(number, dtype=torch.float64) * step).round().long()
    return signal[..., starts[:, None] + torch.arange(length)]


def median(signal: Tensor) -> Tensor:
    """(..., samples) to (..., 1): the middle value, or the mean of both middle ones, as `numpy.median`; torch's own is the lower one.

    They are the largest of the lower half of all values, which need not be sorted.
    """
    samples = signal.shape[-1]
    lower = torch.topk(signal, samples // 2 + 1, largest=False, sorted=False).values
    middle = torch.topk(lower, torch.sym_min(2, samples)).values
    odd = torch.scalar_tensor(samples % 2) == 1
    return torch.where(odd, middle[..., :1], middle.mean(dim=-1, keepdim=True))
