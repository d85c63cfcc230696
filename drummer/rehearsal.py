"""The end of training: the model plays, a critic listens, and the model learns from what the critic says.

All passes before teach it what drummers play next after what drummers played. Playing alone, it goes on from what it played
itself, and what is wrong with a groove as a whole shows in none of its steps. So it plays a few takes of one thing at a time,
which differ by chance alone, and a critic weighs each against the others (`drummer.critic`). Then it is made to choose more as in
the takes that sound like a drummer and less as in the others, while it goes on learning from drummers, or it would forget them.

That is a policy gradient (REINFORCE: Williams, 1992) whose reward is the chance of a take to be chosen among its own, by the odds
that the critic gives, and whose baseline is their mean. Needs scikit-learn (`requirements-train.txt`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from drummer.comparison import Labelled, Windows, cut_windows, human, join
from drummer.critic import opinions, traits
from drummer.errors import CorpusError
from drummer.features import Floats
from drummer.model import PARTS, Given, Played
from drummer.objective import Objective
from drummer.performer import Drummer, Takes
from drummer.tokens import SPECIALS
from drummer.weights import TrainedModel
from drummer.windows import EncodedPerformance, draw_batches, make_batch

_STREAM = 7  # of chance: other numbers than those of the passes before
_FIRST_SEED = 1_000_000  # far from those that people and reports play with
_NEVER = -1e4  # logit of what is never played


class Take(NamedTuple):
    """A groove that was played, and what is thought of it.

    Attributes:
        takes: Those of the same thing.
        number: Which of them.
        weight: How many times likelier it is chosen among them than by chance, less one: -1 or more.
    """

    takes: Takes
    number: int
    weight: float


@dataclass
class Rehearsal:
    """Lets a model rehearse. `run` does it all.

    Attributes:
        trained: Whose model it is, on the CPU; the model is changed.
        performances: Of the training split.
        repeats: (genres,) see `windows.draw_windows`.
        quiet: Show no progress bars.
    """

    trained: TrainedModel
    performances: Sequence[EncodedPerformance]
    repeats: Sequence[float]
    quiet: bool = False

    def run(self) -> None:
        """Rehearse as often as the configuration says.

        Raises:
            CorpusError: If the training beats are too short for the critic, which hears no groove's first four bars.
        """
        settings = self.trained.config.training.rehearsal
        model = self.trained.model
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
        beats = human(take.source for take in self.performances if take.part == PARTS.index("beat"))
        drummers = cut_windows(beats, traits)
        if not len(drummers):
            raise CorpusError(
                "the rehearsal needs training beats of eight bars or more; leave it out by --set training.rehearsal.rounds=0"
            )
        steps = settings.rounds * -(-settings.minds * len(self.trained.genres) * settings.takes // settings.batch_size)
        with tqdm(total=steps, desc="Rehearsing", disable=self.quiet) as bar:
            for number in range(settings.rounds):
                generator = np.random.default_rng([self.trained.config.training.seed, _STREAM, number])
                torch.manual_seed(int(generator.integers(2**63)))
                takes = self.weigh(self.play(number), drummers, generator)
                drummed = self._drummed(generator)
                order = generator.permutation(len(takes))
                for first in range(0, len(takes), settings.batch_size):
                    for parameters in optimizer.param_groups:
                        parameters["lr"] = settings.learning_rate * (1.0 - 0.9 * bar.n / steps)
                    chosen = [takes[index] for index in order[first : first + settings.batch_size]]
                    optimizer.zero_grad(set_to_none=True)
                    torch.autograd.backward(next(drummed))
                    torch.autograd.backward(settings.weight * self.loss(chosen))
                    torch.nn.utils.clip_grad_norm_(model.parameters(), self.trained.config.training.gradient_clip)
                    optimizer.step()
                    bar.update()
        model.eval()

    def play(self, number: int) -> list[tuple[str, Takes]]:
        """Play the takes of a round: genre and takes of each thing, the seeds going on from round to round."""
        settings = self.trained.config.training.rehearsal
        self.trained.model.eval()
        drummer = Drummer(self.trained)
        first = _FIRST_SEED + number * settings.minds
        seeds = range(first, first + settings.minds)
        things = [(genre, seed) for genre in self.trained.genres for seed in seeds]
        return [
            (
                genre,
                drummer.takes(
                    genre=genre, bpm=drummer.typical_bpm(genre, seed), bars=settings.bars, count=settings.takes, seed=seed
                ),
            )
            for genre, seed in tqdm(things, desc="Playing", unit="thing", leave=False, disable=self.quiet)
        ]

    def weigh(self, played: Sequence[tuple[str, Takes]], drummers: Windows, generator: np.random.Generator) -> list[Take]:
        """Let a critic listen to takes.

        Args:
            played: Genre and takes of each thing.
            drummers: What drummers played, described by `traits`.
            generator: Chooses what critics learn from.
        """
        odds = [np.zeros(len(takes.grooves)) for _, takes in played]
        # All windows of a thing are one group: no critic has heard another take of what it judges.
        heard: list[tuple[int, int, Windows]] = []
        for thing, (genre, takes) in enumerate(played):
            windows = [cut_windows([Labelled(groove, genre, str(thing))], traits) for groove in takes.grooves]
            heard.extend((thing, take, part) for take, part in enumerate(windows) if len(part))
        judged = opinions(join([part for *_, part in heard]), drummers, generator)
        ends = np.cumsum([len(part) for *_, part in heard])
        for (thing, take, _), opinion in zip(heard, np.split(judged, ends[:-1]), strict=True):
            odds[thing][take] = opinion.sum()
        return [
            Take(takes, take, weight)
            for (_, takes), of_thing in zip(played, odds, strict=True)
            for take, weight in enumerate(preferences(of_thing).tolist())
        ]

    def loss(self, chosen: Sequence[Take]) -> Tensor:
        """Weigh how surprised the model is by the voices of takes, in nats a beat: below 0 where it likes the better ones."""
        model = self.trained.model
        model.eval()  # without dropout, as they were played
        given = Given(*(torch.cat(parts) for parts in zip(*(take.takes.given for take in chosen), strict=True)))
        played = Played(
            *(
                torch.stack(parts)
                for parts in zip(*([part[take.number] for part in take.takes.played] for take in chosen), strict=True)
            )
        )
        heard = chosen[0].takes.heard
        states = model(given, played, torch.ones(len(chosen), dtype=torch.bool))[:, heard:]
        logits = model.token_logits(states)
        never = torch.arange(logits.shape[-1]) < SPECIALS
        surprise = functional.cross_entropy(
            logits.masked_fill(never, _NEVER).transpose(1, 2), played.tokens[:, heard:], reduction="none"
        )
        weights = torch.tensor([take.weight for take in chosen])
        beats = surprise.shape[1] / model.shape.tokens_per_bar * self.trained.config.grid.beats_per_bar
        return (weights * surprise.sum(dim=1)).mean() / beats

    def _drummed(self, generator: np.random.Generator) -> Iterator[Tensor]:
        """Measure batches of what drummers played, for ever, with slips in memory: nats a beat."""
        model, config = self.trained.model, self.trained.config
        objective = Objective(model, config, None)
        beats_a_batch = config.training.batch_size * config.training.window_bars * config.grid.beats_per_bar
        while True:
            for chosen in draw_batches(self.performances, config.training, model.shape.tokens_per_bar, self.repeats, generator):
                model.train()
                yield objective(make_batch(chosen, model.shape), 1.0, slips=True) / beats_a_batch


def preferences(odds: Floats) -> Floats:
    """Say of takes how many times likelier each is chosen, by its log odds, than by chance, less one; they add up to 0."""
    chances = np.exp(odds - odds.max())
    return np.asarray(len(odds) * chances / chances.sum() - 1.0)
