"""A vocabulary of one's own: what a file may hold, its defaults, and each fault with finding, field, reason and remedy."""

import json
from pathlib import Path

import pytest

from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.wording import Wording

AF = 'code = "af"\nnames = { en = "atrial fibrillation", ja = "心房細動" }'
FLUTTER = 'code = "afl"\nnames = { en = "atrial flutter", ja = "心房粗動" }'


def load(tmp_path: Path, *findings: str, head: str = "", tail: str = "") -> Vocabulary:
    path = tmp_path / "mine.toml"
    path.write_text("\n".join([head, *(f"[[findings]]\n{finding}" for finding in findings), tail]), encoding="utf-8")
    return Vocabulary.load(path)


def test_everything_but_codes_and_names_has_a_default(tmp_path: Path) -> None:
    vocabulary = load(tmp_path, AF, FLUTTER)
    assert (vocabulary.name, vocabulary.codes) == ("mine", ("af", "afl"))
    assert vocabulary.sentence([0, 1]) == "This ECG shows atrial fibrillation, atrial flutter."
    assert vocabulary.sentence([1], "ja") == "この心電図は心房粗動を示す。"
    assert vocabulary.sentence([]) == "This ECG shows no listed finding."
    assert Wording.of(vocabulary).denial([0]) == "This ECG shows no atrial fibrillation."
    assert vocabulary.argument == "path/to/mine.toml"
    assert not Wording.of(vocabulary).groups


def test_a_whole_file_travels_as_a_document(tmp_path: Path) -> None:
    details = (
        'levels = { kind = "atrial rhythm" }\nleads = ["II", "V5/V6"]\ndefinition = "Any rate."\nscp = ["AFIB"]\nsnomed = [164889003]\n'
        'aliases = ["AF, any"]'
    )
    vocabulary = load(
        tmp_path,
        f"{AF}\n{details}",
        f'{FLUTTER}\nlevels = {{ kind = "atrial rhythm" }}',
        'code = "ok"\nnames = { en = "nothing abnormal", ja = "異常なし" }',
        head='name = "our-hospital"\ntitle = "Ours"\nimplications = [["afl", "af"]]\nalone = ["ok"]',
        tail='[templates]\nen = "Here: {findings}."\n[denials]\nen = "Not here: {findings}."\n'
        '[groups.kind."atrial rhythm"]\nen = "atrial arrhythmia"',
    )
    assert vocabulary.findings[0].leads == ("II", "V5/V6")
    assert vocabulary.findings[0].stated_by == ("scp:AFIB", "snomed:164889003")
    assert vocabulary.index("af, ANY") == 0
    assert vocabulary.sentence([0]) == "Here: atrial fibrillation."
    wording = Wording.of(vocabulary)
    assert wording.denial([1]) == "Not here: atrial flutter."
    assert wording.group([0, 1]) == "Here: atrial arrhythmia."
    assert wording.group([0, 1], "ja") == "この心電図はatrial rhythmを示す。"
    assert Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict()))) == vocabulary
    assert Wording.of(vocabulary.subset([0, 2])).groups == {}


