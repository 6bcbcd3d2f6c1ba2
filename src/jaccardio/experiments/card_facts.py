"""What a model card says besides metrics: the model, its ECGs and labels as the run and the stores describe them; no patient data."""

from importlib.metadata import version

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.leads import LEADS
from jaccardio.report.model_card import CardFacts
from jaccardio.training.run_folder import RunFolder


def card_facts(
    run: RunFolder,
    store: Store,
    part: str,
    rows: NDArray[np.int64],
    vocabulary: Vocabulary,
    test_uses: int,
    title: str,
    language: str = "en",
) -> CardFacts:
    """The facts of one evaluation.

    Parameters
    ----------
    rows
        (n,) rows of the store that were scored.
    vocabulary
        The findings that were judged.
    test_uses
        How often this run has looked at a test part.
    language
        Of the findings' names.
    """
    records = store.records.iloc[rows]
    return CardFacts(
        title=title,
        model=_model(run),
        population={
            "corpus": str(store.manifest["corpus"]),
            "databases": _counted(records["database"]),
            "part": f"{part}: {len(rows):,} of the store's {len(store):,} ECGs",
            "ECGs with a lead missing": f"{int((~store.lead_masks[rows].all(axis=1)).sum()):,}",
            "signal": f"{store.contract.sampling_rate:g} Hz, {store.contract.samples:,} samples of {len(LEADS)} leads",
        },
        labels=_labels(records, vocabulary),
        reproduction=_reproduction(run, store, part, test_uses),
        names={finding.code: finding.name_in(language) for finding in vocabulary.findings},
        notes={finding.code: finding.note for finding in vocabulary.findings if finding.note},
        seen=part == "validation",
    )


def _model(run: RunFolder) -> dict[str, str]:
    config, summary = run.config, run.summary
    facts = {
        "preset": config.preset,
        "kind": "ECG and text towers" if config.model.kind == "text" else "supervised classifier",
        "ECG encoder": f"{config.model.encoder}, width {config.model.width}",
        "objective": f"statements {config.objective.statements}, target {config.objective.target}, loss {config.objective.loss}",
        "training seed": str(config.training.seed),
        "training ECGs": f"{summary['training_records']:,}",
        "validation ECGs": f"{summary['validation_records']:,}",
        "epoch": f"{summary['epoch']}, chosen by {summary['selected_by']}",
        "made with": f"jaccardio {run.environment['packages']['jaccardio']}",
    }
    if config.model.kind == "text":
        rank = config.model.lora_rank
        facts["text encoder"] = f"{config.model.text}, {f'tuned by LoRA of rank {rank}' if rank else 'frozen'}"
    if config.data.hidden_findings:
        facts["findings kept from it"] = ", ".join(config.data.hidden_findings)
    return facts


def _labels(records: pd.DataFrame, vocabulary: Vocabulary) -> dict[str, str]:
    closed = int(records["closed"].sum())
    facts = {
        "vocabulary": f"{vocabulary.name}: {vocabulary.title}",
        "not stated means absent": f"{closed:,} ECGs, for findings that their database annotates at all",
        "not stated means unknown": f"{len(records) - closed:,} ECGs",
    }
    sources = records["scp_source"].dropna()
    return facts | ({"how statements were obtained": _counted(sources)} if len(sources) else {})


def _reproduction(run: RunFolder, store: Store, part: str, test_uses: int) -> dict[str, str]:
    facts = {
        "training": f"jaccardio train --preset {run.config.preset} --store STORE --out RUN, with the settings of the run's config.toml",
        "evaluation": f"jaccardio evaluate RUN --store STORE --part {part} --out OUT",
        "training store": run.store_fingerprint,
        "evaluated store": store.fingerprint,
        "split": f"{run.split.fingerprint} ({', '.join(f'{key} {value}' for key, value in run.split.method.items())})",
        "evaluated with": f"jaccardio {version('jaccardio')}",
    }
    return facts | ({"looks at a test part": f"this is number {test_uses} of this run"} if part != "validation" else {})


def _counted(values: pd.Series) -> str:
    return ", ".join(f"{value} {count:,}" for value, count in values.value_counts().items())
