"""Diagnostic statements of AHA, ACC and HRS as the codes that vocabularies know: ``data/aha-codes.csv``, not reviewed by a clinician.

Mason JW, Hancock EW, Gettes LS. Recommendations for the standardization and interpretation of the electrocardiogram, part II. Circulation
115:1325-1332 (2007); numbers and names as DeepPSP/torch_ecg lists them. Bundle branch blocks are taken as complete: incomplete right ones
have a number of their own.
"""

from functools import cache

from jaccardio.findings.mapping import OPEN
from jaccardio.findings.tables import table_rows

DOUBTS = frozenset({"301", "302", "312", "315", "322"})
"""Modifiers borderline, consider, possible, probable, versus."""


@cache
def _codes() -> dict[str, str]:
    return {row["aha"]: row["code"] for row in table_rows("aha-codes")}


def code_of_statement(statement: str) -> str | None:
    """Code of one statement, a number and its modifiers such as ``60+310``; None where it is no statement.

    A statement without a row in the table keeps its number (``aha:152``); one with a modifier of doubt is left open.
    """
    number, *modifiers = statement.split("+")
    if not all(part.isdigit() and len(part) <= 3 for part in (number, *modifiers)):
        return None
    listed = [code for modifier in modifiers if (code := _codes().get(f"{number}+{modifier}"))]
    code = listed[0] if listed else _codes().get(number, f"aha:{number}")
    return OPEN + code if DOUBTS & set(modifiers) else code
