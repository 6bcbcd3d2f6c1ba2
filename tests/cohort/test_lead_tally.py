"""Records are counted by the leads that they hold; left-out signals are named."""

from jaccardio.cohort.lead_tally import LeadTally

CHEST_MISSING = tuple(f"missing:V{number}" for number in range(1, 7))


def test_records_that_may_have_lost_their_leads_are_told_from_partial_recordings() -> None:
    tally = LeadTally()
    tally.add(12, (), ())
    tally.add(12, ("unknown-signals: 2",), ("vx", "RESP"))
    tally.add(6, CHEST_MISSING, ())  # six limb leads, and nothing else in the file
    tally.add(6, ("unknown-signals: 6", *CHEST_MISSING), ("X1", "X2", "X3", "X4", "other", "other"))
    tally.add(7, ("unknown-signals: 1", *CHEST_MISSING[1:]), ("RESP",))
    tally.add(6, tuple(flag.replace("missing", "flat") for flag in CHEST_MISSING), ("RESP",))
    assert tally.by_leads == {12: 2, 7: 1, 6: 3}
    assert (tally.with_unknown, tally.halved) == (4, 1)
    assert tally.unknown == {"RESP": 3, "vx": 1, "X1": 1, "X2": 1, "X3": 1, "X4": 1, "other": 1}
