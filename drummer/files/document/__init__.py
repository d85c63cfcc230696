"""A groove with the settings that made it, as plain data: the file `groove.json`, and a code short enough for a link.

The file is lossless. The code keeps the precision of a MIDI file: velocities of 1 to 127, and onsets to a 480th of a beat. Both
come from strangers, so everything in them is checked.
"""

from drummer.files.document.groove_json import FORMAT, VERSION, from_document, from_json, to_document, to_json
from drummer.files.document.link_code import from_code, to_code
from drummer.files.document.settings import SETTINGS, SONG_PARTS
from drummer.files.document.take import Take

__all__ = [
    "FORMAT",
    "SETTINGS",
    "SONG_PARTS",
    "VERSION",
    "Take",
    "from_code",
    "from_document",
    "from_json",
    "to_code",
    "to_document",
    "to_json",
]
