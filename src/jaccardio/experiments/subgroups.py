"""The groups of a store's records that an evaluation compares; what is not stated is its own group and never guessed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.evaluation.subgroups import UNKNOWN_GROUP

AGE_BANDS = ((0, "0 to 17"), (18, "18 to 39"), (40, "40 to 59"), (60, "60 to 74"), (75, "75 and over"))
"""First year of each band. Stores hold 90 for every age over 89, PTB-XL's code 300 among them."""

COLUMNS = ("sex", "site", "device", "year")


def subgroups_of(records: pd.DataFrame) -> dict[str, NDArray[np.str_]]:
    """Attribute -> (n,) group of each record, for age band, sex, site, device and year of recording."""
    ages = records["age"].to_numpy(np.float64, na_value=np.nan)
    starts, names = np.array([start for start, _ in AGE_BANDS]), np.array([name for _, name in AGE_BANDS])
    band = np.searchsorted(starts, ages, side="right") - 1  # NaN sorts above everything
    groups = {"age": np.where(np.isnan(ages), UNKNOWN_GROUP, names[band])}
    for column in COLUMNS:
        groups[column] = np.array([UNKNOWN_GROUP if pd.isna(value) else str(value) for value in records[column]], dtype=np.str_)
    return groups
