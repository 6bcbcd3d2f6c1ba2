"""Free text to attributes and statements: the whole table of statements, and paraphrases in English and Japanese."""

import pytest

from jaccardio.measurement.clauses import Clause
from jaccardio.measurement.sentence_parser import ATTRIBUTES, attributes_of, statements_of
from jaccardio.measurement.statements import measured_statements

SOMEWHERE = [["II", "III", "aVF"], ["V1", "V2", "V3", "V4"], ["I", "aVL", "V5", "V6"]]


def told(clause: Clause) -> str:
    """A clause in one line, leads after their statement."""
    if not clause.parts:
        return f"not {clause.code}" if clause.how == "not" else clause.code
    if all(part.parts == () for part in clause.parts):
        names = {part.how.replace("statement", "") + " " + part.code.partition(".")[0] for part in clause.parts}
        if len(names) == 1 and all("." in part.code for part in clause.parts):
            leads = [part.code.partition(".")[2] for part in clause.parts]
            if leads == [lead for wall in SOMEWHERE for lead in wall]:
                return f"nowhere {names.pop().split()[-1]}"
            return f"{clause.how} {names.pop().strip()}: {' '.join(leads)}"
    walls = [told(part) for part in clause.parts]
    name = walls[0].partition(":")[0].removeprefix("most ")
    if clause.how == "any" and walls == [f"most {name}: {' '.join(leads)}" for leads in SOMEWHERE]:
        return f"somewhere {name}"
    return f"{clause.how}({', '.join(walls)})"


def statements(sentence: str) -> list[str]:
    return [told(clause) for clause in statements_of(sentence)]


def attributes(sentence: str) -> set[str]:
    return {name for name, value in zip(ATTRIBUTES, attributes_of(sentence), strict=True) if value}


@pytest.mark.parametrize("code", list(measured_statements()))
def test_every_sentence_and_denial_of_the_table_is_its_own_statement(code: str) -> None:
    statement = measured_statements()[code]
    for language in ("en", "ja"):
        assert statements_of(statement.sentences[language]) == (Clause("statement", code),), statement.sentences[language]
        assert statements_of(statement.denials[language]) == (Clause("not", code),), statement.denials[language]


