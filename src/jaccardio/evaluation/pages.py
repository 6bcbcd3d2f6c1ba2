"""Renders the HTML pages: one file each, styles inline, pictures embedded, no remote assets, every value escaped."""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

UNDEFINED = "–"


def render_page(template: str, *, title: str, facts: Mapping[str, str], **context: Any) -> bytes:
    """Renders one template of this room.

    Parameters
    ----------
    template
        File name in ``templates/``.
    title
        Heading of the page.
    facts
        What was evaluated, shown under the heading. A fact that says "simulated" puts the mark "Simulated ECGs" on the page.
    context
        What the template reads besides.
    """
    simulated = any("simulated" in fact.casefold() for fact in facts.values())
    return _ENVIRONMENT.get_template(template).render(title=title, facts=facts, simulated=simulated, **context).encode()


def _number(value: float | None, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if value is not None and math.isfinite(value) else UNDEFINED


def _percent(value: float | None, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %" if value is not None and math.isfinite(value) else UNDEFINED


def _count(value: int) -> str:
    return f"{value:,}"


def _interval(pair: Sequence[float] | None) -> str:
    return f"{_number(pair[0])}–{_number(pair[1])}" if pair is not None and math.isfinite(pair[0]) else ""


def _estimate(value: float | None, pair: Sequence[float] | None) -> Markup:
    """A figure with its interval below it, for a table cell."""
    return Markup('{}<span class="interval">{}</span>').format(_number(value), _interval(pair))


def _picture(png: bytes, description: str) -> Markup:
    return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(escape(description), base64.b64encode(png).decode())


_ENVIRONMENT = Environment(
    loader=PackageLoader("jaccardio.evaluation", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(number=_number, percent=_percent, count=_count, interval=_interval)
_ENVIRONMENT.globals.update(estimate=_estimate, picture=_picture)
