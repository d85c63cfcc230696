"""Neural discriminator: a convolutional network with attention that learns to separate generated takes from drummers.

It reads windows of four or eight bars on the grid - hits, velocities, offsets - and so reads what the descriptors of
`evaluation.discriminator` do not measure: the order of notes, and accents that last from bar to bar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from drummer.evaluation.windows import LabelledGroove
from drummer.music.arrays import Floats
from drummer.music.voices import VOICE_COUNT

# The planes of a window that each aspect shows.
PLANES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "all": ("hits", "velocities", "offsets"),
        "notes": ("hits",),
        "velocity": ("hits", "velocities"),
        "timing": ("hits", "offsets"),
    }
)
_STEPS_PER_BEAT = 12
_STEPS_PER_SIXTEENTH = 3
_SIXTEENTHS_PER_BEAT = 4
_BEATS_PER_BAR = 4


@dataclass(frozen=True)
class NeuralDiscriminatorSettings:
    """Settings of the network and its training.

    Attributes:
        bars: Length of a window.
        channels: Width of the network.
        batches: Number of training batches.
        batch_size: Windows in a batch, half of them of each class.
        learning_rate: Highest learning rate of AdamW, which falls to zero along a cosine.
        weight_decay: Weight decay of AdamW.
        dropout: Share of activations dropped in training.
        velocity_noise: Standard deviation of the noise on velocities (0-1), which hides that MIDI has only 127 of them.
        offset_noise: Standard deviation of the noise on offsets, in steps, which hides the ticks of files.
        check_every: Batches between two measurements on held-out performances and takes; the best state is kept.
        held_out: Share of the training performances and of the takes that the network is not trained on.
        networks: Number of networks, each with a split and a start of its own, whose scores are averaged.
    """

    bars: int = 4
    channels: int = 96
    batches: int = 900
    batch_size: int = 96
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    velocity_noise: float = 0.01
    offset_noise: float = 0.02
    check_every: int = 100
    held_out: float = 0.2
    networks: int = 2


class NeuralScore(NamedTuple):
    """How well the networks tell unseen takes from unseen drummers.

    Attributes:
        auc: Area under the ROC curve against the held-out drummers: 0.5 = chance, 1 = perfect separation. Genres and
            performances weigh evenly.
        known: The same against training performances that the network has not seen. Takes are close to the training performances,
            so `auc - known` is the share of `auc` that comes from recognising those.
    """

    auc: float
    known: float


class _Piece(NamedTuple):
    """A groove as an array of (steps, 13, 3): hits, velocities, offsets."""

    values: NDArray[np.float32]
    genre: str
    group: str


class DiscriminatorNetwork(nn.Module):
    """Convolutions from steps to sixteenths to beats, then self-attention over beats, then one logit.

    Args:
        planes: Number of planes of a window.
        bars: Length of a window.
        channels: Width.
        dropout: Share of activations dropped in training.
    """

    def __init__(self, planes: int, bars: int, channels: int, dropout: float) -> None:
        """Make the layers."""
        super().__init__()
        self.to_sixteenths = nn.Conv1d(planes * VOICE_COUNT, channels, 5, stride=_STEPS_PER_SIXTEENTH, padding=2)
        self.across_sixteenths = nn.Conv1d(channels, channels, 5, padding=2)
        self.to_beats = nn.Conv1d(channels, channels, _SIXTEENTHS_PER_BEAT, stride=_SIXTEENTHS_PER_BEAT)
        self.places = nn.Parameter(torch.zeros(bars * _BEATS_PER_BAR, channels))
        layer = nn.TransformerEncoderLayer(channels, 4, 2 * channels, dropout, batch_first=True, norm_first=True)
        self.attention = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(3 * channels, 1)

    def forward(self, windows: Tensor) -> Tensor:
        """Score windows of (batch, steps, 13, planes): (batch,) logits, positive = a take."""
        steps = windows.flatten(2).transpose(1, 2)  # (batch, 13 * planes, steps)
        sixteenths = nn.functional.gelu(self.to_sixteenths(steps))
        sixteenths = sixteenths + nn.functional.gelu(self.across_sixteenths(self.dropout(sixteenths)))
        beats = nn.functional.gelu(self.to_beats(sixteenths)).transpose(1, 2) + self.places  # (batch, beats, channels)
        beats = self.attention(self.dropout(beats))
        pooled = torch.cat([beats.mean(dim=1), beats.amax(dim=1), sixteenths.amax(dim=2)], dim=1)
        logits: Tensor = self.head(self.dropout(pooled))[:, 0]
        return logits


def neural_auc(
    drummers: Sequence[LabelledGroove],
    takes: Sequence[LabelledGroove],
    held_out: Sequence[LabelledGroove],
    settings: NeuralDiscriminatorSettings | None = None,
    aspect: str = "all",
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> NeuralScore:
    """Train networks to separate takes from training drummers, and score them on unseen takes and held-out drummers.

    Each network is trained without a fifth of the training performances and of the takes, by group. These performances and half
    of these takes choose the batch whose state is kept; the other half of the takes gives the score.

    Args:
        drummers: Performances that the model was trained on, in 4/4.
        takes: Grooves of the model, or others that are to be separated from the drummers.
        held_out: Performances of the validation or the test split.
        settings: Settings of the network and its training.
        aspect: Key of `PLANES`.
        seed: Seed of splits, starts, batches and noise.
        progress: Called after each measurement, `settings.networks * settings.batches / settings.check_every` times.
    """
    settings = settings or NeuralDiscriminatorSettings()
    planes = [PLANES["all"].index(name) for name in PLANES[aspect]]
    known, made, unknown = (_pieces(each, settings.bars) for each in (drummers, takes, held_out))
    scores = []
    for network in range(settings.networks):
        generator = np.random.default_rng([seed, network])
        torch.manual_seed(int(generator.integers(2**31)))
        seen, unseen = _split(known, settings.held_out, generator)
        trained_takes, rest = _split(made, settings.held_out, generator)
        chosen_by, judged = _split(rest, 0.5, generator)
        model = _train(seen, trained_takes, (unseen, chosen_by), planes, settings, generator, progress)
        scores.append([_auc(model, pieces, judged, planes, settings) for pieces in (unknown, unseen)])
    auc, against_known = np.mean(scores, axis=0).tolist()
    return NeuralScore(auc, against_known)


def _pieces(grooves: Sequence[LabelledGroove], bars: int) -> list[_Piece]:
    """Turn grooves into arrays on the grid of 12 steps a beat, without their first window and their own median offset.

    People tap ahead of a click, each drummer by another amount; no musician hears that once the part is moved into place.
    """
    pieces = []
    for groove, genre, group in grooves:
        if groove.bars < 2 * bars:
            continue
        fine = groove.regrid(_STEPS_PER_BEAT).cut(bars, groove.bars)
        middle = np.median(fine.offsets[fine.hits]) if fine.hit_count else 0.0
        offsets = np.where(fine.hits, fine.offsets - middle, 0.0)
        values = np.stack([fine.hits, fine.velocities, offsets], axis=2).astype(np.float32)
        pieces.append(_Piece(values, genre, group))
    return pieces


def _split(pieces: list[_Piece], share: float, generator: np.random.Generator) -> tuple[list[_Piece], list[_Piece]]:
    """Split pieces by group, genre by genre: the rest, and about the given share, at least one group of a genre with two."""
    apart: set[str] = set()
    for genre in sorted({piece.genre for piece in pieces}):
        groups = sorted({piece.group for piece in pieces if piece.genre == genre})
        count = max(1, round(share * len(groups))) if len(groups) > 1 else 0
        apart.update(generator.permutation(groups)[:count].tolist())
    return [piece for piece in pieces if piece.group not in apart], [piece for piece in pieces if piece.group in apart]


class _Sampler:
    """Draws windows of pieces: a genre, then a group of it, then a place, each evenly."""

    def __init__(self, pieces: list[_Piece], genres: Sequence[str], bars: int) -> None:
        self._by_genre: list[list[list[_Piece]]] = []
        for genre in genres:
            groups: dict[str, list[_Piece]] = {}
            for piece in pieces:
                if piece.genre == genre:
                    groups.setdefault(piece.group, []).append(piece)
            self._by_genre.append(list(groups.values()))
        self._bars = bars

    def draw(self, count: int, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw (count, steps, 13, 3)."""
        bar = _STEPS_PER_BEAT * _BEATS_PER_BAR
        windows = []
        for _ in range(count):
            groups = self._by_genre[generator.integers(len(self._by_genre))]
            group = groups[generator.integers(len(groups))]
            values = group[generator.integers(len(group))].values
            start = int(generator.integers(len(values) // bar - self._bars + 1)) * bar
            windows.append(values[start : start + self._bars * bar])
        return np.stack(windows)


def _train(
    drummers: list[_Piece],
    takes: list[_Piece],
    unseen: tuple[list[_Piece], list[_Piece]],
    planes: list[int],
    settings: NeuralDiscriminatorSettings,
    generator: np.random.Generator,
    progress: Callable[[], object],
) -> DiscriminatorNetwork:
    """Train a network and return it in the state that separates the unseen pieces best."""
    genres = sorted({piece.genre for piece in drummers} & {piece.genre for piece in takes})
    samplers = [_Sampler(pieces, genres, settings.bars) for pieces in (drummers, takes)]
    model = DiscriminatorNetwork(len(planes), settings.bars, settings.channels, settings.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, settings.batches)
    half = settings.batch_size // 2
    labels = torch.cat([torch.zeros(half), torch.ones(half)])
    best, best_state = -1.0, {name: value.clone() for name, value in model.state_dict().items()}
    for batch in range(1, settings.batches + 1):
        windows = np.concatenate([sampler.draw(half, generator) for sampler in samplers])
        model.train()
        loss = nn.functional.binary_cross_entropy_with_logits(
            model(torch.from_numpy(_with_noise(windows, settings, generator)[..., planes])), labels
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if batch % settings.check_every == 0:
            found = _auc(model, *unseen, planes, settings)
            if found > best:
                best, best_state = found, {name: value.clone() for name, value in model.state_dict().items()}
            progress()
    model.load_state_dict(best_state)
    return model


def _with_noise(
    windows: NDArray[np.float32], settings: NeuralDiscriminatorSettings, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add noise to velocities and offsets of hits, so that no network reads the steps of a file's values."""
    noisy = windows.copy()
    hits = windows[..., 0] > 0
    for plane, deviation in ((1, settings.velocity_noise), (2, settings.offset_noise)):
        noise = generator.normal(0, deviation, int(hits.sum()))
        noisy[..., plane][hits] += noise.astype(np.float32)
    return noisy


def _auc(
    model: DiscriminatorNetwork,
    drummers: list[_Piece],
    takes: list[_Piece],
    planes: list[int],
    settings: NeuralDiscriminatorSettings,
) -> float:
    """Measure the AUC over all windows, one after another; genres weigh evenly in each class, and groups within a genre."""
    genres = {piece.genre for piece in drummers} & {piece.genre for piece in takes}
    generator = np.random.default_rng(0)
    scores, labels, weights = [], [], []
    model.eval()
    for label, pieces in enumerate((drummers, takes)):
        chosen = [piece for piece in pieces if piece.genre in genres]
        windows, owners = _windows_of(chosen, settings.bars)
        with torch.no_grad():
            for start in range(0, len(windows), 256):
                noisy = _with_noise(np.stack(windows[start : start + 256]), settings, generator)
                scores.append(model(torch.from_numpy(noisy[..., planes])).numpy())
        labels.append(np.full(len(windows), label))
        weights.append(_even_weights(owners))
    return float(roc_auc_score(np.concatenate(labels), np.concatenate(scores), sample_weight=np.concatenate(weights)))


def _windows_of(pieces: list[_Piece], bars: int) -> tuple[list[NDArray[np.float32]], list[tuple[str, str]]]:
    """Cut pieces into windows one after another; and genre and group of each."""
    length = bars * _STEPS_PER_BEAT * _BEATS_PER_BAR
    windows, owners = [], []
    for piece in pieces:
        for start in range(0, len(piece.values) - length + 1, length):
            windows.append(piece.values[start : start + length])
            owners.append((piece.genre, piece.group))
    return windows, owners


def _even_weights(owners: list[tuple[str, str]]) -> Floats:
    """Weigh windows so that every genre has the same sum, and every group of a genre."""
    in_group = Counter(owners)
    groups = Counter(genre for genre, _ in in_group)
    return np.array([1 / (in_group[owner] * groups[owner[0]] * len(groups)) for owner in owners])
