"""The folder that `jaccardio compare` writes: ranking, gains of each finding, pictures, and one self-contained page."""

from collections.abc import Mapping
from pathlib import Path

from jaccardio.evaluation.contest import Contest
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES
from jaccardio.files import write_atomic, write_json
from jaccardio.report.pages import render_page
from jaccardio.report.ranking_plots import PANELS, draw_gains, draw_ranking


def write_contest(folder: Path, contest: Contest, *, title: str, facts: Mapping[str, str]) -> None:
    """Writes ``per_finding_gains.csv``, ``gains.png``, ``ranking.png``, ``ranking.html`` and, last, ``ranking.json`` to `folder`, each file
    whole or not at all.

    Parameters
    ----------
    title, facts
        Heading of the page, and what was compared, as pairs of name and text.
    """
    gains, ranking = draw_gains(contest), draw_ranking(contest)
    page = render_page(
        "contest.html.j2",
        title=title,
        facts=facts,
        contest=contest.document,
        policies=POLICIES,
        default_policy=DEFAULT_POLICY,
        panels=PANELS,
        gains=gains,
        ranking=ranking,
    )
    write_atomic(folder / "per_finding_gains.csv", contest.gains.to_csv(index=False).encode())
    write_atomic(folder / "gains.png", gains)
    write_atomic(folder / "ranking.png", ranking)
    write_atomic(folder / "ranking.html", page)
    write_json(folder / "ranking.json", contest.document)
