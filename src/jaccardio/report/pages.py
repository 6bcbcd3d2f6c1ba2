"""Renders the HTML pages and the Markdown card: one file each, styles inline, pictures embedded, no remote assets, every value escaped."""

import base64
import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.table import Difference
from jaccardio.report.grid import Cell, digits
from jaccardio.report.language import ENGLISH, translate
from jaccardio.report.titles import METHOD_TITLES, POLICY_TITLES

UNDEFINED = "–"


def render(template: str, *, facts: Mapping[str, str], language: str = ENGLISH, **context: Any) -> bytes:
    """Renders one template of this room.

    Parameters
    ----------
    template
        File name in ``templates/``.
    facts
        What was evaluated. One that says "simulated" puts the mark "Simulated ECGs" on the page.
    language
        Of headings and sentences; `languages` lists them.
    context
        What the template reads besides.
    """
    environment = _environment(language, _markdown if template.endswith(".md.j2") else None)
    simulated = any("simulated" in fact.casefold() for fact in facts.values())
    return environment.get_template(template).render(facts=facts, simulated=simulated, language=language, **context).encode()


def number(value: float, digits: int = 3) -> str:
    """A number, or the dash that stands for none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else UNDEFINED


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−") if math.isfinite(value) else UNDEFINED


def interval(estimate: Estimate, digits: int = 3) -> str:
    """The interval alone: ``0.790–0.833``; nothing where there is none."""
    return f"{number(estimate.low, digits)}–{number(estimate.high, digits)}" if estimate.has_interval else ""


def with_interval(estimate: Estimate, digits: int = 3) -> str:
    """On one line: ``0.812 (0.790–0.833)``."""
    range_ = interval(estimate, digits)
    return f"{number(estimate.value, digits)} ({range_})" if range_ else number(estimate.value, digits)


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else UNDEFINED


def _count(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else UNDEFINED


def _estimate(estimate: Estimate) -> Markup:
    """For a table cell: the interval below the value."""
    return Markup('{}<span class="interval">{}</span>').format(number(estimate.value), interval(estimate))


def _of_row(row: Mapping[str, Any], metric: str) -> Estimate:
    """A metric of a line of ``per_finding.csv``."""
    return Estimate(row[metric], row[f"{metric}_low"], row[f"{metric}_high"])


def _cell(cell: Cell, decimals: int | None = None) -> Markup:
    """For a grid: value, spread over seeds, interval, and what a paper printed; of a difference its p."""
    if cell is None:
        return Markup("<td></td>")
    estimate, small = cell.estimate, Markup('<span class="interval">{}</span>')
    if isinstance(cell, Difference):
        p = "" if math.isnan(cell.p_holm) else f"p {number(cell.p_holm)}"
        range_ = f"{signed(estimate.low)} to {signed(estimate.high)}" if estimate.has_interval else ""
        mark = Markup(' class="differ"') if cell.differs else ""
        return Markup("<td{}>{}{}{}</td>").format(mark, signed(estimate.value), small.format(range_), small.format(p))
    decimals = digits(cell.metric) if decimals is None else decimals
    sd = f"± {number(estimate.sd, decimals)}" if math.isfinite(estimate.sd) else ""
    printed = "" if cell.printed is None else f"paper {number(cell.printed)}"
    implied = "" if cell.implied is None else f"paper, implied {number(cell.implied)}"
    below = [small.format(text) for text in (interval(estimate, decimals), sd, printed, implied) if text]
    return Markup("<td>{}{}</td>").format(number(estimate.value, decimals), Markup("").join(below))


def _picture(png: bytes, description: str) -> Markup:
    return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(description, base64.b64encode(png).decode())


def _markdown(value: object) -> object:
    """A value as it may stand in a Markdown table: on one line, and with no markup or link of its own."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    for character, harmless in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("](", "]\\(")):
        value = value.replace(character, harmless)
    return Markup(" ".join(value.split()))


@cache
def _environment(language: str, finalize: Callable[[object], object] | None = None) -> Environment:
    environment = Environment(
        loader=PackageLoader("jaccardio.report", "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, signed=signed, percent=_percent, count=_count, interval=interval, with_interval=with_interval)
    environment.globals.update(
        estimate=_estimate, cell=_cell, of_row=_of_row, picture=_picture, policy_titles=POLICY_TITLES, method_titles=METHOD_TITLES
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(partial(translate, language=language), lambda one, many, number: one if number == 1 else many)  # type: ignore[attr-defined]
    return environment
