"""Types and strictness that all sections of the configuration share."""

from typing import Annotated

from pydantic import ConfigDict, Field

CHECKED = ConfigDict(extra="forbid", strict=True)  # unknown keys and wrong types are errors
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
