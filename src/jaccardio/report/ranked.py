"""The table of a ranking with its plots: what `compare` and `score --against` show."""

from collections.abc import Sequence

from jaccardio.evaluation.part import Part
from jaccardio.evaluation.ranking import rank
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.report.study_plots import PANELS, draw_gains, draw_ranking


def ranked_table(part: Part, models: Sequence[Scored], reference: str, title: str, replicates: int) -> Table:
    """Ranks models as `rank` does; the table also holds AUROC and AUPRC of each finding, their gains, and plots of both."""
    ranking = rank(part, models, reference=reference, title=title, levels=True, replicates=replicates)
    table = ranking.table
    table.plots["Best first. Open dots: each seed. Black and dotted: the reference. An arrow: off the scale"] = draw_ranking(
        table, reference
    )
    if ranking.gains:
        best = f" The best {PANELS} models" if len(models) > PANELS + 1 else ""
        caption = (
            f"Each dot is a finding in macro metrics with the paired interval of its gain over {reference}. Where a model gains on rare "
            f"findings, Spearman's correlation of gain and prevalence is negative; with m findings, one nearer to zero than 2 / √m is "
            f"within chance.{best}"
        )
        table.plots[caption] = draw_gains(ranking, part)
        table.remarks.append(
            f"Differences are from {reference}, paired: overlapping intervals of two models do not mean that they are alike. The smallest "
            f"p that {replicates:,} bootstrap samples can show is {2 / (replicates + 1):.4f}, before Holm's correction."
        )
    table.rows += ranking.correlations + ranking.findings
    table.differences += ranking.gains
    return table
