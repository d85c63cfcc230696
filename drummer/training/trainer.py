"""The training loop: fits one model to the training split of a corpus, with early stopping on its validation split."""

from __future__ import annotations

import csv
import math
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from drummer.config import ROOT, Config, model_sections
from drummer.data.batches import Batch, Window, genre_repeats, group, make_batch, sample_windows
from drummer.data.corpus import Corpus
from drummer.data.encoding import encode_performances
from drummer.data.meter_augmentation import MeterAugmentation
from drummer.errors import CorpusError
from drummer.model.checkpoint import TrainedModel, build_model, round_weights, save_weights
from drummer.model.inputs import PARTS
from drummer.model.network import Seq2SeqLSTM
from drummer.model.reference_bank import ReferenceBank
from drummer.model.tokenizer import Tokenizer
from drummer.music.controls import measure_controls
from drummer.music.genre_scale import GenreScale
from drummer.music.meter import FOUR_FOUR, METERS
from drummer.training import distributed
from drummer.training.checkpoint import Checkpoint
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat
from drummer.training.loss import TrainingLoss


@dataclass
class Progress:
    """State of a training run; a checkpoint holds it together with the tensors of model and optimizer.

    Attributes:
        epoch: Epochs that are done.
        best_epoch: The epoch with the best validation loss, 0 before the first; once fine-tuning has begun, the best since then.
        best_bits: Validation loss of that epoch, in bits a beat.
        seconds: Time spent so far.
        fine_tuning_from: Epochs that were done when fine-tuning began, None before.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_bits: float = math.inf
    seconds: float = 0.0
    fine_tuning_from: int | None = None


@dataclass
class Trainer:
    """Trains one model: `run` does all of it, the other methods are its steps.

    Attributes:
        config: Configuration.
        size: Size of the model, a key of `config.model.sizes`.
        corpus: Data set.
        folder: Folder of the weights, the log and the checkpoint.
        command: The command line, stored beside the weights.
        quiet: Show no progress bars.
        progress: State of the run.
    """

    network: ClassVar[type[Seq2SeqLSTM]] = Seq2SeqLSTM
    tokenizer_class: ClassVar[type[Tokenizer]] = Tokenizer

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
        self.commit = find_commit()
        torch.set_num_threads(self.config.training.threads)
        torch.manual_seed(self.config.training.seed)
        genres = list(self.config.genres)
        train = self.corpus.select("train", genres, meters=METERS)
        validation = self.corpus.select("validation", genres, "beat")
        if not train or not validation:
            raise CorpusError(
                f"the data set must hold training performances and validation beats in 4/4 of the {len(genres)} genres"
            )
        self.device = distributed.device()
        self.quiet = self.quiet or distributed.rank() > 0
        self.tokenizer = self.tokenizer_class.fit((performance.groove for performance in train), self.config)
        beats = (performance for performance in train if performance.part == "beat")
        measured = ((genres.index(performance.genre), measure_controls(performance.groove)) for performance in beats)
        self.scale = GenreScale.fit(measured, len(genres))
        self.train = encode_performances(train, self.tokenizer, self.config, self.scale)
        self.validation = encode_performances(validation, self.tokenizer, self.config)
        self.augmentation = MeterAugmentation(train, self.tokenizer, self.config, self.scale)
        self.repeats = genre_repeats(self.train, len(genres), self.config.training.genre_balance)
        self.use_model(build_model(self.config, self.size, self.tokenizer, self.network))

    def use_model(self, model: Seq2SeqLSTM) -> None:
        """Train this model, with a new optimizer."""
        self.model = model.to(self.device)
        self.best_state = _copy_state(self.model)
        self.optimizer = self._make_optimizer()
        self.loss = self.make_loss()
        self._shared_loss = distributed.average_gradients(self.loss)

    def make_loss(self) -> TrainingLoss:
        """Make the loss of the model."""
        return TrainingLoss(self.model, self.config)

    def run(self) -> TrainedModel:
        """Train until validation stops getting better, then save the best weights. An interrupted run is continued.

        Ctrl-C ends it with KeyboardInterrupt; every finished epoch is in the checkpoint.
        """
        self._resume()
        settings = self.config.training
        epochs = settings.epochs + settings.fine_tuning.epochs
        with tqdm(total=epochs, initial=self.progress.epoch, desc=f"Training {self.size}", disable=self.quiet) as bar:
            while not self._finished():
                row = self.train_epoch()
                if distributed.rank() == 0:
                    self._log(row)
                    self._save_checkpoint()
                bar.set_postfix_str(f"validation {row['validation_bits']:.2f} bits a beat, best {self.progress.best_bits:.2f}")
                bar.update()
        self.model.load_state_dict(self.best_state)
        self.model.eval()
        round_weights(self.model)  # so that the metrics are those of the files
        trained = self.trained_model(self._metadata())
        if distributed.rank() == 0:
            save_weights(trained, self.folder, self.size)
            self._checkpoint().delete()
        return trained

    def trained_model(self, metadata: dict[str, Any]) -> TrainedModel:
        """Wrap the model with everything that generation needs."""
        bank = self.make_reference_bank()
        return TrainedModel(self.model.cpu(), self.tokenizer, self.config, self.size, self.scale, bank, metadata)

    def make_reference_bank(self) -> ReferenceBank:
        """Collect the training beats, without the fills, and their controls; none if training had no known controls."""
        beats = [performance for performance in self.train if performance.part == PARTS.index("beat")]
        return ReferenceBank.collect(
            [
                (beat.genre, beat.style, beat.source.groove, beat.controls)
                for beat in (beats if self.config.training.controlled_share else [])
            ]
        )

    # -- epochs and steps ------------------------------------------------------------------------------------------------------

    def train_epoch(self) -> dict[str, float]:
        """Train on the training split once, measure on the validation split and keep the weights if they are the best so far.

        Returns:
            The row of the log, by column.
        """
        settings, started = self.config.training, time.monotonic()
        if self._pretrained() and self.progress.fine_tuning_from is None:
            self._start_fine_tuning()
        epoch, fine_tuning = self.progress.epoch, self.progress.fine_tuning_from is not None
        # A generator for each epoch, not one for the run: a resumed run then draws the numbers of an uninterrupted one.
        generator = np.random.default_rng([settings.seed, epoch])
        torch.manual_seed(int(generator.integers(2**63)))
        rate = self._learning_rate()
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        self.model.train()
        nats, targets = 0.0, 0
        for windows in tqdm(self.window_groups(generator), desc="Batches", leave=False, disable=self.quiet):
            shard = distributed.own_shard(make_batch(windows, self.model.shape)).to(self.device)
            nats += self.step(shard, corrupt=fine_tuning)
            targets += int(shard.token_targets.sum())
        all_nats, all_targets = distributed.sum_over_processes(nats, targets)
        tokens_per_beat = self.model.shape.tokens_per_beat
        self.model.eval()
        bits = bits_a_beat(self.model, self.tokenizer, self.validation)
        self.progress.epoch += 1
        self.progress.seconds += time.monotonic() - started
        if bits.total < self.progress.best_bits:
            self.progress.best_epoch, self.progress.best_bits = self.progress.epoch, bits.total
            self.best_state = _copy_state(self.model)
        return {
            "epoch": self.progress.epoch,
            "seconds": self.progress.seconds,
            "learning_rate": rate,
            "train_bits": all_nats / math.log(2) / (all_targets / tokens_per_beat),  # dropout and fixed parts included
            "validation_bits": bits.total,
            **{f"validation_{name}": value for name, value in bits._asdict().items()},
        }

    def window_groups(self, generator: np.random.Generator) -> list[list[Window]]:
        """Sample the windows of one epoch, grouped into batches."""
        settings = self.config.training
        windows = sample_windows(self.train, settings, self.repeats, generator)
        windows += self.augmentation.sample_windows(round(settings.adapted_share * len(windows)), generator)
        bar = self.model.shape.tokens_per_bar(FOUR_FOUR)
        return group(windows, settings.batch_size * settings.window_bars * bar, generator)

    def step(self, batch: Batch, corrupt: bool = False) -> float:
        """Make one optimizer step.

        Args:
            batch: On the model's device.
            corrupt: Whether the memory is corrupted, see `drummer.training.history_corruption`.

        Returns:
            The loss, in nats, summed over the batch.
        """
        settings = self.config.training
        loss = self._shared_loss(batch, corrupt)
        self.optimizer.zero_grad(set_to_none=True)
        # A fixed divisor, not the batch's own length: every beat weighs the same, whether its batch is full or not. Gradients
        # are averaged over the processes but must add up.
        beats_per_batch = settings.batch_size * settings.window_bars * self.config.grid.beats_per_bar
        (loss * distributed.world_size() / beats_per_batch).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.gradient_clip)
        self.optimizer.step()
        return float(loss.detach())

    def _make_optimizer(self) -> torch.optim.AdamW:
        settings = self.config.training
        return torch.optim.AdamW(self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)

    def _pretrained(self) -> bool:
        """Whether the epochs before fine-tuning are done."""
        progress, settings = self.progress, self.config.training
        waited = progress.epoch - progress.best_epoch
        return progress.fine_tuning_from is not None or progress.epoch >= settings.epochs or waited > settings.patience

    def _finished(self) -> bool:
        """Whether all epochs are done."""
        started = self.progress.epoch if self.progress.fine_tuning_from is None else self.progress.fine_tuning_from
        return self._pretrained() and self.progress.epoch - started >= self.config.training.fine_tuning.epochs

    def _start_fine_tuning(self) -> None:
        """Return to the best weights so far, as files would hold them, with a new optimizer."""
        self.model.load_state_dict(self.best_state)
        round_weights(self.model)
        self.optimizer = self._make_optimizer()
        self.progress.fine_tuning_from = self.progress.epoch
        self.progress.best_bits = math.inf  # its benefit shows in generation, not in this loss

    def _learning_rate(self) -> float:
        """Compute the learning rate of the present epoch: it falls along a cosine, and once more in fine-tuning."""
        settings, started = self.config.training, self.progress.fine_tuning_from
        if started is None:
            share = learning_rate_share(self.progress.epoch, settings.epochs, settings.final_learning_rate)
            return settings.learning_rate * share
        epoch = self.progress.epoch - started
        share = learning_rate_share(epoch, settings.fine_tuning.epochs, settings.final_learning_rate)
        return settings.fine_tuning.learning_rate * share

    def _metadata(self) -> dict[str, Any]:
        fills = self.corpus.select("validation", self.config.genres, "fill")
        encoded = encode_performances(fills, self.tokenizer, self.config)
        return {
            "command": self.command,
            "commit": self.commit,
            "meters": [meter.signature for meter in METERS],
            "data": {"name": self.corpus.name, "sha256": self.corpus.checksum},
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "training": {
                "epochs": self.progress.epoch,
                "best_epoch": self.progress.best_epoch,
                "minutes": round(self.progress.seconds / 60, 1),
                "device": self.device.type,
                "processes": distributed.world_size(),
                "threads": torch.get_num_threads(),
            },
            "metrics": {
                "validation_bits_a_beat": {
                    "beats": rounded(bits_a_beat(self.model, self.tokenizer, self.validation)),
                    "fills": rounded(bits_a_beat(self.model, self.tokenizer, encoded)) if encoded else None,
                }
            },
        }

    # -- log and checkpoint ----------------------------------------------------------------------------------------------------

    def _checkpoint(self) -> Checkpoint:
        identity = {"config": model_sections(self.config), "size": self.size, "data": self.corpus.checksum}
        return Checkpoint(self.folder, self.size, identity)

    def _save_checkpoint(self) -> None:
        """Write the state of the run; the inverse of `_resume`."""
        self._checkpoint().write(self.model, self.best_state, self.optimizer, vars(self.progress))

    def _resume(self) -> None:
        """Continue from the checkpoint of an interrupted run, if there is one."""
        restored = self._checkpoint().read(self.model, self.optimizer)
        if restored is not None:
            self.best_state, progress = restored
            self.progress = Progress(**progress)

    def _log(self, row: dict[str, float]) -> None:
        """Append to `SIZE.csv`; a new run starts a new log."""
        path = self.folder / f"{self.size}.csv"
        self.folder.mkdir(parents=True, exist_ok=True)
        with path.open("w" if row["epoch"] == 1 else "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if row["epoch"] == 1:
                writer.writeheader()
            writer.writerow({key: f"{value:.6g}" for key, value in row.items()})


def learning_rate_share(epoch: int, epochs: int, final: float) -> float:
    """Compute the share of the learning rate that is left: half a cosine from 1 to `final`; `final` = 1 keeps it constant."""
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))


def find_commit() -> str | None:
    """Return the commit of the code, "-dirty" behind it where files are changed; None where there is no git or no repository."""
    try:
        command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def rounded(bits: NegativeLogLikelihood) -> dict[str, float]:
    """Round bits a beat for a report, the sum included."""
    return {"total": round(bits.total, 2), **{name: round(value, 2) for name, value in bits._asdict().items()}}


def _copy_state(model: Seq2SeqLSTM) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in model.state_dict().items()}
