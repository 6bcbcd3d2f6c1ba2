"""Commands on vocabularies: vocabulary new, check, show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaccardio.cli.options import Json
from jaccardio.cli.output import result

if TYPE_CHECKING:
    from jaccardio.findings.vocabulary import Finding, Vocabulary

NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="paper26, ptbxl71, japanese98, or a TOML file of your own.")]

vocabulary = typer.Typer(name="vocabulary", help="Drafts, checks and shows vocabularies.", no_args_is_help=True, rich_markup_mode=None)
"""The lists of findings: what ships, and findings of your own."""


@vocabulary.command()
def new(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="Table of recordings and findings, or the folder of a manifest.csv.")
    ],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="TOML file to write; never one that exists.")],
    json: Json = False,
) -> None:
    """Drafts a vocabulary from a table.

    It has a finding for each column of 1, 0 and nothing, or for each value of the column findings.
    """
    from jaccardio.cohort.vocabulary_draft import draft_vocabulary

    draft = draft_vocabulary(manifest, out)
    lines = [f"{len(draft.vocabulary)} findings written to {out}: correct names and leads there, then ingest with --vocabulary {out}"]
    if draft.left_out:
        lines.append("left out: " + ", ".join(draft.left_out))
    if draft.language == "ja":
        lines.append("the names are Japanese: add names.en, or train with --set model.language=ja and a text encoder that reads Japanese")
    result({"vocabulary": str(out), "findings": draft.vocabulary.codes, "left_out": draft.left_out}, lines, json)


@vocabulary.command()
def check(file: NameOrFile, json: Json = False) -> None:
    """Says all that is wrong with a vocabulary, or what it holds."""
    from jaccardio.findings.vocabulary import Vocabulary

    loaded = Vocabulary.load(file)
    levels = [level for level in loaded.groups() if level != "all"]
    parts = [f"{len(loaded)} findings", f"names in {', '.join(loaded.templates)}", f"{len(loaded.implications)} implications"]
    parts += [f"levels {', '.join(levels)}"] if levels else []
    document = {
        "name": loaded.name,
        "findings": len(loaded),
        "languages": list(loaded.templates),
        "implications": len(loaded.implications),
        "levels": levels,
    }
    result(document, ["ok: " + ", ".join(parts)], json)


@vocabulary.command()
def show(file: NameOrFile, json: Json = False) -> None:
    """Shows the findings and sentences of a vocabulary.

    Names, needed leads, levels, implications and codes of each finding.
    """
    from jaccardio.findings.vocabulary import Vocabulary

    loaded = Vocabulary.load(file)
    codes = _codes(loaded)
    lines = [f"{loaded.name}: {loaded.title}"]
    for finding, stating in zip(loaded.findings, codes, strict=True):
        lines.append(f"{finding.code}: {'; '.join(finding.names.values())}")
        lines += [f"    {key}: {value}" for key, value in _details(loaded, finding, stating).items() if value]
    for language in loaded.templates:
        lines.append(f"{language}: {loaded.sentence([0], language)} {loaded.sentence([], language)}")
    result(loaded.to_dict() | {"codes": dict(zip(loaded.codes, codes, strict=True))}, lines, json)


def _details(vocabulary: "Vocabulary", finding: "Finding", codes: list[str]) -> dict[str, str]:
    from jaccardio.findings.needed_leads import spell_leads

    return {
        "also": "; ".join(finding.aliases),
        "needs": spell_leads(finding.leads) or "any lead",
        "levels": ", ".join(f"{level} {group}" for level, group in finding.levels.items()),
        "implies": ", ".join(parent for child, parent in vocabulary.implications if child == finding.code),
        "alone": "unknown beside any other finding" if finding.code in vocabulary.alone else "",
        "codes": " ".join(codes),
        "note": finding.note,
    }


def _codes(vocabulary: "Vocabulary") -> list[list[str]]:
    """Codes of other ontologies that state each finding."""
    from jaccardio.findings.mapping import NAMED, LabelMapper

    meanings = {code: meaning for code, meaning in LabelMapper.for_vocabulary(vocabulary).meanings.items() if not code.startswith(NAMED)}
    return [[code for code, meaning in meanings.items() if column in meaning.present] for column in range(len(vocabulary))]
