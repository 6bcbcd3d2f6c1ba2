"""What of the paper a reproduction cannot show, derived from its data and its scale."""

from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.paper.study import Study
from jaccardio.simulation.sites import ECHO_FINDINGS

PAPER_TEXTS = {"Qwen3-8B": "Qwen/Qwen3-8B", "Gemma3-4B": "google/gemma-3-4b-it"}
PAPER_RECORDS = 33_732

UNSTATED = (
    "what the paper does not state is our choice: a frozen text encoder, start of temperature and bias, batch size and the dropped last "
    "batch, schedule after the warm-up, weight decay, clipping, precision, the epoch that is kept, length of the crop, the weights of the "
    "supervised loss, thresholds, the average of the Jaccard index, sizes of the parts, seeds"
)


def limits(study: Study) -> list[str]:
    """One sentence for each thing that stands between this study and the paper's, whatever the table."""
    sentences = []
    if study.scale.name != "paper":
        sentences.append(f"the paper's budget and network: this is scale {study.scale.description}")
    missing = [name for name, encoder in PAPER_TEXTS.items() if encoder not in study.scale.texts]
    if missing:
        sentences.append(f"{' and '.join(missing)}: not run; the text encoders here are {', '.join(study.scale.texts)}")
    if study.scale.deviations:
        sentences.append(f"settings that the paper states: {study.scale.deviations}")
    simulated = _simulated(study.store)
    if simulated:
        sentences.append("patients: the ECGs are simulated, so no number here says anything about them")
    if others := [name for name, part in study.external.items() if not simulated and _simulated(part.store)]:
        sentences.append(f"patients of an external hospital: the ECGs of {', '.join(others)} are simulated")
    sentences.append(f"the paper's cohort: {PAPER_RECORDS:,} ECGs that are not public; here {len(study.store):,} others")
    if derived := int((study.store.records["scp_source"] == "derived").sum()):
        sentences.append(f"labels as their source published them: those of {derived:,} ECGs were derived from other tables")
    paper = Vocabulary.load("paper26")
    learned = set(study.home.vocabulary.codes)
    if study.store.vocabulary.name != paper.name:
        sentences.append(
            f"the paper's findings: the cohort is labelled by vocabulary {study.store.vocabulary.name}, {len(learned)} findings"
        )
    elif unlearned := [code for code in paper.codes if code not in learned]:
        sentences.append(f"findings that are unknown throughout the training part: {', '.join(unlearned)}")
    notes = [f"{finding.code}: {finding.note}" for finding in paper.findings if finding.code in ECHO_FINDINGS & learned]
    if notes and not simulated:
        sentences.append(f"labels from echocardiography ({'; '.join(notes)})")
    for name, held_out in {"the test part": study.home, **study.external}.items():
        part = held_out.part
        known = {code: positives for code, count, positives in zip(part.codes, part.known, part.positives, strict=True) if count}
        if empty := [code for code, positives in known.items() if not positives]:
            sentences.append(f"findings without a positive in {name}: {', '.join(empty)}")
        if few := [code for code in study.home.vocabulary.codes if code not in known]:
            sentences.append(f"findings of the home hospital that {name} does not know: {', '.join(few)}")
    if not study.external:
        sentences.append("an external hospital: none was named with --external")
    return [*sentences, UNSTATED]


def _simulated(store: Store) -> bool:
    return any("simulated" in name for name in store.records["database"].unique())