ENGLISH = [
    # leads
    ("ST elevation in II, III and aVF", "most st_up: II III aVF"),
    ("ST-segment elevation in V1 - V3", "most st_up: V1 V2 V3"),
    ("ST elevated V1V2", "most st_up: V1 V2"),
    ("ST depression between V3 and V6", "most st_down: V3 V4 V5 V6"),
    ("ST depression, V5 and V6", "most st_down: V5 V6"),
    ("ST depression aVR", "st_down.aVR"),
    ("Inverted T waves in V1 to V4", "most t_inverted: V1 V2 V3 V4"),
    ("T waves are inverted from V1 through V3", "most t_inverted: V1 V2 V3"),
    ("T wave inversion V2-V5.", "most t_inverted: V2 V3 V4 V5"),
    ("Q waves in II/III/aVF", "most q_any: II III aVF"),
    ("Q waves in V4-6 and I", "most q_any: V4 V5 V6 I"),
    ("Q waves in III or aVF", "any q_any: III aVF"),
    ("ST depression in V4, V5 or V6", "any st_down: V4 V5 V6"),
    ("II, III, aVF: pathological Q waves", "most q_wide: II III aVF"),
    ("In V1 and V2 there is a QS complex.", "most qs: V1 V2"),
    ("T-wave inversion in the inferior leads", "most t_inverted: II III aVF"),
    ("anteroseptal ST elevation", "most st_up: V1 V2 V3"),
    ("precordial T wave inversion", "most t_inverted: V1 V2 V3 V4 V5 V6"),
    ("ST depression in inferior and lateral leads", "most st_down: II III aVF I aVL V5 V6"),
    ("T wave inversion", "somewhere t_inverted"),
    # what is denied and is no statement denies nothing else
    ("no LBBB, wide QRS", "qrs_wide"),
    ("no acute infarction, ST elevation in V1", "st_up.V1"),
    ("LBBBなし、QRS幅が広い", "qrs_wide"),
    # several statements
    ("ST elevation in II, III and aVF with wide QRS", "most st_up: II III aVF", "qrs_wide"),
    ("The ST segment is depressed and the T wave is inverted in V5 and V6", "most st_down: V5 V6", "most t_inverted: V5 V6"),
    ("tall R waves in V5 and V6 and deep S waves in V1 and V2", "most r_tall: V5 V6", "most s_deep: V1 V2"),
    ("rsR' in V1 with wide S waves in I and V6", "r_second.V1", "most s_wide: I V6"),
    ("the R wave in aVL and the S wave in V3 are large", "voltage_cornell"),
    ("Deep S wave in V1, tall R wave in V5", "s_deep.V1", "r_tall.V5"),
    ("QRS is wide and notched in I and V6", "qrs_wide", "most notched: I V6"),
    ("wide and notched QRS complexes in V5 and V6", "all(qrs_wide, most notched: V5 V6)"),
    ("Flat or inverted T waves in I and aVL", "any(most t_inverted: I aVL, most t_flat: I aVL)"),
    ("either ST elevation or T wave inversion in aVL", "any(st_up.aVL, t_inverted.aVL)"),
    ("T wave in V1 is flat but inverted in V2", "t_flat.V1", "t_inverted.V2"),
    (
        "ST elevation in the anterior leads, reciprocal ST depression in the inferior leads",
        "most st_up: V2 V3 V4",
        "most st_down: II III aVF",
    ),
    ("Sinus rhythm, left axis deviation, PR prolonged.", "axis_left", "pr_long"),
    ("The P wave is normal, the QRS complex is wide.", "qrs_wide"),
    ("V1: P normal, T inverted", "t_inverted.V1"),
    ("short PR interval and wide QRS", "pr_short", "qrs_wide"),
    ("The P wave is wide and ends negative in V1.", "p_wide", "p_terminal"),
    # negation
    ("no P waves", "p_absent"),
    ("P-wave absent", "p_absent"),
    ("The QRS complex is not wide.", "not qrs_wide"),
    ("The QRS complex is upright in V1 but not wide", "positive.V1", "not qrs_wide"),
    ("inverted QRS in V1", "not positive.V1"),
    ("The axis is not deviated to the left", "not axis_left"),
    ("no T wave inversion in I, V5 and V6", "all not t_inverted: I V5 V6"),
    ("no ST elevation", "nowhere st_up"),
    ("No ST elevation or depression", "nowhere st_up", "nowhere st_down"),
    ("no Q waves or ST elevation in V1-V3", "all not q_any: V1 V2 V3", "all not st_up: V1 V2 V3"),
    ("Neither P waves nor sawtooth waves", "p_absent", "not sawtooth"),
    ("no ST elevation, T wave inverted in V3", "nowhere st_up", "t_inverted.V3"),
    ("ST depression in V5 without Q waves", "st_down.V5", "not q_any.V5"),
    ("QRS is not wide, notched in V5", "not qrs_wide", "notched.V5"),
    ("no P waves, every QRS is wide", "p_absent", "qrs_wide"),
    ("not a P wave before every QRS", "not p_present"),
    ("ST elevation in V1-V3, not in the inferior leads", "most st_up: V1 V2 V3", "all not st_up: II III aVF"),
    ("ST depression not in V5 but in V6", "not st_down.V5", "st_down.V6"),
    ("The ST segment wasn't elevated in V2; there hasn't been a pause", "not st_up.V2", "not pause"),
    ("ST is nowhere elevated", "nowhere st_up"),
    ("w/o Q waves", "nowhere q_any"),
    # abbreviations and spelling
    ("STE in II, III, aVF with STD in V2 and TWI in V3", "most st_up: II III aVF", "st_down.V2", "t_inverted.V3"),
    ("inferior STEMI", "most st_up: II III aVF"),
    ("st elevation in ii, iii and avf, p waves absent", "most st_up: II III aVF", "p_absent"),
    ("the patient's st is elevated in v2", "st_up.V2"),
    ("ST↑ in V2, ST↓ in V5", "st_up.V2", "st_down.V5"),
    ("wide-complex tachycardia", "all(rate_fast, qrs_wide)"),
    ("dominant R wave in V1", "r_over_s.V1"),
    # rhythm and rate
    ("Irregular rhythm, no P waves", "irregular", "p_absent"),
    ("Irregularly irregular rhythm without P waves", "all(irregular, jittering)", "p_absent"),
    ("Absent P waves and irregular RR intervals", "p_absent", "irregular"),
    ("regular rhythm with a P wave before each QRS", "regular", "p_present"),
    ("heart rate is very fast", "rate_very_fast"),
    ("heart rate is fast and very irregular", "rate_fast", "irregular"),
    ("Short and long RR intervals alternate", "alternating"),
    ("premature beats with a wide QRS complex", "early_different"),
    ("extrasystoles with a different QRS", "early_different"),
    ("There are early beats", "any(early_usual, early_different)"),
    ("pauses without early beats", "pause", "all(not early_usual, not early_different)"),
    ("sawtooth flutter waves in II", "sawtooth"),
    ("fibrillatory waves", "atrial_waves"),
    ("pacing spikes before each QRS", "spike"),
    # intervals, axis, voltage, size
    ("QTc is prolonged, PR is short", "qt_long", "pr_short"),
    ("prolonged QT interval but narrow QRS", "qt_long", "qrs_narrow"),
    ("right axis deviation", "axis_right"),
    ("Marked left axis deviation", "axis_far_left"),
    ("Low voltage in the limb leads", "limb_low"),
    ("low QRS voltage", "any(limb_low, chest_low)"),
    ("tall P waves in II", "p_tall"),
    ("late R peak in V6", "r_late.V6"),
    ("tall and peaked T waves in V2 and V3", "most t_tall: V2 V3"),
    # steps and patterns
    ("every third beat is premature", "every_third"),
    ("runs of beats with a different QRS", "run_different"),
    ("Three consecutive beats with a different QRS complex", "run_different_long"),
    ("delta wave and short PR interval", "qrs_slow_start", "pr_short"),
    ("marked right axis deviation", "axis_far_right"),
    ("The R wave exceeds the S wave in V1 and V2", "most r_over_s: V1 V2"),
    ("deep ST depression in V3 to V5", "most st_down_deep: V3 V4 V5"),
    ("downsloping ST depression in V5", "st_down_falling.V5"),
    ("strain pattern in V5 and V6", "most strain: V5 V6"),
    ("deep T wave inversion in V2-V4", "most t_deep: V2 V3 V4"),
    ("flat T waves and low R waves in V5", "t_flat.V5", "r_low.V5"),
    ("T waves low relative to the R wave in V5", "t_low.V5"),
]

