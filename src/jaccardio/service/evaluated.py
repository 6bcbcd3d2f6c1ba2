"""What an evaluation found of the model that is served, read from the folder that `jaccardio evaluate` wrote."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jaccardio.checksums import Manifest
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.prediction.predictor import Predictor

REMEDY = "Evaluate again."


@dataclass(frozen=True)
class Evaluated:
    """Figures of one evaluation.

    Attributes
    ----------
    n_records, n_patients
        What was judged.
    aurocs
        Finding -> AUROC with its 95 % interval; NaN where it is undefined.
    """

    n_records: int
    n_patients: int
    aurocs: Mapping[str, Estimate]

    @classmethod
    def read(cls, folder: Path, predictor: Predictor) -> "Evaluated":
        """Reads ``metrics.json`` and ``per_finding.csv``.

        A report names no run; that it is of this one shows in its thresholds, which training fitted.

        Raises
        ------
        DataError
            The folder is no report, damaged, or of another version.
        UsageError
            The report is of another run.
        """
        from jaccardio.report.evaluation_report import FORMAT  # imports matplotlib, which serving does not need

        manifest = Manifest.read(folder, FORMAT, REMEDY)
        metrics, table = manifest.json_of("metrics.json"), manifest.bytes_of("per_finding.csv").decode()
        rows = list(csv.DictReader(io.StringIO(table)))
        try:
            fitted = {row["finding"]: float(row["threshold"] or "nan") for row in rows}  # what is undefined is empty
            aurocs: dict[str, Estimate] = {}
            for row in rows:
                auroc, low, high = (float(row[key] or "nan") for key in ("auroc", "auroc_low", "auroc_high"))
                aurocs[row["finding"]] = Estimate(auroc, low, high)
            found = cls(int(metrics["n_records"]), int(metrics["n_patients"]), aurocs)
        except (KeyError, TypeError, ValueError):
            raise DataError(f"{folder}: a report of another version. {REMEDY}") from None
        own = dict(zip(predictor.vocabulary.codes, predictor.thresholds[DEFAULT_POLICY].tolist(), strict=True))
        if not fitted.items() <= own.items():
            raise UsageError(f"{folder}: the report of another run; its findings or thresholds are not those of this one.")
        return found
