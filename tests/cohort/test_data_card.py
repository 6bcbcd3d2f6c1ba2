"""The data card of a store: counts that add up, and nobody's id."""

from pathlib import Path

import pandas as pd

from jaccardio.cohort.data_card import data_card
from jaccardio.cohort.quality_counts import quality_counts
from jaccardio.cohort.relabel import count_findings
from jaccardio.cohort.store import Store
from tests.conftest import Command, Hospitals


def test_it_counts_ecgs_findings_and_faults_and_names_nobody(hospitals: Hospitals, jaccardio: Command, tmp_path: Path) -> None:
    store = Store.open(hospitals.home)
    card = data_card(store)
    patients = store.records["patient_key"].nunique()
    assert f"- ECGs: {len(store)} of {patients} patients" in card
    for code, states in count_findings(store.labels, store.vocabulary).items():
        name = store.vocabulary.findings[store.vocabulary.index(code)].name
        assert f"| `{code}` | {name} | {states['present']} | {states['absent']} | {states['unknown']} |" in card
    for check, count in quality_counts(store).items():
        assert f"| `{check}` |" in card
        assert f" | {count['found']} | {count['unknown']} |" in card
    assert not any(identifier in card for identifier in pd.concat([store.records["recording_id"], store.records["patient_key"]]))
    done = jaccardio("doctor", hospitals.home, "--card", tmp_path / "card.md")
    assert done.status == 0, done.err
    assert (tmp_path / "card.md").read_text("utf-8") == card
    assert jaccardio("doctor", hospitals.folder / "site-a", "--card", tmp_path / "none.md").status == 3
    assert not (tmp_path / "none.md").exists()
    assert jaccardio("doctor", "--card", tmp_path / "none.md").status == 2
