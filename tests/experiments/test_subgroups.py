import numpy as np
import pandas as pd

from jaccardio.cohort.store import Store
from jaccardio.experiments.subgroups import subgroups_of
from tests.conftest import Hospitals


def test_ages_fall_into_bands_and_what_is_not_stated_is_unknown() -> None:
    ages = [0, 17, 17.9, 18, 39, 40, 59.5, 60, 74, 75, 90, np.nan]
    records = pd.DataFrame(
        {
            "age": np.array(ages, np.float32),
            "sex": pd.array(["female", None] * 6, dtype="string"),
            "site": pd.array([None] * 12, dtype="string"),
            "device": pd.array(["CS-12"] * 12, dtype="string"),
            "year": pd.array([1990, None] * 6, dtype="Int32"),
        }
    )
    groups = subgroups_of(records)
    assert groups["age"].tolist() == [
        *["0 to 17"] * 3,
        *["18 to 39"] * 2,
        *["40 to 59"] * 2,
        *["60 to 74"] * 2,
        *["75 and over"] * 2,
        "unknown",
    ]
    assert groups["sex"].tolist() == ["female", "unknown"] * 6
    assert set(groups["site"]) == {"unknown"}
    assert groups["year"].tolist() == ["1990", "unknown"] * 6


def test_a_store_has_the_columns(hospitals: Hospitals) -> None:
    store = Store.open(hospitals.home)
    groups = subgroups_of(store.records)
    assert list(groups) == ["age", "sex", "site", "device", "year"]
    assert {len(members) for members in groups.values()} == {len(store)}
    assert set(groups["sex"]) == {"female", "male"}
    assert set(groups["device"]) == {"unknown"}
