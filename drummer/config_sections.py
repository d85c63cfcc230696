"""The content of `config.yaml`: a dataclass for each section, and `Config` for all; `drummer.config` reads them.

The sections of the page are in `drummer.config_page_sections`.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from drummer.config_checks import CHECKED, NotNegative, Positive, Share
from drummer.config_page_sections import AppConfig, EditingConfig, PresetConfig, SamplesConfig, VisitorsConfig

_Width = Annotated[int, Field(ge=1, le=8192)]


@dataclass(frozen=True, config=CHECKED)
class GridConfig:
    """The grid that the model plays on."""

    steps_per_beat: int
    beats_per_bar: int


@dataclass(frozen=True, config=CHECKED)
class StyleConfig:
    """A style of a genre.

    Attributes:
        sources: Labels of the data set, such as `latin/brazilian-samba`, that make up the style.
        label: Its name on the page; by default its key, capitalised.
        about: A few words on how it is played; by default those of the genre.
    """

    sources: tuple[str, ...]
    label: str = ""
    about: str = ""


@dataclass(frozen=True, config=CHECKED)
class GenreConfig:
    """A genre: its tempos, its styles, and the words for it on the page.

    Attributes:
        usual_bpm: The usual tempo.
        slow_bpm: Lower end of the range that typical tempos are drawn from.
        fast_bpm: Upper end of that range.
        label: Its name on the page; by default its key, capitalised.
        about: A few words on how it is played.
        styles: Its styles by name; a list of labels of the data set is read too, as `StyleConfig.sources`.
        special_styles: Styles that are played only on request: a snare march is no kit groove.
    """

    usual_bpm: int
    slow_bpm: int
    fast_bpm: int
    label: str = ""
    about: str = ""
    styles: Mapping[str, StyleConfig] = field(default_factory=dict)
    special_styles: tuple[str, ...] = ()


@dataclass(frozen=True, config=CHECKED)
class LimitsConfig:
    """Lowest and highest value of each user setting, both included."""

    bpm: tuple[int, int]
    bars: tuple[int, int]
    temperature: tuple[float, float]
    seed: tuple[int, int]


@dataclass(frozen=True, config=CHECKED)
class DefaultsConfig:
    """The first settings of the page, and the defaults of the command line."""

    genre: str
    bars: int
    temperature: float
    model: str
    kit: str


@dataclass(frozen=True, config=CHECKED)
class TokensConfig:
    """The tokenizer's vocabulary; see `drummer.model.tokenizer`.

    Attributes:
        min_count: Voice sets that occur less often than this in the training split are left out of the vocabulary.
    """

    min_count: int


@dataclass(frozen=True, config=CHECKED)
class SizeConfig:
    """One size of the model: widths of its layers, and the share of activations dropped in training."""

    hidden: _Width
    layers: Annotated[int, Field(ge=1, le=64)]
    token_dim: _Width
    position_dim: _Width
    genre_dim: _Width
    bpm_dim: _Width
    encoder_hidden: _Width
    head_hidden: _Width
    dropout: Share


@dataclass(frozen=True, config=CHECKED)
class ModelConfig:
    """Inputs, outputs and sizes of the model; see `drummer.model.network`.

    Attributes:
        velocity_bins: Outputs of the velocity head.
        timing_bins_per_beat: Outputs of the timing head, times the steps of a beat.
        memory_beats: Distances, in quarter notes, of the past places whose hits are inputs.
        memory_bars: The same in bars; the farthest is looked up in the reference performance where there is one.
        memory_dropout: Share of training sequences whose memory of past bars is dropped.
        sizes: Widths of the layers, by name.
    """

    velocity_bins: int
    timing_bins_per_beat: int
    memory_beats: tuple[int, ...]
    memory_bars: tuple[int, ...]
    memory_dropout: float
    sizes: Mapping[str, SizeConfig]


@dataclass(frozen=True, config=CHECKED)
class ScheduleConfig:
    """A share that changes linearly from `start` to `end` over `epochs`, clipped to 0-1."""

    start: float
    end: float
    epochs: int


@dataclass(frozen=True, config=CHECKED)
class FineTuningConfig:
    """The last epochs, with a corrupted memory of past bars; see `drummer.training.history_corruption`.

    Attributes:
        epochs: Number of epochs, after those of `TrainingConfig`; 0 = none.
        learning_rate: Of the first of them; it falls as in the epochs before.
        share: Share of the sequences whose memory is corrupted.
        displaced: Largest share of a sequence's cells that are replaced by the cells of another bar.
        dropped: Largest share of a sequence's soft hits, at a velocity of .3, that are left out.
        sampled: Largest share of a sequence's steps that are replaced by what the model plays there.
    """

    epochs: int
    learning_rate: float
    share: Share
    displaced: Share
    dropped: Share
    sampled: Share


@dataclass(frozen=True, config=CHECKED)
class TrainingConfig:
    """The training loop; see `drummer.training.trainer`.

    Attributes:
        seed: Seed of all random numbers of training.
        threads: CPU threads.
        window_bars: Length of the training sequences.
        batch_size: Sequences of full length in a batch.
        epochs: Most epochs before fine-tuning.
        patience: Epochs without a better validation loss before training stops.
        learning_rate: Of the first epoch.
        final_learning_rate: Share of it that is left in the last epoch; it falls along a cosine.
        weight_decay: Of AdamW.
        gradient_clip: Largest norm of the gradient.
        unconditioned_share: Share of the sequences with nothing fixed, so that the encoder reads no music; in the others a part
            is fixed, see `data.batches.sample_fixed_mask`.
        controlled_share: Share of the sequences with known controls.
        rhythm_share: Share of the sequences with a known rhythm, see `data.batches.sample_rhythm`.
        style_share: Share of the sequences whose style is known, where the performance has one.
        adapted_share: Number of sequences in other meters that are made of 4/4, as a share of those in 4/4; see
            `data.meter_augmentation`.
        genre_balance: Rare genres are repeated (mean length / own length) ** this times in an epoch.
        fine_tuning: The last epochs.
    """

    seed: int
    threads: int
    window_bars: int
    batch_size: int
    epochs: int
    patience: int
    learning_rate: float
    final_learning_rate: float
    weight_decay: float
    gradient_clip: float
    unconditioned_share: float
    controlled_share: float
    rhythm_share: Share
    style_share: Share
    adapted_share: Annotated[float, Field(ge=0.0)]
    genre_balance: float
    fine_tuning: FineTuningConfig


@dataclass(frozen=True, config=CHECKED)
class OriginalRecipeConfig:
    """Settings of the original recipe, `recipes/published.yaml`, which the report compares; see `report.original_recipe`.

    Attributes:
        coverage: Share of all beats that the vocabulary of beat tokens must cover; the rest is `[UNK]`.
        loudness_levels: Velocities are rounded up to one of this many levels.
        class_weights: Whether a token weighs the inverse of its frequency in the loss.
        teacher_forcing: Share of decoder inputs that are the truth; the others are the model's own predictions.
    """

    coverage: float = 0.95
    loudness_levels: int = 4
    class_weights: bool = False
    teacher_forcing: ScheduleConfig = ScheduleConfig(start=1.0, end=1.0, epochs=1)


@dataclass(frozen=True, config=CHECKED)
class SamplingConfig:
    """Sampling of tokens, velocity and timing; see `generation.sampling` and `generation.planning`."""

    top_p: float
    onset_temperature_floor: Annotated[float, Field(gt=0.0, le=1.0)]
    untempered_share: float
    performance_temperature: tuple[float, float]
    temperature_scale: tuple[Positive, Positive]
    velocity_correlation: Annotated[float, Field(ge=0.0, lt=1.0)]
    accent_correlation: Annotated[float, Field(ge=0.0, lt=1.0)]
    repetition: tuple[float, float]
    returns: tuple[NotNegative, Share]
    kick_runs: tuple[NotNegative, NotNegative]
    unused_voices: NotNegative
    equal_repetition: Positive
    steady_repetition: Positive
    steady_change_penalty: float
    steady_crash_penalty: float
    accents: tuple[float, float]
    bar_temperature_scale: Annotated[tuple[tuple[float, Positive], ...], Field(min_length=1)]
    beat_temperature_scale: Annotated[tuple[tuple[float, Positive], ...], Field(min_length=1)]
    fill_boost: tuple[Positive, Positive]
    warm_up_bars: int
    primer_bars: int


@dataclass(frozen=True, config=CHECKED)
class MidiConfig:
    """Bounds on MIDI files that are read, and the form of those that are written.

    Attributes:
        max_bars: Longest music of a file, from its first played bar to its last.
        max_beats_per_bar: Longest bar in quarter notes; longer time signatures are ignored.
        closed_pedal: Lowest position of the hi-hat pedal (controller 4, 0 open to 127 closed) that closes an open hi-hat.
    """

    ticks_per_beat: int
    note_beats: float
    max_bytes: int
    max_bars: int
    max_corpus_bars: int
    max_beats_per_bar: int
    closed_pedal: int


@dataclass(frozen=True, config=CHECKED)
class AudioConfig:
    """FluidSynth's settings; see `drummer.audio`. `sample_rate` in Hz, `silence_db` in dBFS.

    Attributes:
        max_seconds: Longest groove that is played: a minute of sound takes 21 MB while it is played.
        max_seconds_with_stems: Longest groove that is played as stems.
        max_stem_seconds: Longest that the stems of a groove and their mix may last together: a minute of them takes 11 MB.
        stem_seconds_side_by_side: Longest groove of which two stems are played at the same time.
        choke_db_per_second: Decay of a cymbal that is choked by hand.
        normalized_peak_db: Sample peak of normalised sound, in dBFS.
    """

    sample_rate: int
    gain: float
    knee: float
    polyphony: int
    tail_seconds: float
    fade_seconds: float
    silence_db: float
    max_seconds: Positive
    max_seconds_with_stems: Positive
    max_stem_seconds: Positive
    stem_seconds_side_by_side: Positive
    choke_db_per_second: Positive
    normalized_peak_db: Annotated[float, Field(le=0.0)]


@dataclass(frozen=True, config=CHECKED)
class RollLayoutConfig:
    """One layout of the piano roll: sizes in screen pixels, and how bars are broken into rows."""

    width: int
    gutter: int
    lane_height: int
    timing_height: int
    font_size: int
    mark_width: int
    bars_per_row: int
    max_rows: int
    long_bars_per_row: int


@dataclass(frozen=True, config=CHECKED)
class PianorollConfig:
    """The picture of a groove; see `drummer.pictures.piano_roll`."""

    pixel_ratio: int
    quietest: float
    mark_beats: float
    png_compression: int
    layouts: Mapping[str, RollLayoutConfig]


@dataclass(frozen=True, config=CHECKED)
class NotationConfig:
    """Sheet music; see `drummer.files.musicxml` and `drummer.pictures.sheet_music`.

    Attributes:
        ghost_velocity: Hits below it are ghost notes, in parentheses.
        accent_velocity: Hits above it have an accent.
        scale: Size of drawn notes in percent of print.
        width: Lowest and highest width of a drawing in pixels.
        max_bars: Longest groove that is drawn; as a file it may be longer.
    """

    ghost_velocity: Share
    accent_velocity: Share
    scale: Annotated[int, Field(ge=10, le=200)]
    width: tuple[int, int]
    max_bars: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=CHECKED)
class DocumentConfig:
    """Bounds on groove files and codes that are read; see `drummer.files.document`."""

    max_bytes: int
    max_code_length: int
    max_bars: int
    max_beats_per_bar: int
    max_steps_per_beat: int
    max_steps: int
    max_hits: int
    max_blocks: int


@dataclass(frozen=True, config=CHECKED)
class Config:
    """All of `config.yaml`, and the settings of the original recipe in its own recipe file."""

    grid: GridConfig
    genres: Mapping[str, GenreConfig]
    limits: LimitsConfig
    defaults: DefaultsConfig
    tokens: TokensConfig
    model: ModelConfig
    training: TrainingConfig
    sampling: SamplingConfig
    midi: MidiConfig
    audio: AudioConfig
    pianoroll: PianorollConfig
    notation: NotationConfig
    document: DocumentConfig
    editing: EditingConfig
    samples: SamplesConfig
    app: AppConfig
    presets: tuple[PresetConfig, ...]
    visitors: VisitorsConfig
    original_recipe: OriginalRecipeConfig | None = None
