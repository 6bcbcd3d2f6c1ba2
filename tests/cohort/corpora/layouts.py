"""Small copies of public databases in their documented layout; all ECGs are simulated, all ids and labels invented.

Layouts are from documentation and from public code that reads the originals (named in each corpus's module); none of this was run on an
original.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS

SECONDS = 10


def ecg(rate: float, seed: int, seconds: float = SECONDS) -> NDArray[np.float32]:
    """(12, samples) millivolt: beats as sums of bells, seen by twelve leads that agree with each other, with a little noise."""
    random = np.random.default_rng(seed)
    time = np.arange(round(rate * seconds)) / rate
    interval = 0.7 + 0.02 * (seed % 10)
    phase = (time - 0.3) % interval
    waves = [(0.16, 0.02, 0.12), (0.3, 0.012, 1.0), (0.33, 0.012, -0.3), (0.55, 0.05, 0.3)]
    beat = np.sum([height * np.exp(-(((phase - at) / width) ** 2) / 2) for at, width, height in waves], axis=0)
    one = 0.6 * beat + random.normal(0, 0.004, len(time))
    two = beat + random.normal(0, 0.004, len(time))
    chest = [share * beat + random.normal(0, 0.004, len(time)) for share in (-0.4, -0.2, 0.4, 0.9, 1.1, 0.9)]
    return np.array([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2, *chest], dtype=np.float32)


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """A CSV table; what a row does not name is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_wfdb(base: Path, signal: NDArray[np.float32], rate: int, comments: Sequence[str] = (), leads: Sequence[str] = LEADS) -> None:
    """A record in format 16, 1000 counts per millivolt."""
    base.parent.mkdir(parents=True, exist_ok=True)
    counts = np.rint(signal * 1000).astype("<i2")
    counts.T.tofile(base.with_suffix(".dat"))
    sums = [int(lead.sum(dtype=np.int64)) & 0xFFFF for lead in counts]
    lines = [f"{base.name} {len(leads)} {rate} {counts.shape[1]}"]
    lines += [f"{base.name}.dat 16 1000(0)/mV 16 0 {c[0]} {s} 0 {lead}" for c, s, lead in zip(counts, sums, leads, strict=True)]
    base.with_suffix(".hea").write_text("\n".join([*lines, *(f"#{comment}" for comment in comments)]) + "\n")


CODE15_COLUMNS = (
    *("exam_id", "age", "is_male", "nn_predicted_age", "1dAVb", "RBBB", "LBBB", "SB", "ST", "AF"),
    *("patient_id", "death", "timey", "normal_ecg", "trace_file"),
)


def code15(folder: Path) -> Path:
    """Four exams in one file that is there, one in a file that is not; the second lasts 7 s and stands between zeros."""
    findings = ("1dAVb", "RBBB", "LBBB", "SB", "ST", "AF", "normal_ecg")
    rows = [
        {"exam_id": 101, "patient_id": 7, "age": 38, "is_male": True, "RBBB": True},
        {"exam_id": 102, "patient_id": 7, "age": 91, "is_male": False, "AF": True},
        {"exam_id": 103, "patient_id": 8, "age": 60, "is_male": False, "normal_ecg": True},
        {"exam_id": 104, "patient_id": 9, "age": 60, "is_male": False, "AF": ""},
        {"exam_id": 105, "patient_id": 9, "age": 60, "is_male": False, "trace_file": "exams_part1.hdf5"},
    ]
    full = [dict.fromkeys(findings, False) | {"trace_file": "exams_part0.hdf5"} | row for row in rows]
    write_table(folder / "exams.csv", CODE15_COLUMNS, full)
    tracings = np.zeros((4, 4096, 12), dtype=np.float32)
    for place, (seed, seconds) in enumerate([(4, 10), (2, 7), (1, 10), (3, 10)]):
        signal = ecg(400, seed, seconds).T
        start = (4096 - len(signal)) // 2
        tracings[place, start : start + len(signal)] = signal
    with h5py.File(folder / "exams_part0.hdf5", "w") as file:
        file["exam_id"] = np.array([104, 102, 101, 103])
        file["tracings"] = tracings
    return folder


