from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.recording.leads import INDEPENDENT_LEADS, LEADS, derive_limb_leads, lead_row, lead_rows


def test_names() -> None:
    assert len(set(LEADS)) == 12
    assert set(INDEPENDENT_LEADS) < set(LEADS)
    for row, lead in enumerate(LEADS):
        assert {lead_row(lead), lead_row(lead.upper()), lead_row(f" {lead.lower()} ")} == {row}


@pytest.mark.parametrize(
    "dialect",
    [
        *("Lead {}", "Lead_{}", "LEAD-{}", "lead{}", "ECG {}", "EKG:{}", "ECG Lead {}", "MDC_ECG_LEAD_{}", "Ableitung {}", "Lead - {}"),
        *("{}.", "{}_ECG", "{} (mV)", "{} [uV]", "{}誘導", " {}\0", "{}\0\0\0", "\t{} "),
    ],
)
def test_what_devices_put_around_a_name(dialect: str) -> None:
    assert [lead_row(dialect.format(lead)) for lead in LEADS] == list(range(12))


@pytest.mark.parametrize(
    ("name", "lead"),
    [
        ("MLII", "II"),
        ("V 1", "V1"),
        ("Lead V_6", "V6"),
        ("aV R", "aVR"),
        ("D II", "II"),
        ("DI", "I"),
        ("D3", "III"),
        ("Ⅱ", "II"),
        ("Ｖ１", "V1"),
        ("I (µV)", "I"),
        ("I (μV)", "I"),
    ],
)
def test_other_names_of_a_lead(name: str, lead: str) -> None:
    assert lead_row(name) == LEADS.index(lead)


@pytest.mark.parametrize(
    "name",
    [
        *("vx", "vy", "vz", "V7", "V3R", "V", "V0", "VI", "resp", "", "IIII", "MCL1", "ECG", "ECG1", "ECG 1", "lead", "Lead 1"),
        *("-aVR", "ECG -aVR", "Lead_-aVR", "I+II", "V1-V2", "V1 filtered", "C1", "C3", "I (mmHg)", "II III", "lead " * 9 + "I"),
    ],
)
def test_other_signals(name: str) -> None:
    assert lead_row(name) is None


def test_chest_electrodes_count_as_a_set_beside_a_limb_lead() -> None:
    chest = [f"C{number}" for number in range(1, 7)]
    assert lead_rows(["I", "II", *chest]) == (0, 1, 6, 7, 8, 9, 10, 11)
    assert lead_rows([f"Lead {name}" for name in ("II", *reversed(chest))]) == (1, 11, 10, 9, 8, 7, 6)
    assert lead_rows(["II", "C3", "C4"]) == (1, None, None), "electrodes of the electroencephalogram"
    assert lead_rows(chest) == (None,) * 6
    assert lead_rows(["I", "V1", *chest])[2:] == (None,) * 6, "two sets of chest leads contradict each other"


def test_derived_leads_obey_einthoven_and_goldberger(counts: NDArray[np.int16]) -> None:
    signal = counts.astype(np.float32)
    present = np.ones(12, dtype=np.bool_)
    present[[2, 4]] = False
    damaged = np.where(present[:, np.newaxis], signal, np.float32(0))
    completed, mask, derived = derive_limb_leads(damaged, present)
    assert derived == ("III", "aVL")
    assert mask.all()
    np.testing.assert_allclose(completed, signal, atol=1)
    assert not damaged[2].any(), "the input is left alone"


def test_nothing_is_derived_from_one_limb_lead(counts: NDArray[np.int16]) -> None:
    present = np.arange(12) >= 5
    _, mask, derived = derive_limb_leads(counts.astype(np.float32), present)
    assert derived == ()
    assert np.array_equal(mask, present)


@pytest.mark.parametrize("pair", list(combinations(range(6), 2)))
def test_any_two_limb_leads_determine_the_others(counts: NDArray[np.int16], pair: tuple[int, int]) -> None:
    signal = counts.astype(np.float32)
    present = np.zeros(12, dtype=np.bool_)
    present[[*pair, 8]] = True
    completed, mask, derived = derive_limb_leads(np.where(present[:, None], signal, np.float32(0)), present)
    np.testing.assert_allclose(completed[:6], signal[:6], atol=3)  # the counts were rounded
    assert mask.tolist() == [True] * 6 + [False, False, True, False, False, False]
    assert len(derived) == 4
