"""`Evidence`: what an ECG's measurements say of sentences, added to what the network sees of its signal.

    logit = a * network + (x V + b) u^T

x holds how true each measured statement is, less the mean of the training ECGs, and how well the ECG fits the textbook definition of each
finding that has one, in standard deviations of its log-odds. What is unknown is 0, as in the average ECG; an ECG of which nothing is known
is left to the network. u is the sentence's vector in the model's space, so that this part of a score, like the network's, depends on a
finding only through its sentence. It is fitted when the network is trained (`jaccardio.training.evidence`): stacked generalisation (Wolpert
1992, doi:10.1016/S0893-6080(05)80023-1).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Evidence(nn.Module):
    """The fitted numbers of the formula above.

    Parameters
    ----------
    defined
        Findings, by code, whose definitions are held against each ECG.
    weight
        a, a scalar.
    vectors, bias
        V (s + m, d) and b (d,), of s measured statements and m definitions.
    mean, spread
        (s + m,) what is subtracted from `evidence_inputs`, and what the rest is divided by.
    """

    weight: Tensor
    vectors: Tensor
    bias: Tensor
    mean: Tensor
    spread: Tensor

    def __init__(self, defined: Sequence[str], weight: Tensor, vectors: Tensor, bias: Tensor, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.defined = tuple(defined)
        for name, value in (("weight", weight), ("vectors", vectors), ("bias", bias), ("mean", mean), ("spread", spread)):
            self.register_buffer(name, value.float().clone())

    def forward(self, inputs: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """How the logits of n ECGs against k sentences come about.

        Parameters
        ----------
        inputs
            (n, s + m), what `jaccardio.measurement.evidence.evidence_inputs` gives.
        sentences
            (k, d) vectors u.

        Returns
        -------
        What the network's logits are multiplied by, (n, 1), and what is then added, (n, k); 1 and 0 where nothing was measured.
        """
        added = (linear_inputs(inputs, self.mean, self.spread) @ self.vectors + self.bias) @ sentences.T
        return self.network_weight(inputs), torch.where(measured(inputs), added, 0.0)

    def network_weight(self, inputs: Tensor) -> Tensor:
        """What the network's logits are multiplied by, (n, 1)."""
        return torch.where(measured(inputs), self.weight, 1.0)


def measured(inputs: Tensor) -> Tensor:
    """(n, 1) whether anything is known of an ECG."""
    return (~inputs.isnan()).any(dim=1, keepdim=True)


def linear_inputs(inputs: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """x of the formula, (n, s + m), from `jaccardio.measurement.evidence.evidence_inputs`."""
    values = (inputs - mean) / spread
    return torch.where(values.isnan(), 0.0, values)