def mimic(folder: Path) -> Path:
    """Four studies of three subjects; the first is measured whole, the third in part, the fourth has no row of measurements."""
    reports = {
        40000001: ("Sinus rhythm with PVC(s)", "RBBB with left anterior fascicular block", "Abnormal ECG"),
        40000002: ("Atrial fibrillation with rapid ventricular response", "Possible inferior infarct - age undetermined", "Abnormal ECG"),
        40000003: ("Sinus rhythm", "Seen by Dr. Dorfmeister, not comparable", "Left ventricular hypertrophy"),
    }
    measured = ("rr_interval", "p_onset", "p_end", "qrs_onset", "qrs_end", "t_end", "p_axis", "qrs_axis", "t_axis")
    values = {
        40000001: (800, 40, 140, 200, 320, 600, 50, -60, 70),
        40000002: (500, 29999, 29999, 200, 290, 520, 29999, 30, 40),
        40000003: (0, 29999, 29999, 29999, 29999, 29999, 29999, 29999, 29999),
    }
    subjects = {40000001: 10000001, 40000002: 10000001, 40000003: 10000002, 40000004: 10000003}
    listed = []
    for study, subject in subjects.items():
        path = f"files/p{subject // 10000}/p{subject}/s{study}/{study}"
        order = [0, 1, 2, 3, 5, 4, *range(6, 12)]  # MIMIC has aVF before aVL
        write_wfdb(folder / path, ecg(500, study % 10)[order], 500, leads=[LEADS[row] for row in order])
        listed.append({"subject_id": subject, "study_id": study, "file_name": study, "ecg_time": "2180-07-23 08:44:00", "path": path})
    write_table(folder / "record_list.csv", ("subject_id", "study_id", "file_name", "ecg_time", "path"), listed)
    columns = ("subject_id", "study_id", "cart_id", "ecg_time", *(f"report_{n}" for n in range(18)), "bandwidth", "filtering", *measured)
    rows = [
        {"subject_id": subjects[study], "study_id": study, "cart_id": 6848296, "bandwidth": "0.005-150 Hz", "filtering": "60 Hz notch"}
        | {f"report_{number}": said for number, said in enumerate(reports[study])}
        | dict(zip(measured, values[study], strict=True))
        for study in reports
    ]
    write_table(folder / "machine_measurements.csv", columns, rows)
    return folder


def echonext(folder: Path) -> Path:
    """Two splits of two and one ECGs, rows of the table mixed; a third split whose waveforms are not there."""
    flags = ("lvef_lte_45_flag", "lvwt_gte_13_flag", "shd_moderate_or_greater_flag")
    others = (
        *("aortic_stenosis_moderate_or_greater_flag", "aortic_regurgitation_moderate_or_greater_flag"),
        *("mitral_regurgitation_moderate_or_greater_flag", "tricuspid_regurgitation_moderate_or_greater_flag"),
        *("pulmonary_regurgitation_moderate_or_greater_flag", "rv_systolic_dysfunction_moderate_or_greater_flag"),
        *("pericardial_effusion_moderate_large_flag", "pasp_gte_45_flag", "tr_max_gte_32_flag"),
    )
    columns = ("ecg_key", "patient_key", "split", "acquisition_year", "age_at_ecg", "sex", *flags, *others)
    people = [("e1", "p1", "train", 1, 0), ("e2", "p2", "test", "", 1), ("e3", "p1", "train", 0, ""), ("e4", "p3", "no_split", 1, 1)]
    rows = [
        dict.fromkeys(others, 0)
        | {"ecg_key": ecg_key, "patient_key": patient, "split": split, "acquisition_year": 2015, "age_at_ecg": 70, "sex": "Female"}
        | {"lvef_lte_45_flag": low, "lvwt_gte_13_flag": thick, "shd_moderate_or_greater_flag": 1}
        for ecg_key, patient, split, low, thick in people
    ]
    write_table(folder / "echonext_metadata_100k.csv", columns, rows)
    for split, seeds in {"train": (1, 3), "test": (2,)}.items():
        signals = np.stack([ecg(250, seed).T for seed in seeds])[:, None]
        standard = (signals - signals.mean((0, 1, 2))) / signals.std((0, 1, 2))  # lead by lead: leads do not agree any more
        np.save(folder / f"EchoNext_{split}_waveforms.npy", standard.astype(np.float32))
    return folder


def sph(folder: Path) -> Path:
    """Three ECGs of two patients, as 16-bit floats; one lasts 12 s."""
    codes = {"A00001": "22;60+310", "A00002": "50+346;147+367", "A00003": "1"}
    rows = [
        {"ECG_ID": ecg_id, "AHA_Code": code, "Patient_ID": patient, "Age": 55, "Sex": "M", "N": 5000, "Date": "2020-03-04"}
        for (ecg_id, code), patient in zip(codes.items(), ("S00001", "S00002", "S00002"), strict=True)
    ]
    write_table(folder / "metadata.csv", tuple(rows[0]), rows)
    (folder / "records").mkdir()
    for seed, ecg_id in enumerate(codes, start=1):
        with h5py.File(folder / "records" / f"{ecg_id}.h5", "w") as file:
            file["ecg"] = ecg(500, seed, 12 if seed == 2 else 10).astype(np.float16)
    return folder


def chapman(folder: Path) -> Path:
    """Two records of Chapman-Shaoxing, one of Ningbo, and one of another name; a code that only the table of conditions knows."""
    names = (("SB", "Sinus Bradycardia", 426177001), ("AFIB", "Atrial Fibrillation", 164889003), ("NEW", "Invented", 999000111))
    rows = [{"Acronym Name": acronym, "Full Name": name, "Snomed_CT": code} for acronym, name, code in names]
    write_table(folder / "ConditionNames_SNOMED-CT.csv", tuple(rows[0]), rows)
    records = {"01/010/JS00001": "426177001", "01/010/JS00002": "164889003,999000111"}
    records |= {"46/460/JS45551": "426177001", "46/460/X": "426177001"}
    for seed, (path, codes) in enumerate(records.items(), start=1):
        comments = ("Age: 85", "Sex: Male", f"Dx: {codes}", "Rx: Unknown", "Hx: Unknown", "Sx: Unknown")
        write_wfdb(folder / "WFDBRecords" / path, ecg(500, seed), 500, comments)
    return folder