JAPANESE = [
    ("II、III、aVFでST上昇", "most st_up: II III aVF"),
    ("Ⅱ・Ⅲ・aVF誘導でSTが上昇している", "most st_up: II III aVF"),
    ("ST上昇（II、III、aVF）", "most st_up: II III aVF"),
    ("下壁誘導のST上昇", "most st_up: II III aVF"),
    ("V1〜V4でT波が陰性", "most t_inverted: V1 V2 V3 V4"),
    ("V1~V4のT波が陰転", "most t_inverted: V1 V2 V3 V4"),
    ("V1からV3まで異常Q波", "most q_wide: V1 V2 V3"),
    ("V1とV2にQSパターン", "most qs: V1 V2"),
    ("Ｖ１のＲ波が高い", "r_tall.V1"),
    ("前胸部誘導でT波陰性", "most t_inverted: V1 V2 V3 V4 V5 V6"),
    ("II、IIIまたはaVFでQ波", "any q_any: II III aVF"),
    ("T波が平坦", "somewhere t_flat"),
    ("側壁誘導でST低下と陰性T波", "most st_down: I aVL V5 V6", "most t_inverted: I aVL V5 V6"),
    ("V5とV6のR波が高く、V1のS波が深い", "most r_tall: V5 V6", "s_deep.V1"),
    ("V1でrsR'型、V6で幅の広いS波", "r_second.V1", "s_wide.V6"),
    ("V1、V2、V3でQSパターンを示し、V4でT波が陰性", "most qs: V1 V2 V3", "t_inverted.V4"),
    ("幅広くノッチのあるQRSをV5、V6に認める", "all(qrs_wide, most notched: V5 V6)"),
    ("短いPR間隔と幅広いQRS", "pr_short", "qrs_wide"),
    ("P波がない", "p_absent"),
    ("P波を認めず、リズムは不整", "p_absent", "irregular"),
    ("P波が消失しRR間隔が不規則", "p_absent", "irregular"),
    ("RR間隔が不規則でP波がみられない", "irregular", "p_absent"),
    ("V5でR波が高くない", "not r_tall.V5"),
    ("QT間隔は延長していない", "not qt_long"),
    ("V1-V3のR波が低く、Q波はない", "most r_low: V1 V2 V3", "all not q_any: V1 V2 V3"),
    ("異常Q波やST上昇はない", "nowhere q_wide", "nowhere st_up"),
    ("Q波もST上昇もない", "nowhere q_any", "nowhere st_up"),
    ("ST上昇は無い", "nowhere st_up"),
    ("V1でST上昇を認めるが、V2では認めない", "st_up.V1", "not st_up.V2"),
    ("Q波はV1、V2にはない", "all not q_any: V1 V2"),
    ("P波は不明瞭", "p_absent"),
    ("第2誘導にテント状T波とΔ波", "t_tall.II", "qrs_slow_start"),
    ("st上昇（v1-v3）", "most st_up: V1 V2 V3"),
    ("ST上昇を伴わないT波陰性をV4-V6に認める", "nowhere st_up", "most t_inverted: V4 V5 V6"),
    ("PQ延長", "pr_long"),
    ("左軸偏位", "axis_left"),
    ("右軸偏位", "axis_right"),
    ("高度な左軸偏位", "axis_far_left"),
    ("四肢誘導の低電位", "limb_low"),
    ("胸部誘導の高電位", "voltage_sokolow"),
    ("QRS幅が狭く、心拍数が非常に速い", "qrs_narrow", "rate_very_fast"),
    ("早期収縮が頻発する", "early_often"),
    ("幅広いQRSをもつ早期収縮", "early_different"),
    ("通常のQRSをもつ早期収縮", "early_usual"),
    ("鋸歯状波がある", "sawtooth"),
    ("V6のR波頂点が遅い", "r_late.V6"),
    ("P波は正常だがPR間隔が長い", "pr_long"),
    ("2拍ごとに早期収縮", "every_second"),
    ("デルタ波と短いPR間隔", "qrs_slow_start", "pr_short"),
    ("V1でR波がS波より大きい", "r_over_s.V1"),
    ("V4-V6で下降型ST低下", "most st_down_falling: V4 V5 V6"),
    ("ST上昇型心筋梗塞", "somewhere st_up"),
    ("V2-V4の深い陰性T波", "most t_deep: V2 V3 V4"),
    ("V2とV3で二相性T波", "most t_biphasic: V2 V3"),
]


