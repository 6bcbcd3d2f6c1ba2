"""`METHODS`: the methods of the field, the paper's and our own, each a cell of the grid statements x target x loss and what it adds.

SupCon contrasts ECGs with ECGs; here the same targets stand between ECGs and sentences. `truth` and `classifier` are one cell: the logits
are those of the prompts, or the outputs of a classifier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaccardio.contrast.banks import BANKS
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading


@dataclass(frozen=True)
class Method:
    """One way to train.

    Attributes
    ----------
    statements, target, loss, loss_options
        The cell, as in `Objective`.
    description
        One line.
    source
        Whose method it is.
    classifier
        One output a finding in the place of sentences.
    positive_weight
        Weight the positives of each finding by its ratio of negatives to positives in training.
    measured_weight
        Weight of the measured statements, where `statements` has them.
    views, prototypes
        Weights of the regularisers `view_contrast` and `prototype_contrast`.
    """

    statements: str
    target: str
    loss: str
    description: str
    source: str = "jaccardio"
    loss_options: Mapping[str, float] = field(default_factory=dict)
    classifier: bool = False
    positive_weight: bool = False
    measured_weight: float = 1.0
    views: float = 0.0
    prototypes: float = 0.0

    @property
    def objective(self) -> Objective:
        """The cell of the grid."""
        return Objective(self.statements, self.target, self.loss, self.loss_options)

    @property
    def cell(self) -> str:
        """The cell and all that is added to it, in words."""
        added = {
            **self.loss_options,
            "classifier": self.classifier,
            "positive_weight": self.positive_weight,
            "views": self.views,
            "prototypes": self.prototypes,
        }
        words = [name if value is True else f"{name} {value:g}" for name, value in added.items() if value]
        return ", ".join((" x ".join((self.statements, self.target, self.loss)), *words))

    @property
    def needs_groups(self) -> bool:
        """Whether the vocabulary must have groups of two findings and more."""
        return any(BANKS[bank].reading == Reading.ANY for bank in self.objective.banks)


_ASYMMETRIC, _WEIGHTED = "Ridnik et al. 2021, arXiv:2009.14119", "the paper, section 5.7"

METHODS: Mapping[str, Method] = {
    "siglip": Method("captions", "identity", "sigmoid", "is this caption the ECG's own?", "SigLIP, Zhai et al. 2023, arXiv:2303.15343"),
    "siglip-exact": Method("captions", "exact", "sigmoid", "siglip; captions of equal finding sets match too", "after SigLIP and UniCL"),
    "clip": Method(
        "captions", "identity", "softmax", "which caption of the batch is the ECG's own?", "CLIP, Radford et al. 2021, arXiv:2103.00020"
    ),
    "merl": Method(
        "captions",
        "identity",
        "softmax",
        "clip; two views of one ECG are alike",
        "after MERL, Liu et al. 2024, arXiv:2403.06659",
        views=1.0,
    ),
    "unicl": Method(
        "captions",
        "exact",
        "softmax",
        "clip; captions of equal finding sets match too (SupCon ALL)",
        "UniCL, Yang et al. 2022, arXiv:2204.03610",
    ),
    "supcon-any": Method(
        "captions",
        "shared",
        "softmax",
        "clip; captions that share a finding match too",
        "after SupCon, Khosla et al. 2020, arXiv:2004.11362",
    ),
    "ked": Method("captions", "label_aware", "softmax", "clip, finding by finding", "after ECGFM-KED, Tian et al. 2024"),
    "similarity-dissimilarity": Method(
        "captions",
        "similarity_dissimilarity",
        "softmax",
        "clip; a caption matches by how much of the ECG it names and how little else",
        "Huang et al. 2024, arXiv:2410.13439",
    ),
    "paper": Method(
        "captions",
        "jaccard",
        "signed_sigmoid",
        "the Jaccard index of two finding sets sets the pull",
        "Takahashi et al. 2026, Listing 1 and Eq. 2",
    ),
    "jaccard-soft": Method(
        "captions", "jaccard", "sigmoid", "the Jaccard index is the probability to be reached", "the paper's target as a soft label"
    ),
    "dice": Method("captions", "dice", "sigmoid", "jaccard-soft with the Dice coefficient"),
    "overlap": Method("captions", "overlap", "sigmoid", "jaccard-soft with the overlap coefficient"),
    "idf-jaccard": Method("captions", "idf_jaccard", "sigmoid", "jaccard-soft in which a rare finding counts for more"),
    "truth": Method("findings", "truth", "sigmoid", "is each single-finding sentence true of the ECG?"),
    "truth-parents": Method("findings+parents", "truth", "sigmoid", "truth, of each group of findings too"),
    "truth-negations": Method("findings+negations", "truth", "sigmoid", "truth, of each denial too"),
    "truth-subsets": Method("findings+subsets", "truth", "sigmoid", "truth, of a part of each caption too"),
    "truth-captions": Method("findings+captions", "truth", "sigmoid", "truth, of each caption too"),
    "truth-mined": Method("findings+false_captions", "truth", "sigmoid", "truth, of captions with one finding exchanged too"),
    "truth-measured": Method("findings+measurements", "truth", "sigmoid", "truth, of what was measured too"),
    "truth-asymmetric": Method("findings", "truth", "asymmetric", "truth; easy negatives count for little", _ASYMMETRIC),
    "truth-weighted": Method(
        "findings", "truth", "sigmoid", "truth; positives of rare findings count for more", _WEIGHTED, positive_weight=True
    ),
    "truth-prototypes": Method(
        "findings",
        "truth",
        "sigmoid",
        "truth; text vectors of findings that occur together are alike",
        "after ProtoECGNet, Sethi et al. 2025, arXiv:2504.08713",
        prototypes=1.0,
    ),
    "classifier": Method("findings", "truth", "sigmoid", "supervised learning without sentences", _WEIGHTED, classifier=True),
    "classifier-measured": Method("findings+measurements", "truth", "sigmoid", "classifier, of what was measured too", classifier=True),
    "classifier-asymmetric": Method(
        "findings", "truth", "asymmetric", "classifier; easy negatives count for little", _ASYMMETRIC, classifier=True
    ),
    "classifier-weighted": Method(
        "findings",
        "truth",
        "sigmoid",
        "classifier; positives of rare findings count for more",
        _WEIGHTED,
        classifier=True,
        positive_weight=True,
    ),
}
"""Methods by name, in the order of tables."""
