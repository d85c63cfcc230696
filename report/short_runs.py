"""Short training runs of equal budget, for comparisons; the program's own training is `drummer.training.trainer`.

A budget is CPU time, so that a busy machine does not shorten it, and the learning rate stays where it is, so that a run can be
cut short anywhere. A row that is measured again is given the updates that it took before, not the time: on one machine it then
finds the same figures.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from drummer.data.batches import Batch, make_batch
from drummer.model.checkpoint import round_weights
from drummer.training.trainer import Trainer

Batches = Callable[[int], Iterator[Batch]]
Point = dict[str, float]


@dataclass
class ShortRun:
    """One training run.

    Attributes:
        trainer: Makes the windows and takes the steps; its loop over epochs is not used.
        seconds: CPU time for updates; measuring is not counted.
        measure: Function of the trainer that measures; all its results are kept, and the weights with the lowest `loss`.
        measurements: Number of measurements, evenly over the budget.
        updates: Numbers of updates at which to measure instead; the last one ends the run.
        batches: Makes the batches of a pass, given its number from 0; by default as `drummer.training.trainer` does.
        before_step: Called with the number of updates so far, before each.
        patience: Measurements without a lower loss before it stops.
    """

    trainer: Trainer
    seconds: float
    measure: Callable[[Trainer], Point]
    measurements: int = 4
    updates: Sequence[int] | None = None
    batches: Batches | None = None
    before_step: Callable[[int], None] | None = None
    patience: int | None = None

    def run(self) -> list[Point]:
        """Train, put the best weights into the trainer's model, and return all measurements."""
        trainer = self.trainer
        points: list[Point] = []
        spent, done, best = 0.0, 0, math.inf
        kept = {key: value.clone() for key, value in trainer.model.state_dict().items()}
        for passes, batch in self._all_batches():
            started = time.process_time()
            if self.before_step is not None:
                self.before_step(done)
            self.trainer.step(batch)
            done += 1
            spent += time.process_time() - started
            if not self._due(len(points), done, spent):
                continue
            trainer.model.eval()
            point = {"updates": done, "passes": round(passes, 3), "seconds": round(spent, 1), **self.measure(trainer)}
            print({key: round(value, 4) for key, value in point.items()}, flush=True)
            points.append(point)
            if point["loss"] < best:
                best = point["loss"]
                kept = {key: value.clone() for key, value in trainer.model.state_dict().items()}
            waited = len(points) - 1 - min(range(len(points)), key=lambda index: points[index]["loss"])
            if len(points) >= self._most() or (self.patience is not None and waited > self.patience):
                break
            trainer.model.train()
        trainer.model.load_state_dict(kept)
        trainer.model.eval()
        round_weights(trainer.model)
        return points

    def _most(self) -> int:
        return self.measurements if self.updates is None else len(self.updates)

    def _due(self, measured: int, done: int, spent: float) -> bool:
        if self.updates is not None:
            return done >= self.updates[measured]
        return spent >= self.seconds * (measured + 1) / self.measurements

    def _all_batches(self) -> Iterator[tuple[float, Batch]]:
        """Go over the data for ever: passes done when a batch has been learned from, and the batch."""
        make = self.batches or self._usual_batches
        passes = 0
        while True:
            torch.manual_seed(self.trainer.config.training.seed * 1000 + passes)
            batches = list(make(passes))
            self.trainer.model.train()
            for index, batch in enumerate(batches):
                yield passes + (index + 1) / len(batches), batch
            passes += 1

    def _usual_batches(self, passes: int) -> Iterator[Batch]:
        generator = np.random.default_rng([self.trainer.config.training.seed, passes])
        for windows in self.trainer.window_groups(generator):
            yield make_batch(windows, self.trainer.model.shape)
