"""The sentences of a vocabulary that brings none of its own, per language; ``{findings}`` is where names stand (paper, section 2.2)."""

TEMPLATES = {"en": "This ECG shows {findings}.", "ja": "この心電図は{findings}を示す。"}
NOTHING = {"en": "This ECG shows no listed finding.", "ja": "この心電図は列挙された所見を示さない。"}
DENIALS = {"en": "This ECG shows no {findings}.", "ja": "この心電図は{findings}を示さない。"}

SLOT = "{findings}"


def language_of(sentence: str, own: str) -> str:
    """The language of a sentence by its letters: ``ja`` where one is Japanese, else `own`, that of the model, or English beside ``ja``."""
    if any("\u3041" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff" for letter in sentence):
        return "ja"
    return "en" if own == "ja" else own
