"""A vocabulary of one's own: one TOML file, checked as a whole before anything is done with it. docs/your-data.md has an example.

Needed are ``[[findings]]`` with ``code`` and ``names``; everything else has a default or may be absent.
"""

import difflib
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaccardio.errors import DataError
from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.needed_leads import is_item
from jaccardio.findings.sentences import NOTHING, SLOT, TEMPLATES
from jaccardio.recording.leads import INDEPENDENT_LEADS, LEADS

MAXIMUM_BYTES = 4 * 2**20
MAXIMUM_CHARACTERS = 200

KEYS = ("name", "title", "implications", "alone", "templates", "nothing", "denials", "groups", "findings")
FINDING_KEYS = ("code", "names", "definition", "levels", "leads", "scp", "snomed", "aliases")

NO_CODE, NO_STATEMENT = "the code of no finding", "no SCP-ECG statement of PTB-XL"
CODE = re.compile(r"[A-Za-z0-9_./()+-]{1,40}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
TABLE_WORDS = frozenset(
    ("path", "patient_id", "fold", "site", "date", "age", "sex", "findings", "recording_id", "none", "keine", "なし", "所見なし")
)
"""Columns and words of a manifest that mean something else than a finding."""

ALL_LEADS = {"leads": list(INDEPENDENT_LEADS)}
"""What a finding needs whose entry does not say: nothing is told from leads that may not show it. ``leads = []``: any one is enough."""

STOPS = re.compile(r"[,;|，、；。．]|\.(\s|$)")
"""Where a list or a sentence would end in the middle of a name."""


class _Faults(list[str]):
    """What is wrong with a file: place, reason, remedy; fit for a terminal whatever the file holds."""

    def say(self, place: str, reason: str) -> None:
        self.append("".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in f"{place}: {reason}"))

    def known(self, place: str, keys: Iterable[str], known: Sequence[str]) -> None:
        """Refuses keys that nobody knows, each with the nearest one."""
        for key in keys:
            if key not in known:
                self.say(place, f"unknown key {key!r}.{nearest(key, known)}")

    def text(self, place: str, value: object, *, empty: bool = False) -> str:
        """A line of text, or nothing where it is none."""
        if not isinstance(value, str):
            self.say(place, "not a text. Write it in quotation marks.")
        elif not value and empty:
            return ""
        elif fault := text_fault(value):
            self.say(place, fault)
        else:
            return value
        return ""

    def table(self, place: str, value: object) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.say(place, f"not a table. Write [{place}] or {{ key = value }}.")
        return {}

    def array(self, place: str, value: object) -> list[Any]:
        if isinstance(value, list):
            return value
        self.say(place, "not a list. Write it in square brackets.")
        return []

    def items(self, key: str, raw: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The items of a list, each with its place."""
        return [(f"{key}, item {number}", item) for number, item in enumerate(self.array(key, raw.get(key, [])), start=1)]

    def one_of(self, place: str, value: object, known: Sequence[str], what: str) -> str:
        """A text that is known; `what` it is else."""
        text = self.text(place, value)
        if text and text not in known:
            self.say(place, f"{text!r} is {what}.{nearest(text, known)}")
        return text

    def sentences(self, place: str, value: object, languages: Collection[str], *, slot: bool) -> dict[str, str]:
        """Sentence per language, with one place for the names or none."""
        sentences = {}
        for language, sentence in self.table(place, value).items():
            at = f"{place}.{language}"
            if language not in languages:
                self.say(at, f"no finding has a name in language {language!r}. Remove the sentence, or add the names.")
            elif text := self.text(at, sentence):
                if text.count(SLOT) != slot or re.search("[{}]", text.replace(SLOT, "")):
                    self.say(at, f"needs {SLOT} once, and no other brace." if slot else "must hold no brace.")
                sentences[language] = text
        return sentences


def read_document(path: Path, reserved: Collection[str]) -> dict[str, Any]:
    """The document of a vocabulary, as `Vocabulary.from_dict` takes it, from its TOML file.

    Parameters
    ----------
    reserved
        Names that the vocabulary must not have: those of the vocabularies that ship.

    Raises
    ------
    DataError
        The file is no TOML, or no vocabulary: all its faults are listed, each with the finding, the field and the remedy.
    """
    raw, faults = _toml(path), _Faults()
    faults.known("the file", raw, KEYS)
    name = faults.text("name", raw.get("name", path.stem))
    if name and (fault := own_name_fault(name, reserved)):
        faults.say("name", fault)
    findings = [_finding(entry, number, faults) for number, entry in enumerate(faults.array("findings", raw.get("findings", [])), start=1)]
    if not findings:
        faults.say("findings", "there is none. Write [[findings]] with code and names for each.")
    codes = [finding["code"] for finding in findings]
    languages = _languages(findings, faults)
    _distinct(findings, faults)
    templates = TEMPLATES | faults.sentences("templates", raw.get("templates", {}), languages, slot=True)
    nothing = NOTHING | faults.sentences("nothing", raw.get("nothing", {}), languages, slot=False)
    for language in languages:
        for table, sentences in (("templates", templates), ("nothing", nothing)):
            if language not in sentences:
                faults.say(f"{table}.{language}", f"there is no sentence for language {language!r}. Write one.")
    document = {
        "name": name,
        "title": faults.text("title", raw.get("title", f"The findings of {name}")),
        "findings": findings,
        "templates": {language: templates.get(language, "") for language in languages},
        "nothing": {language: nothing.get(language, "") for language in languages},
        "implications": _implications(raw, codes, faults),
        "alone": [faults.one_of(place, code, codes, NO_CODE) for place, code in faults.items("alone", raw)],
        "denials": faults.sentences("denials", raw.get("denials", {}), languages, slot=True),
        "group_names": _group_names(raw.get("groups", {}), findings, languages, faults),
    }
    for code in {code for pair in document["implications"] for code in pair} & set(document["alone"]):
        faults.say("alone", f"{code} stands in implications too, so it never stands alone. Remove one of the two.")
    if faults:
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        raise DataError(f"{path}: {count} in this vocabulary." + "".join(f"\n  {fault}" for fault in faults))
    return document


def own_name_fault(name: str, reserved: Collection[str]) -> str | None:
    """Why a vocabulary of one's own cannot have this name, or None."""
    if not re.fullmatch(r"[\w.-]{1,64}", name):
        return "may hold letters, digits, '_', '-' and '.' only. Rename the file, or write name = \"...\" at its beginning."
    if name in reserved:
        return f"{name!r} is a vocabulary that ships with jaccardio. Choose another one."
    return None


def text_fault(text: str) -> str | None:
    """Why a text cannot stand on one line, or None."""
    if not text.strip():
        return "empty."
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text):
        return "holds a control character. Remove it."
    if text != text.strip():
        return "has blanks around it. Remove them."
    if len(text) > MAXIMUM_CHARACTERS:
        return f"longer than {MAXIMUM_CHARACTERS} characters. Shorten it; what it means belongs into `definition`."
    return None


