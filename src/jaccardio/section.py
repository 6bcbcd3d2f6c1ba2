"""`Section`: what every part of a configuration refuses."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of a configuration; unknown keys and values of another type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, strict=True)
