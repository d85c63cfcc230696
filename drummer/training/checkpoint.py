"""Checkpoints of a training run on disk, in safetensors: an interrupted run continues from the last finished epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from drummer.errors import WeightsError


@dataclass(frozen=True)
class Checkpoint:
    """The file of a checkpoint, `NAME.checkpoint.safetensors`.

    One file, which is replaced in one go, so that weights and progress always belong together.

    Attributes:
        folder: Its folder.
        name: Size of the model.
        identity: Configuration and data set of the run; a checkpoint of another run is refused.
    """

    folder: Path
    name: str
    identity: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """The file: tensors of the model, of the best weights so far and of the optimizer; progress and identity as metadata."""
        return self.folder / f"{self.name}.checkpoint.safetensors"

    def write(
        self,
        model: nn.Module,
        best_state: Mapping[str, Tensor],
        optimizer: torch.optim.Optimizer,
        progress: Mapping[str, Any],
    ) -> None:
        """Write the state of a run."""
        tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in best_state.items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
        metadata = {"progress": json.dumps(progress), "identity": json.dumps(self.identity)}
        temporary = self.path.with_suffix(".partial")
        temporary.write_bytes(safetensors.torch.save(tensors, metadata=metadata))
        temporary.replace(self.path)

    def read(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Restore model and optimizer; the inverse of `write`.

        Returns:
            The best weights so far and the progress; None where there is no checkpoint.

        Raises:
            WeightsError: If the checkpoint is damaged or belongs to another configuration or data set.
        """
        if not self.path.is_file():
            return None
        advice = f"delete {self.path.name} in {self.folder} to start afresh"
        try:
            with safetensors.safe_open(self.path, "pt", device=str(next(model.parameters()).device)) as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, the file is no dictionary
            if json.loads(metadata["identity"]) != self.identity:
                raise WeightsError(f"the checkpoint is of a run with another configuration or data set; {advice}")
            model.load_state_dict(_under("model.", tensors))
            optimizer_state: dict[int, dict[str, Tensor]] = {}
            for key, value in _under("optimizer.", tensors).items():
                index, name = key.split(".", 1)
                optimizer_state.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({"state": optimizer_state, "param_groups": optimizer.state_dict()["param_groups"]})
            return _under("best.", tensors), dict(json.loads(metadata["progress"]))
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise WeightsError(f"the checkpoint is damaged, or of another version ({error}); {advice}") from error

    def delete(self) -> None:
        """Delete the file, if it is there."""
        self.path.unlink(missing_ok=True)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
