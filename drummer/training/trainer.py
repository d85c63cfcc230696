"""The training loop: one model from the training split of a corpus, stopped early by its validation split."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from tqdm import tqdm

from drummer.config import Config, ScheduleConfig, model_sections
from drummer.data.batches import EncodedPerformance, draw_windows, encode_performances, genre_repeats, group, make_batch
from drummer.data.corpus import Corpus
from drummer.errors import CorpusError, WeightsError
from drummer.model.checkpoint import TrainedModel, build_model, round_weights, save_weights
from drummer.model.network import PARTS, Seq2SeqLSTM
from drummer.model.reference_bank import ReferenceBank
from drummer.model.tokenizer import Tokenizer, fit_tokenizer
from drummer.music.controls import measure_controls
from drummer.music.genre_scale import GenreScale
from drummer.training import distributed
from drummer.training.likelihood import Surprise, bits_a_beat
from drummer.training.loss import Objective

LOG_COLUMNS = (
    "epoch", "seconds", "learning_rate", "teacher_forcing", "train_bits",
    "validation_bits", "validation_voices", "validation_velocity", "validation_timing",
)  # fmt: skip


@dataclass
class Progress:
    """How far training is; with the tensors of model and optimizer, all that a checkpoint holds.

    Attributes:
        epoch: Passes over the training split that are done.
        best_epoch: The pass after which validation was best, 0 before the first; once recovery has begun, the best since then.
        best_bits: Validation bits a beat then.
        seconds: Time spent so far.
        recovery_from: How many passes were done when recovery began, None before.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_bits: float = math.inf
    seconds: float = 0.0
    recovery_from: int | None = None


