"""`Faults`: everything wrong with a table, said at once: each kind of fault with its column, its count and its first rows.

Messages name rows and columns, never what stands in a cell: any of them may identify a patient.
"""

from jaccardio.errors import DataError

SHOWN = 5
"""Rows that are named per kind of fault."""

EARLIER = "{earlier}"
KINDS = 40
"""Kinds of fault that are listed."""


class Faults:
    """Collects the faults of one table; reasons name kinds.

    Parameters
    ----------
    table
        The table's file name.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._rows: dict[tuple[str | None, str], list[tuple[int, int | None]]] = {}

    def __len__(self) -> int:
        """Number of faulty cells and rows."""
        return sum(map(len, self._rows.values()))

    def add(self, row: int, column: str | None, reason: str, earlier: int | None = None) -> None:
        """Notes a fault.

        Parameters
        ----------
        column
            None: the whole row is at fault.
        reason
            One kind of fault; ``{earlier}`` in it stands for an earlier row.
        earlier
            The row that this one contradicts.
        """
        self._rows.setdefault((column, reason), []).append((row, earlier))

    def refuse(self) -> None:
        """Ends with the list of all faults, where there is any.

        Raises
        ------
        DataError
            One line a column and kind, in the order found.
        """
        lines = [_line(rows, column, reason) for (column, reason), rows in self._rows.items()]
        if len(lines) == 1:
            raise DataError(f"{self._table}: {lines[0]}.")
        if lines:
            shown = "".join(f"\n  {line}" for line in lines[:KINDS])
            more = f"\n  and {len(lines) - KINDS} more kinds" if len(lines) > KINDS else ""
            raise DataError(f"{self._table}: {len(self)} faults of {len(lines)} kinds.{shown}{more}")


def _line(rows: list[tuple[int, int | None]], column: str | None, reason: str) -> str:
    if len(rows) == 1:
        row, earlier = rows[0]
        where = f"row {row}" if column is None else f"row {row}, column {column}"
        return f"{where}: {reason.replace(EARLIER, f'row {earlier}')}"
    listed = ", ".join(str(row) for row, _ in rows[:SHOWN]) + (", ..." if len(rows) > SHOWN else "")
    where = "" if column is None else f"column {column}: "
    return f"{where}{reason.replace(EARLIER, 'an earlier row')}, in {len(rows)} rows ({listed})"
