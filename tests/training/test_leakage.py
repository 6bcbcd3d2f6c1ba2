"""Another hospital's store is another hospital's: not one ECG, patient or waveform of the own split, in whatever part."""

import pandas as pd
import pytest

from jaccardio.cohort.split import PARTS, Split, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.training.leakage import check_apart
from tests.conftest import Hospitals


def _with(store: Store, records: pd.DataFrame) -> Store:
    return Store(store.path, store.manifest, store.contract, store.vocabulary, records, store.labels)


@pytest.mark.parametrize(
    ("column", "kind"), [("recording_id", "recording id"), ("patient_key", "patient"), ("waveform", "identical waveform")]
)
@pytest.mark.parametrize("part", PARTS)
def test_one_overlap_with_any_part_is_refused(hospitals: Hospitals, part: str, column: str, kind: str) -> None:
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    split = load_split(home)
    assert split is not None
    check_apart(home, split, away)
    records = away.records.copy()
    records.loc[records.index[3], column] = home.records.iloc[home.rows_of(split.parts[part][:1])][column].iloc[0]
    with pytest.raises(DataError, match=f"1 of 80 ECGs overlap with the {part} part of .* by {kind}"):
        check_apart(home, split, _with(away, records))


def test_a_copy_of_the_challenge_is_the_same_ecg(hospitals: Hospitals) -> None:
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    own, others = home.records.copy(), away.records.copy()
    own.loc[own.index[0], "recording_id"] = "ptbxl:599"
    others.loc[others.index[3], "recording_id"] = "challenge:HR00599"
    renamed = _with(home, own)
    split = Split({}, {"train": (renamed.ids[1],), "validation": (renamed.ids[2],), "test": ("ptbxl:599",)})
    with pytest.raises(DataError, match=r"the test part .*challenge:HR00599"):
        check_apart(renamed, split, _with(away, others))
