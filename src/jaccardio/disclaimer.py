"""The sentence that stands on everything a person may read."""

DISCLAIMER = "Research software, not a medical device."