@dataclass
class Trainer:
    """Trains one model. `run` does it all; the other methods are its steps.

    Attributes:
        config: What to train.
        size: Which size.
        corpus: What to train on.
        folder: Where the weights, the log and the checkpoint go.
        command: The command line, kept beside the weights.
        quiet: Show no progress bars.
    """

    config: Config
    size: str
    corpus: Corpus
    folder: Path
    command: str
    quiet: bool = False
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        """Encode the corpus and make the model, its weights drawn from `training.seed`.

        Raises:
            CorpusError: If the corpus has no training or no validation beats of the configured genres.
            ConfigError: If the configuration does not make a model.
        """
        torch.set_num_threads(self.config.training.threads)
        torch.manual_seed(self.config.training.seed)
        train = self.corpus.select("train", self.config.genres)
        validation = self.corpus.select("validation", self.config.genres, "beat")
        if not train or not validation:
            raise CorpusError(
                "the data set must hold training performances and validation beats in 4/4 of the {len(genres)} genres"
            )
        self.device = distributed.device()
        self.quiet = self.quiet or distributed.rank() > 0
        self.tokenizer: Tokenizer[Any] = fit_tokenizer((performance.groove for performance in train), self.config)
        genres = list(self.config.genres)
        self.scale = GenreScale.fit(
            ((genres.index(take.genre), measure_controls(take.groove)) for take in train if take.part == "beat"), len(genres)
        )
        self.train = encode_performances(train, self.tokenizer, genres, self.scale)
        self.validation = encode_performances(validation, self.tokenizer, genres)
        self.model = build_model(self.config, self.size, self.tokenizer).to(self.device)
        self.best_state = _copy(self.model)
        self.optimizer = self._make_optimizer()
        weights = (
            _balanced_weights(self.train, self.tokenizer.size).to(self.device) if self.config.training.class_weights else None
        )
        self.objective = distributed.together(Objective(self.model, self.config, weights))
        self.repeats = genre_repeats(self.train, len(genres), self.config.training.genre_balance)

    def run(self) -> TrainedModel:
        """Train until validation stops getting better, then save the best weights. Continues a run that was broken off.

        Ctrl-C ends it with KeyboardInterrupt; every finished epoch is in the checkpoint.
        """
        self._resume()
        settings = self.config.training
        passes = settings.epochs + settings.recovery.epochs
        with tqdm(total=passes, initial=self.progress.epoch, desc=f"Training {self.size}", disable=self.quiet) as bar:
            while not self._finished():
                row = self._epoch()
                if distributed.rank() == 0:
                    self._log(row)
                    self._checkpoint()
                bar.set_postfix_str(f"validation {row['validation_bits']:.2f} bits a beat, best {self.progress.best_bits:.2f}")
                bar.update()
        self.model.load_state_dict(self.best_state)
        self.model.eval()
        round_weights(self.model)  # so that what is measured is what the files hold
        facts = self._facts()
        # A model that never learned to follow a plan gets none.
        repertoire = make_reference_bank(self.train if self.config.training.asked_share else [])
        trained = TrainedModel(self.model.cpu(), self.tokenizer, self.config, self.size, self.scale, repertoire, facts)
        if distributed.rank() == 0:
            save_weights(trained, self.folder, self.size)
            for path in self._checkpoint_files():
                path.unlink(missing_ok=True)
        return trained

    def _make_optimizer(self) -> torch.optim.AdamW:
        settings = self.config.training
        return torch.optim.AdamW(self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)

    def _learned(self) -> bool:
        """Tell whether the passes before recovery are done."""
        progress, settings = self.progress, self.config.training
        waited = progress.epoch - progress.best_epoch
        return progress.recovery_from is not None or progress.epoch >= settings.epochs or waited > settings.patience

    def _finished(self) -> bool:
        done = self.progress.epoch - (self.progress.epoch if self.progress.recovery_from is None else self.progress.recovery_from)
        return self._learned() and done >= self.config.training.recovery.epochs

    def _begin_recovery(self) -> None:
        """Go on from the best weights so far, as files would hold them, and without the optimizer's past."""
        self.model.load_state_dict(self.best_state)
        round_weights(self.model)
        self.optimizer = self._make_optimizer()
        self.progress.recovery_from = self.progress.epoch
        self.progress.best_bits = math.inf  # what recovery is for shows in playing, not in this

    def _epoch(self) -> dict[str, float]:
        """Go once over the training split, measure on the validation split and keep the weights if they are the best so far."""
        settings, started = self.config.training, time.monotonic()
        if self._learned() and self.progress.recovery_from is None:
            self._begin_recovery()
        epoch, recovery = self.progress.epoch, self.progress.recovery_from is not None
        # A generator an epoch, not one for the run: a resumed run draws what an unbroken one would have drawn.
        generator = np.random.default_rng([settings.seed, epoch])
        torch.manual_seed(int(generator.integers(2**63)))
        rate = self._learning_rate()
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        train_bits = self._pass(generator, teacher_forcing(settings.teacher_forcing, epoch), slips=recovery)
        self.model.eval()
        bits = bits_a_beat(self.model, self.tokenizer, self.validation)
        self.progress.epoch += 1
        self.progress.seconds += time.monotonic() - started
        if bits.total < self.progress.best_bits:
            self.progress.best_epoch, self.progress.best_bits = self.progress.epoch, bits.total
            self.best_state = _copy(self.model)
        values = (
            self.progress.epoch, self.progress.seconds, rate, teacher_forcing(settings.teacher_forcing, epoch), train_bits,
            bits.total, *bits,
        )  # fmt: skip
        return dict(zip(LOG_COLUMNS, values, strict=True))

    def _learning_rate(self) -> float:
        """Fall along a cosine, and once more in recovery."""
        settings, began = self.config.training, self.progress.recovery_from
        if began is None:
            return settings.learning_rate * learning_rate_share(
                self.progress.epoch, settings.epochs, settings.final_learning_rate
            )
        share = learning_rate_share(self.progress.epoch - began, settings.recovery.epochs, settings.final_learning_rate)
        return settings.recovery.learning_rate * share

    def _pass(self, generator: np.random.Generator, forcing: float, slips: bool = False) -> float:
        """Take one optimizer step for each batch of a pass; return the bits a beat, dropout and masks included."""
        settings, shape = self.config.training, self.model.shape
        budget = settings.batch_size * settings.window_bars * shape.tokens_per_bar
        beats_a_batch = settings.batch_size * settings.window_bars * self.config.grid.beats_per_bar
        windows = draw_windows(
            self.train,
            settings.window_bars,
            shape.tokens_per_bar,
            settings.free_share,
            settings.asked_share,
            self.repeats,
            generator,
        )
        self.model.train()
        nats, targets = 0.0, 0
        for chosen in tqdm(group(windows, budget, generator), desc="Batches", leave=False, disable=self.quiet):
            batch = distributed.share(make_batch(chosen, shape)).to(self.device)
            loss = self.objective(batch, forcing, slips)
            self.optimizer.zero_grad(set_to_none=True)
            # A fixed divisor, not the batch's own length: every beat weighs the same, whether its batch is full or not. Processes
            # average their gradients, which must add up.
            (loss * distributed.processes() / beats_a_batch).backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.gradient_clip)
            self.optimizer.step()
            nats += float(loss.detach())
            targets += int(batch.target.sum())
        tokens_a_beat = shape.tokens_per_bar / self.config.grid.beats_per_bar
        all_nats, all_targets = distributed.total(nats, targets)
        return all_nats / math.log(2) / (all_targets / tokens_a_beat)

    def _facts(self) -> dict[str, Any]:
        fills = self.corpus.select("validation", self.config.genres, "fill")
        encoded = encode_performances(fills, self.tokenizer, list(self.config.genres))
        return {
            "command": self.command,
            "data": {"name": self.corpus.name, "sha256": self.corpus.checksum},
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "training": {
                "epochs": self.progress.epoch,
                "best_epoch": self.progress.best_epoch,
                "minutes": round(self.progress.seconds / 60, 1),
                "device": self.device.type,
                "processes": distributed.processes(),
                "threads": torch.get_num_threads(),
            },
            "metrics": {
                "validation_bits_a_beat": {
                    "beats": rounded(bits_a_beat(self.model, self.tokenizer, self.validation)),
                    "fills": rounded(bits_a_beat(self.model, self.tokenizer, encoded)) if encoded else None,
                }
            },
        }

    # -- checkpoint: safetensors and JSON, never a pickle --------------------------------------------------------------------

    def _checkpoint_files(self) -> tuple[Path, Path]:
        return self.folder / f"{self.size}.checkpoint.safetensors", self.folder / f"{self.size}.checkpoint.json"

    def _checkpoint(self) -> None:
        """Write all state; the inverse of `_resume`. Each file is replaced in one go, and both carry the epoch."""
        tensors_path, facts_path = self._checkpoint_files()
        tensors = {f"model.{key}": value for key, value in self.model.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in self.best_state.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
        _replace(tensors_path, safetensors.torch.save(tensors, metadata={"epoch": str(self.progress.epoch)}))
        facts = {"progress": vars(self.progress), "identity": self._identity()}
        _replace(facts_path, json.dumps(facts).encode())

    def _resume(self) -> None:
        """Take up the checkpoint of a run that was broken off.

        Raises:
            WeightsError: If the checkpoint is damaged or belongs to another configuration or data set.
        """
        tensors_path, facts_path = self._checkpoint_files()
        if not (tensors_path.is_file() and facts_path.is_file()):
            return
        advice = f"delete {tensors_path.name} and {facts_path.name} in {self.folder} to start afresh"
        try:
            facts = json.loads(facts_path.read_text(encoding="utf-8"))
            tensors = safetensors.torch.load_file(tensors_path, device=str(self.device))
            if facts["identity"] != self._identity():
                raise WeightsError(f"the checkpoint is of a run with another configuration or data set; {advice}")
            self._restore(tensors)
            self.progress = Progress(**facts["progress"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise WeightsError(f"the checkpoint is damaged ({error}); {advice}") from error

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        def under(prefix: str) -> dict[str, Tensor]:
            return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}

        self.model.load_state_dict(under("model."))
        self.best_state = under("best.")
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in under("optimizer.").items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict({"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]})

    def _identity(self) -> dict[str, Any]:
        return {"config": model_sections(self.config), "size": self.size, "data": self.corpus.checksum}

    def _log(self, row: dict[str, float]) -> None:
        """Append to `SIZE.csv`; a new run starts a new log."""
        path = self.folder / f"{self.size}.csv"
        self.folder.mkdir(parents=True, exist_ok=True)
        with path.open("w" if row["epoch"] == 1 else "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            if row["epoch"] == 1:
                writer.writeheader()
            writer.writerow({key: f"{value:.6g}" for key, value in row.items()})


def make_reference_bank(performances: Iterable[EncodedPerformance]) -> ReferenceBank:
    """Collect the beats, and no fills."""
    return ReferenceBank.collect(
        [
            (take.genre, take.source.groove.bpm, take.controls, take.velocities, take.offsets)
            for take in performances
            if take.part == PARTS.index("beat")
        ]
    )


def teacher_forcing(schedule: ScheduleConfig, epoch: int) -> float:
    """Share of decoder inputs that are the truth in an epoch (counted from 0), in [0, 1]; see `ScheduleConfig`."""
    value = schedule.start + (schedule.end - schedule.start) * epoch / schedule.epochs
    return min(1.0, max(0.0, value))


def learning_rate_share(epoch: int, epochs: int, final: float) -> float:
    """Fall from 1 to `final` along half a cosine; `final` = 1 keeps the learning rate where it is."""
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))


def rounded(bits: Surprise) -> dict[str, float]:
    """Round bits a beat for a report, the sum included."""
    return {"total": round(bits.total, 2), **{name: round(value, 2) for name, value in bits._asdict().items()}}


def _balanced_weights(performances: Sequence[EncodedPerformance], vocabulary: int) -> Tensor:
    """Weigh each token by the inverse of its frequency, so that the weights' mean over the data is 1; unseen tokens weigh 1."""
    counts = np.bincount(np.concatenate([performance.tokens for performance in performances]), minlength=vocabulary)
    seen = counts > 0
    weights = np.ones(vocabulary)
    weights[seen] = counts.sum() / (seen.sum() * counts[seen])
    return torch.from_numpy(weights).float()


def _copy(model: Seq2SeqLSTM) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(content)
    temporary.replace(path)
