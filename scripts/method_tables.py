"""Writes the tables of methods, presets and options of losses in README.md and docs/methods.md, each between two markers.

python scripts/method_tables.py
"""

import inspect
from pathlib import Path

from jaccardio.contrast.losses import LOSSES, OPTIONS
from jaccardio.contrast.methods import METHODS
from jaccardio.markdown import markdown_table, renewed
from jaccardio.training.config import load_preset, presets

ROOT = Path(__file__).parents[1]
FILES = (ROOT / "README.md", ROOT / "docs" / "methods.md")


def main() -> None:
    """Writes the files anew."""
    for file in FILES:
        file.write_text(renewed(file.read_text("utf-8"), tables()), "utf-8")


def tables() -> dict[str, list[str]]:
    """Today's tables by name."""
    made = {"methods": methods(), "presets": short_presets(), "settings of presets": long_presets(), "options of losses": loss_options()}
    return {name: lines[:-1] for name, lines in made.items()}


def methods() -> list[str]:
    """Every method."""
    rows = ((f"`{name}`", method.description, method.cell, method.source) for name, method in METHODS.items())
    return markdown_table(("method", "what it is", "statements x target x loss, and what is added", "source"), rows)


def short_presets() -> list[str]:
    """Every preset in a line."""
    configs = [load_preset(name) for name in presets()]
    rows = ((f"`{one.preset}`", f"`{one.method}`", f"{one.data.sampling_rate:g}", one.description) for one in configs)
    return markdown_table(("preset", "method", "Hz", "what it is"), rows)


def long_presets() -> list[str]:
    """Every preset with the settings in which they differ most."""
    head = ("preset", "method", "Hz", "crop, s", "ECG encoder", "text", "whitening", "embedding", "evidence", "epochs", "batch", "rate")
    rows = []
    for name in presets():
        config = load_preset(name)
        data, model, training = config.data, config.model, config.training
        text = ("none",) * 3 if model.kind == "classifier" else (model.text, model.whitening, model.embedding)
        encoder = f"{model.encoder}, {model.width} wide"
        evidence = "measurements" if model.evidence else "none"
        length = (training.epochs, training.batch_size, training.learning_rate)
        row = (f"{data.sampling_rate:g}", data.crop_seconds, encoder, *text, evidence, *length)
        rows.append((f"`{name}`", f"`{config.method}`", *map(str, row)))
    return markdown_table(head, rows)


def loss_options() -> list[str]:
    """Every option of a loss."""
    rows = [
        (f"`{loss}`", f"`{option}`", f"{inspect.signature(LOSSES[loss]).parameters[option].default:g}", f"{low:g} to {high:g}")
        for loss, ranges in OPTIONS.items()
        for option, (low, high) in ranges.items()
    ]
    return markdown_table(("loss", "option", "default", "range"), rows)


if __name__ == "__main__":
    main()
