"""Human-like drum patterns, sampled from an LSTM that learned from drummers.

The public names; everything else is in the sub-packages. Importing this reads no file, and the libraries for models and for MIDI
are imported only where a name that needs them is read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drummer.config import default_config
from drummer.errors import DrummerError
from drummer.generation.params import GenerationParams
from drummer.generation.tempos import usual_bpm
from drummer.model.description import model_names
from drummer.music.groove import Groove
from drummer.music.meter import Meter

if TYPE_CHECKING:
    from drummer.files.prettymidi import from_pretty_midi, to_pretty_midi
    from drummer.generation.drummer import Drummer

__all__ = [
    "Drummer",
    "DrummerError",
    "GenerationParams",
    "Groove",
    "Meter",
    "default_config",
    "from_pretty_midi",
    "model_names",
    "to_pretty_midi",
    "usual_bpm",
]

_LATER = {
    "Drummer": "drummer.generation.drummer",
    "from_pretty_midi": "drummer.files.prettymidi",
    "to_pretty_midi": "drummer.files.prettymidi",
}


def __getattr__(name: str) -> Any:
    """Import names that need torch or a MIDI library when they are first used (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
