"""Export formats: the interface of a format, and the choices that it is written by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, get_args

from drummer.errors import SettingError
from drummer.files.document import Take
from drummer.files.drum_maps import DrumMap
from drummer.files.sound_format import USUAL_FORMAT, SoundFormat
from drummer.validation import check_name

if TYPE_CHECKING:  # the libraries for sound are loaded by the formats that need them
    from drummer.audio import Kit, ProgressCallback, Sample

AudioFormat = Literal["wav", "flac"]


@dataclass(frozen=True)
class Choices:
    """How a take is exported.

    Attributes:
        kit: The kit that plays it; None = no sound.
        drum_map: The kit that the MIDI file is written for; None = the one that the groove came from, or General MIDI.
        track_per_drum: Whether the MIDI file has one track per drum.
        loop: Whether the sound is a seamless loop of exactly its bars, or rings out after them.
        audio_format: Format of the sounds in a ZIP.
        sound_format: Sample rate, bit depth and peak level of the sound.
        samples: Sound of the mix's samples, by their digests; lanes whose sample is not among them are played by their kit.
        original: The take that `groove.json` holds, if it differs from the audible one, for instance by muted voices.
    """

    kit: Kit | None = None
    drum_map: DrumMap | None = None
    track_per_drum: bool = False
    loop: bool = True
    audio_format: AudioFormat = "flac"
    original: Take | None = None
    sound_format: SoundFormat = USUAL_FORMAT
    samples: Mapping[str, Sample] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the audio format."""
        check_name("audio format", self.audio_format, get_args(AudioFormat))


class ExportedFile(NamedTuple):
    """An exported file: the name that a musician keeps, and the content."""

    name: str
    data: bytes


class ExportFormat(ABC):
    """A format that a take can be exported in. The same take and choices always give the same bytes.

    Attributes:
        name: Name in the API, of the command line's option and of the page's button.
        label: Text on the page's button.
        description: The exported file in a few words, for help texts and error messages.
        extension: End of the file's name, without its dot.
        is_sound: Whether it needs FluidSynth and a kit.
        is_quick: Whether it takes milliseconds.
        is_slow: Whether it takes seconds for a long song, and reports its progress.
        is_primary: Whether the page shows its button at once or among more formats.
        in_archive: Whether it is part of the ZIP with everything as it is.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    extension: ClassVar[str]
    is_sound: ClassVar[bool] = False
    is_quick: ClassVar[bool] = False
    is_slow: ClassVar[bool] = False
    is_primary: ClassVar[bool] = False
    in_archive: ClassVar[bool] = True

    @abstractmethod
    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:
        """Return the content of the file.

        Args:
            take: The take.
            choices: How it is exported.
            progress: Called while a slow format is written.

        Raises:
            SettingError: If the format needs a kit and none was chosen, or the sound is too long.
            DrummerError: If the kit cannot be played, or the groove has a form that the format cannot hold.
        """

    def file_name(self, take: Take, choices: Choices) -> str:  # noqa: ARG002 (sounds depend on the choices)
        """Return the name of the file, such as `funk_96bpm_8bars_seed123.mid`."""
        return f"{take.stem}.{self.extension}"

    def archive_name(self, take: Take, choices: Choices) -> str:
        """Return the name of the file in a ZIP."""
        return self.file_name(take, choices)

    def needs_kit(self) -> bool:
        """Return whether a kit has to be chosen."""
        return self.is_sound

    def require_kit(self, choices: Choices) -> Kit:
        """Return the chosen kit.

        Raises:
            SettingError: If none was chosen.
        """
        if choices.kit is None:
            raise SettingError(f"{self.description} needs a kit that plays it")
        return choices.kit
