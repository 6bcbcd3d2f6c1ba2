"""Commands on vocabularies: vocabulary new, check, show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaccardio.cli.data import Json
from jaccardio.cli.output import result

if TYPE_CHECKING:
    from jaccardio.findings.vocabulary import Finding, Vocabulary

NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="paper26, ptbxl71, or a TOML file of your own.")]

commands = typer.Typer(help="Findings of your own: draft, check and show a vocabulary.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    for command in (new, check, show):
        commands.command()(command)
    app.add_typer(commands, name="vocabulary")


def new(
    manifest: Annotated[Path, typer.Argument(help="Table of recordings and findings, or the folder of a manifest.csv.")],
    out: Annotated[Path, typer.Argument(help="TOML file to write; never one that exists.")],
    json: Json = False,
) -> None:
    """Drafts a vocabulary from a table: a finding for each column of 1, 0 and nothing, or for each value of the column findings."""
    from jaccardio.cohort.vocabulary_draft import draft_vocabulary

    draft = draft_vocabulary(manifest, out)
    lines = [f"{len(draft.vocabulary)} findings written to {out}: correct names and leads there, then ingest with --vocabulary {out}"]
    if draft.left_out:
        lines.append("left out: " + ", ".join(draft.left_out))
    if draft.language == "ja":
        lines.append("the names are Japanese: add names.en, or train with --set model.language=ja and a text encoder that reads Japanese")
    result({"vocabulary": str(out), "findings": draft.vocabulary.codes, "left_out": draft.left_out}, lines, json)


def check(file: NameOrFile, json: Json = False) -> None:
    """Says all that is wrong with a vocabulary, or what it holds."""
    from jaccardio.findings.vocabulary import Vocabulary

    vocabulary = Vocabulary.load(file)
    levels = [level for level in vocabulary.groups() if level != "all"]
    parts = [f"{len(vocabulary)} findings", f"names in {', '.join(vocabulary.templates)}", f"{len(vocabulary.implications)} implications"]
    parts += [f"levels {', '.join(levels)}"] if levels else []
    document = {
        "name": vocabulary.name,
        "findings": len(vocabulary),
        "languages": list(vocabulary.templates),
        "implications": len(vocabulary.implications),
        "levels": levels,
    }
    result(document, ["ok: " + ", ".join(parts)], json)


def show(vocabulary: NameOrFile, json: Json = False) -> None:
    """Shows a vocabulary: names, needed leads, levels, implications and codes of each finding, and the sentences."""
    from jaccardio.findings.vocabulary import Vocabulary

    loaded = Vocabulary.load(vocabulary)
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
