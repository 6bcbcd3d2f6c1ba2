"""Renders the HTML pages and the Markdown card: one file each, styles inline, pictures embedded, no remote assets, every value escaped."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from jaccardio.evaluation.samples import spread

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
    return _HTML.get_template(template).render(title=title, facts=facts, simulated=_simulated(facts), **context).encode()


def render_markdown(template: str, *, facts: Mapping[str, str], **context: Any) -> bytes:
    """Renders one Markdown template of this room; arguments as in `render_page`."""
    return _MARKDOWN.get_template(template).render(facts=facts, simulated=_simulated(facts), **context).encode()


def _simulated(facts: Mapping[str, str]) -> bool:
    return any("simulated" in fact.casefold() for fact in facts.values())


def _number(value: float | None, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if value is not None and math.isfinite(value) else UNDEFINED


def _percent(value: float | None, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %" if value is not None and math.isfinite(value) else UNDEFINED


def _count(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else UNDEFINED


def _interval(pair: Sequence[float] | None) -> str:
    return f"{_number(pair[0])}–{_number(pair[1])}" if pair is not None and math.isfinite(pair[0]) else ""


def _estimate(value: float | None, pair: Sequence[float] | None) -> Markup:
    """A figure with its interval below it, for a table cell."""
    return Markup('{}<span class="interval">{}</span>').format(_number(value), _interval(pair))


def _signed(value: float | None) -> str:
    return UNDEFINED if value is None or not math.isfinite(value) else f"{value:+.3f}".replace("-", "−")


def _change(value: float | None, pair: Sequence[float] | None) -> Markup:
    """A difference with its interval below it, for a table cell; both signed."""
    interval = f"{_signed(pair[0])} to {_signed(pair[1])}" if pair is not None else ""
    return Markup('{}<span class="interval">{}</span>').format(_signed(value), interval)


def _picture(png: bytes, description: str) -> Markup:
    return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(escape(description), base64.b64encode(png).decode())


def _with_interval(figure: Mapping[str, Any]) -> str:
    """A figure and its interval on one line: ``0.812 (0.790–0.833)``."""
    pair = _interval(figure["ci95"])
    return f"{_number(figure['value'])} ({pair})" if pair else _number(figure["value"])


def _markdown(value: object) -> object:
    """A value as it may stand in a Markdown table: on one line, and with no markup or link of its own."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    for character, harmless in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("](", "]\\(")):
        value = value.replace(character, harmless)
    return Markup(" ".join(value.split()))


def _environment(finalize: Callable[[object], object] | None) -> Environment:
    environment = Environment(
        loader=PackageLoader("jaccardio.report", "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=_number, percent=_percent, count=_count, signed=_signed, interval=_interval, with_interval=_with_interval, spread=spread
    )
    environment.globals.update(estimate=_estimate, change=_change, picture=_picture)
    return environment


_HTML = _environment(finalize=None)
_MARKDOWN = _environment(finalize=_markdown)
