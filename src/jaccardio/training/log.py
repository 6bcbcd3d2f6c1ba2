"""What the loss sees, as JSON lines and for TensorBoard."""

import json
from pathlib import Path
from typing import Any

from jaccardio.training.run_folder import RunFolder


class RunLog:
    """Appends to ``log.jsonl`` and mirrors every number to TensorBoard.

    A resumed run continues the file; TensorBoard's copy is written again from it.
    """

    def __init__(self, run: RunFolder) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._board = SummaryWriter(str(run.path / "tensorboard"))
        self._file: Path = run.log_file
        for line in run.log_lines():
            self._mirror(line)

    def write(self, step: int, **metrics: float | int | None) -> None:
        """Logs the metrics of one step."""
        line = {"step": step} | metrics
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, allow_nan=False) + "\n")
        self._mirror(line)

    def close(self) -> None:
        """Flushes TensorBoard's file."""
        self._board.close()

    def _mirror(self, line: dict[str, Any]) -> None:
        for name, value in line.items():
            if name != "step" and value is not None:
                self._board.add_scalar(name, value, line["step"])
