"""The errors that a user may see, in one tree.

The message of each is one sentence that names the fault and the remedy. The page and the command line show that sentence and
nothing else. Any other exception is a bug.
"""


class DrummerError(Exception):
    """Base of all errors that are meant to be read by a user."""


class SettingError(DrummerError):
    """A setting of a groove (genre, tempo, bars, temperature, seed, ...) is outside its range."""


class GrooveError(DrummerError):
    """Arrays that do not form a valid groove."""


class MidiError(DrummerError):
    """A MIDI file that cannot be read as drums."""


class DocumentError(DrummerError):
    """A groove file or the code of a link that is damaged, or describes no valid groove."""


class ConfigError(DrummerError):
    """A configuration file with an unknown key, a missing key or a wrong type."""


class WeightsError(DrummerError):
    """Model weights that are missing, unreadable or do not fit their description."""


class CorpusError(DrummerError):
    """A data set that is missing, incomplete or damaged."""


class SoundfontError(DrummerError):
    """A kit that is unknown or whose soundfont cannot be played."""


class AudioUnavailableError(DrummerError):
    """The FluidSynth library is not installed, so nothing can be rendered."""


class WorkerError(DrummerError):
    """A process of the page ended while it worked on a request, or cannot be started."""


class StorageError(DrummerError):
    """A file cannot be written, such as on a disk that is full."""