def name_fault(name: str) -> str | None:
    """Why a text cannot be the name of a finding in a sentence, or None."""
    if fault := text_fault(name):
        return fault
    if STOPS.search(name):
        return "holds a comma, semicolon, bar or full stop, which ends a name in a sentence or list. Leave it out; aliases may hold it."
    if fold(name) in TABLE_WORDS:
        return f"{name!r} means something else in a manifest. Choose another name."
    return None


def fold(spelling: str) -> str:
    """A spelling as it is compared with others: case and width aside."""
    return unicodedata.normalize("NFKC", spelling).casefold()


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the words that come nearest, case aside, or at all of them."""
    by_fold = {fold(candidate): candidate for candidate in known if candidate}
    near = [by_fold[match] for match in difflib.get_close_matches(fold(word), by_fold, n=1)]
    return f" Did you mean {near[0]}?" if near else f" Known: {', '.join(by_fold.values()) or 'none'}."


def _toml(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAXIMUM_BYTES:
        raise DataError(f"{path}: more than {MAXIMUM_BYTES // 2**20} MiB, too large for a vocabulary.")
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{path}: not in UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at .*\)$", str(error))
        raise DataError(f"{path}: not TOML {place.group() if place else ''}: correct the line, docs/your-data.md has an example.") from None
    except RecursionError:
        raise DataError(f"{path}: not a vocabulary: tables within tables without end.") from None


def _finding(entry: object, number: int, faults: _Faults) -> dict[str, Any]:
    own = _Faults()
    raw = dict(own.table("the entry", entry))
    own.known("the entry", raw, FINDING_KEYS)
    code = own.text("code", raw.get("code", ""))
    if code and not CODE.fullmatch(code):
        own.say("code", "may hold 1 to 40 ASCII letters, digits and _ - . + / ( ). Shorten or respell it; names may hold any letter.")
    if fold(code) in TABLE_WORDS:
        own.say("code", f"{code!r} means something else in a manifest. Choose another code.")
    levels = own.table("levels", raw.get("levels", {}))
    statements = sorted(code.removeprefix("scp:") for code in annotated_codes("ptbxl") if code.startswith("scp:"))
    finding = {
        "code": code,
        "names": _names(raw.get("names", {}), own),
        "levels": {own.text("levels", level): own.text(f"levels.{level}", group) for level, group in levels.items()},
        "note": own.text("definition", raw.get("definition", ""), empty=True),
        "leads": [_lead(place, item, own) for place, item in own.items("leads", ALL_LEADS | raw)],
        "stated_by": [f"scp:{own.one_of(place, item, statements, NO_STATEMENT)}" for place, item in own.items("scp", raw)]
        + [_snomed(place, item, own) for place, item in own.items("snomed", raw)],
        "aliases": [own.text(place, item) for place, item in own.items("aliases", raw)],
    }
    if "all" in finding["levels"]:
        own.say("levels.all", "this level holds every finding by itself. Call yours otherwise.")
    for alias in finding["aliases"]:
        if fold(alias) in TABLE_WORDS:
            own.say("aliases", f"{alias!r} means something else in a manifest. Rename the column there.")
    faults.extend(f"finding {code or number}, {fault}" for fault in own)
    return finding


def _names(value: object, faults: _Faults) -> dict[str, str]:
    names = {}
    table = faults.table("names", value)
    for language, name in table.items():
        place = f"names.{language}"
        if not LANGUAGE.fullmatch(language):
            faults.say(place, "no language. Write en, ja or another code of ISO 639.")
        if (text := faults.text(place, name)) and (fault := name_fault(text)):
            faults.say(place, fault)
        names[language] = text
    if not table:
        faults.say("names", 'there is none. Write names = { en = "..." }.')
    return names


def _lead(place: str, value: object, faults: _Faults) -> str:
    item = faults.text(place, value)
    if item and not is_item(item):
        lead = next(lead for lead in item.split("/") if lead not in LEADS)
        faults.say(place, f"{lead!r} is no lead.{nearest(lead, LEADS)}")
    return item


def _snomed(place: str, value: object, faults: _Faults) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[1-9][0-9]{5,17}", text):
        faults.say(place, "no SNOMED CT code: a whole number of 6 to 18 digits, e.g. 164889003.")
    return f"snomed:{text}"


def _languages(findings: Sequence[Mapping[str, Any]], faults: _Faults) -> list[str]:
    languages = list(dict.fromkeys(language for finding in findings for language in finding["names"]))
    for number, finding in enumerate(findings, start=1):
        for language in languages:
            if finding["names"] and language not in finding["names"]:
                faults.say(
                    f"finding {finding['code'] or number}, names.{language}",
                    f"missing, while other findings have a name in {language!r}: no sentence could name them all. Add it.",
                )
    return languages


def _distinct(findings: Sequence[Mapping[str, Any]], faults: _Faults) -> None:
    owners: dict[str, int] = {}
    for number, finding in enumerate(findings, start=1):
        fields = [("code", finding["code"]), *((f"names.{language}", name) for language, name in finding["names"].items())]
        for field, spelling in [*fields, *(("aliases", alias) for alias in finding["aliases"])]:
            owner = owners.setdefault(fold(spelling), number)
            if spelling and owner != number:
                faults.say(
                    f"finding {finding['code'] or number}, {field}",
                    f"{spelling!r} stands for entry {owner} too, case aside. Each code, name and alias may stand for one finding.",
                )


def _implications(raw: Mapping[str, Any], codes: Sequence[str], faults: _Faults) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for place, pair in faults.items("implications", raw):
        if isinstance(pair, list) and len(pair) == 2:
            child, parent = (faults.one_of(place, code, codes, NO_CODE) for code in pair)
            pairs.append((child, parent))
        else:
            faults.say(place, 'not a pair. Write ["finding", "finding that follows from it"].')
    for child, parent in pairs:
        if child and _reaches(parent, child, pairs):
            faults.say("implications", f"{child} -> {parent} is part of a circle. Remove one of its pairs, or make its findings one.")
    return pairs


def _reaches(start: str, end: str, pairs: Sequence[tuple[str, str]]) -> bool:
    reached, grown = {start}, True
    while grown:
        further = {parent for child, parent in pairs if child in reached} - reached
        grown, reached = bool(further), reached | further
    return end in reached


def _group_names(
    value: object, findings: Sequence[Mapping[str, Any]], languages: Sequence[str], faults: _Faults
) -> dict[str, dict[str, dict[str, str]]]:
    """Names of the groups of two findings and more; a group without a name of its own is called as ``levels`` calls it."""
    sizes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        for level, group in finding["levels"].items():
            sizes[level][group] += 1
    given = faults.table("groups", value)
    faults.known("groups", given, list(sizes))
    taken = {(language, fold(name)) for finding in findings for language, name in finding["names"].items()}
    named: dict[str, dict[str, dict[str, str]]] = {}
    for level, groups in sizes.items():
        own = faults.table(f"groups.{level}", given.get(level, {}))
        faults.known(f"groups.{level}", own, list(groups))
        for group in (group for group, size in groups.items() if size > 1 and group):
            place = f"groups.{level}.{group}"
            names = faults.table(place, own.get(group, {}))
            faults.known(place, names, languages)
            named.setdefault(level, {})[group] = {language: faults.text(place, names.get(language, group)) for language in languages}
            for language, name in named[level][group].items():
                if name and (fault := name_fault(name)):
                    faults.say(f"{place}.{language}", fault)
                elif (language, fold(name)) in taken:
                    faults.say(f"{place}.{language}", f"{name!r} is the name of a finding too. Name the group otherwise.")
    return named
