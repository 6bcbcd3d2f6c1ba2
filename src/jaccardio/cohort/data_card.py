"""`data_card`: what a store holds, in Markdown, for whoever gets it: counts, no recording and no patient."""

from collections import Counter

from jaccardio.cohort.quality_counts import quality_counts
from jaccardio.cohort.relabel import count_findings
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.markdown import markdown_table


def data_card(store: Store) -> str:
    """ECGs, patients and parts; what was refused and why; findings, and checks of quality, each with how many ECGs.

    Raises
    ------
    DataError
        A table of the store or its split is damaged, or it was made before ECGs were checked.
    """
    split, complete = load_split(store), int(store.lead_masks.all(axis=1).sum())
    short = int((store.recorded < store.contract.samples).sum())
    refused = Counter(entry["reason"] for entry in store.manifest["rejected"])
    facts = {
        "ECGs": f"{len(store):,} of {store.records['patient_key'].nunique():,} patients",
        "Signal": f"{store.contract.sampling_rate:g} Hz, windows of {store.contract.seconds:g} s, 1 microvolt a count",
        "All 12 leads": f"{complete:,} ECGs",
        "Shorter than a window": f"{short:,} ECGs",
        "Longer": f"{int((store.windows_per_record > 1).sum()):,} ECGs, in several windows",
        "Split": "none yet" if split is None else ", ".join(f"{part} {len(ids):,}" for part, ids in split.parts.items()),
        "Refused": ", ".join(f"{count:,} ({reason.rstrip('.')})" for reason, count in refused.most_common()) or "none",
        "Made by": f"jaccardio {store.manifest['jaccardio']}",
    }
    names = {finding.code: finding.name for finding in store.vocabulary.findings}
    findings = [
        (f"`{code}`", names[code], *(f"{states[state]:,}" for state in ("present", "absent", "unknown")))
        for code, states in count_findings(store.labels, store.vocabulary).items()
    ]
    settings = store.manifest["checks"]
    checks = [
        (f"`{name}`", f"{settings[name]['threshold']:g}", settings[name]["action"], f"{count['found']:,}", f"{count['unknown']:,}")
        for name, count in quality_counts(store).items()
    ]
    lines = [
        f"# Data card: {store.title}",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
        f"## Findings (vocabulary {store.vocabulary.name})",
        "",
        "Unknown is neither present nor absent.",
        "",
        *markdown_table(("code", "finding", "present", "absent", "unknown"), findings),
        "## Quality",
        "",
        "ECGs over each threshold. ECGs that a check refuses are not in the store. What is checked: docs/quality.md of jaccardio.",
        "",
        *markdown_table(("check", "threshold", "what a verdict does", "found", "unknown"), checks),
    ]
    return "\n".join(lines)