@pytest.mark.parametrize(("sentence", "expected"), [(sentence, list(expected)) for sentence, *expected in (*ENGLISH, *JAPANESE)])
def test_free_text_names_statements(sentence: str, expected: list[str]) -> None:
    assert statements(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "。、",
        "without",
        "This ECG shows a wooden table.",
        "a cat sat on the mat",
        "atrial fibrillation",
        "sinus tachycardia",
        "left bundle branch block",
        "complete right bundle branch block",
        "inferior myocardial infarction",
        "left ventricular hypertrophy",
        "non-ST-elevation myocardial infarction",
        "NSTEMI",
        "posterior STEMI",
        "非ST上昇型心筋梗塞",
        "poor R wave progression",
        "The P wave is biphasic",
        "The axis is normal",
        "tall P waves in V1",
        "The heart rate is 150.",
        "II, III and aVF",
        "心房細動",
        "完全左脚ブロック",
        "下壁心筋梗塞",
        "左室肥大",
        "R波増高不良",
    ],
)
def test_names_of_findings_and_other_words_name_no_statement(sentence: str) -> None:
    assert statements(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("a cat sat on the mat", ""),
        ("complete left bundle branch block", "complete left branch block"),
        ("incomplete right bundle branch block", "incomplete right branch block"),
        ("LBBB", "left branch block"),
        ("iRBBB", "incomplete right branch block"),
        ("不完全右脚ブロック", "incomplete right branch block"),
        ("third-degree AV block", "third block"),
        ("inferior infarction", "II III aVF"),
        ("anterior infarction", "V2 V3 V4"),
        ("前壁心筋梗塞", "V2 V3 V4"),
        ("no ST elevation in V2", "ST up V2 negation"),
        ("V2でSTが低下している", "ST down V2"),
        ("slightly prolonged PR interval", "slight wide PR"),
        ("low voltage of the limb leads", "low voltage limb I II III aVR aVL aVF"),
    ],
)
def test_attributes(sentence: str, expected: str) -> None:
    assert attributes(sentence) == set(expected.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("left axis deviation", "right axis deviation"),
        ("inferior ST elevation", "anterior ST elevation"),
        ("ST elevation in V2", "ST depression in V2"),
        ("complete left bundle branch block", "incomplete left bundle branch block"),
        ("tall R wave in V2", "low R wave in V2"),
        ("regular rhythm", "irregular rhythm"),
        ("There is a Q wave in V2.", "There is no Q wave in V2."),
        ("左軸偏位", "右軸偏位"),
        ("完全右脚ブロック", "不完全右脚ブロック"),
        ("V2でSTが上昇", "V2でSTが低下"),
        ("P波がある", "P波がない"),
    ],
)
def test_one_swapped_word_changes_the_attributes(one: str, other: str) -> None:
    assert attributes(one) != attributes(other)
    assert statements(one) != statements(other) or statements(one) == []


def test_both_languages_have_the_same_attributes() -> None:
    for english, japanese in [
        ("ST elevation in II, III and aVF", "II、III、aVFでST上昇"),
        ("wide QRS", "幅広いQRS"),
        ("no P waves", "P波がない"),
        ("left bundle branch block", "左脚ブロック"),
    ]:
        assert attributes(english) == attributes(japanese)