@pytest.mark.parametrize(
    ("finding", "fault"),
    [
        ('code = "b"\nnames = { en = "x", ja = "y" }\nleds = ["V1"]', "finding b, the entry: unknown key 'leds'. Did you mean leads?"),
        ('code = "b c"\nnames = { en = "x", ja = "y" }', "finding b c, code: may hold 1 to 40 ASCII letters"),
        ('code = "path"\nnames = { en = "x", ja = "y" }', "finding path, code: 'path' means something else in a manifest"),
        ('names = { en = "x", ja = "y" }', "finding 2, code: empty."),
        ('code = 5\nnames = { en = "x", ja = "y" }', "finding 2, code: not a text."),
        ('code = "AF"\nnames = { en = "x", ja = "y" }', "finding AF, code: 'AF' stands for entry 1 too"),
        (
            'code = "b"\nnames = { en = "Atrial Fibrillation", ja = "y" }',
            "finding b, names.en: 'Atrial Fibrillation' stands for entry 1 too",
        ),
        ('code = "b"\nnames = { en = "x", ja = "y" }\naliases = ["ＡＦ"]', "finding b, aliases: 'ＡＦ' stands for entry 1 too"),
        ('code = "b"', "finding b, names: there is none."),
        ('code = "b"\nnames = "x"', "finding b, names: not a table."),
        ('code = "b"\nnames = { en = "x" }', "finding b, names.ja: missing, while other findings have a name in 'ja'"),
        ('code = "b"\nnames = { en = "x, y", ja = "y" }', "finding b, names.en: holds a comma"),
        ('code = "b"\nnames = { en = "x.", ja = "y" }', "finding b, names.en: holds a comma, semicolon, bar or full stop"),
        ('code = "b"\nnames = { en = "x", ja = "心房。細動" }', "finding b, names.ja: holds a comma, semicolon, bar or full stop"),
        ('code = "b"\nnames = { en = "x\\u001B[31m", ja = "y" }', "finding b, names.en: holds a control character"),
        ('code = "b"\nnames = { en = " x", ja = "y" }', "finding b, names.en: has blanks around it"),
        ('code = "b"\nnames = { en = " ", ja = "y" }', "finding b, names.en: empty."),
        ('code = "b"\nnames = { en = "none", ja = "y" }', "finding b, names.en: 'none' means something else in a manifest"),
        ('code = "b"\nnames = { en = "x", ja = "y", English = "x" }', "finding b, names.English: no language."),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nleads = ["v7"]', "finding b, leads, item 1: 'v7' is no lead."),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nleads = ["AVF"]', "finding b, leads, item 1: 'AVF' is no lead. Did you mean aVF?"),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nleads = "V1"', "finding b, leads: not a list."),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nscp = ["AFIBB"]', "'AFIBB' is no SCP-ECG statement of PTB-XL. Did you mean AFIB?"),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nsnomed = [true]', "finding b, snomed, item 1: no SNOMED CT code"),
        ('code = "b"\nnames = { en = "x", ja = "y" }\nlevels = { all = "x" }', "finding b, levels.all: this level holds every finding"),
    ],
)
def test_faults_of_a_finding(tmp_path: Path, finding: str, fault: str) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, AF, finding)
    assert fault in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "tail", "fault"),
    [
        ("titel = 'x'", "", "the file: unknown key 'titel'. Did you mean title?"),
        ('name = "paper26"', "", "name: 'paper26' is a vocabulary that ships with jaccardio"),
        ('name = "a/b"', "", "name: may hold letters"),
        ('implications = [["af", "afib"]]', "", "implications, item 1: 'afib' is the code of no finding. Did you mean af?"),
        ('implications = [["af"]]', "", "implications, item 1: not a pair."),
        ('implications = [["af", "af"]]', "", "implications: af -> af is part of a circle"),
        ('implications = [["af", "afl"], ["afl", "af"]]', "", "implications: afl -> af is part of a circle"),
        ('implications = [["af", "afl"]]\nalone = ["af"]', "", "alone: af stands in implications too"),
        ('alone = ["normal"]', "", "alone, item 1: 'normal' is the code of no finding."),
        ("", '[templates]\nen = "shows {names}"', "templates.en: needs {findings} once, and no other brace."),
        ("", '[nothing]\nen = "no {findings}"', "nothing.en: must hold no brace."),
        ("", '[denials]\nde = "kein {findings}"', "denials.de: no finding has a name in language 'de'."),
        ("", '[groups.kind.x]\nen = "x"', "groups: unknown key 'kind'."),
    ],
)
def test_faults_of_the_file(tmp_path: Path, head: str, tail: str, fault: str) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, AF, FLUTTER, head=head, tail=tail)
    assert fault in str(caught.value)


def test_a_group_must_not_be_called_as_a_finding(tmp_path: Path) -> None:
    level = 'levels = { kind = "Atrial flutter" }'
    with pytest.raises(DataError, match=r"groups\.kind\.Atrial flutter\.en: 'Atrial flutter' is the name of a finding too"):
        load(tmp_path, f"{AF}\n{level}", f"{FLUTTER}\n{level}")


def test_a_language_of_ones_own_needs_sentences(tmp_path: Path) -> None:
    finding = 'code = "vhf"\nnames = { de = "Vorhofflimmern" }'
    with pytest.raises(DataError, match=r"templates\.de: there is no sentence for language 'de'(.|\n)*nothing\.de"):
        load(tmp_path, finding)
    german = load(tmp_path, finding, tail='[templates]\nde = "Das EKG zeigt {findings}."\n[nothing]\nde = "Das EKG zeigt nichts."')
    assert german.prompts("de") == ["Das EKG zeigt Vorhofflimmern."]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.toml: 3 faults in this vocabulary\.\n  .*titel.*\n  .*leds.*\n  .*V7"):
        load(tmp_path, f"{AF}\nleds = 1", f'{FLUTTER}\nleads = ["V7"]', head="titel = 1")


def test_files_that_are_no_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for content, reason in (
        (b"", "findings: there is none"),
        (b"[[findings]\ncode=1", r"not TOML \(at line 1"),
        (b"\xff\xfe", "not in UTF-8"),
        (b"a = " + b"[" * 100_000, "not a vocabulary"),
        (b"#" * (5 * 2**20), "too large"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=reason):
            Vocabulary.load(path)
    path.write_bytes(b"\xef\xbb\xbf[[findings]]\r\ncode = 'af'\r\nnames = { en = 'atrial fibrillation' }\r\n")  # as Windows editors save it
    assert Vocabulary.load(str(path)).codes == ("af",)
    for absent in ("paper", str(tmp_path / "absent.toml"), str(tmp_path)):
        with pytest.raises(UsageError, match=r"unknown vocabulary .*; available: japanese98, paper26, ptbxl71, or name a TOML file"):
            Vocabulary.load(absent)
