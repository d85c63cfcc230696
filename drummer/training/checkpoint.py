"""Checkpoints of a training run on disk, safetensors and JSON: an interrupted run continues from the last finished epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from drummer.errors import WeightsError


@dataclass(frozen=True)
class Checkpoint:
    """The two files of a checkpoint: `NAME.checkpoint.safetensors` and `NAME.checkpoint.json`.

    Attributes:
        folder: Their folder.
        name: Size of the model.
        identity: Configuration and data set of the run; a checkpoint of another run is refused.
    """

    folder: Path
    name: str
    identity: Mapping[str, Any]

    @property
    def tensors_path(self) -> Path:
        """File of the tensors: model, best weights so far, optimizer."""
        return self.folder / f"{self.name}.checkpoint.safetensors"

    @property
    def state_path(self) -> Path:
        """File of the progress and of the identity."""
        return self.folder / f"{self.name}.checkpoint.json"

    def write(
        self,
        model: nn.Module,
        best_state: Mapping[str, Tensor],
        optimizer: torch.optim.Optimizer,
        progress: Mapping[str, Any],
    ) -> None:
        """Write the state of a run; each file is replaced in one go."""
        tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in best_state.items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
        _replace(self.tensors_path, safetensors.torch.save(tensors, metadata={"epoch": str(progress["epoch"])}))
        _replace(self.state_path, json.dumps({"progress": progress, "identity": self.identity}).encode())

    def read(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Restore model and optimizer; the inverse of `write`.

        Returns:
            The best weights so far and the progress; None where there is no checkpoint.

        Raises:
            WeightsError: If the checkpoint is damaged or belongs to another configuration or data set.
        """
        if not (self.tensors_path.is_file() and self.state_path.is_file()):
            return None
        advice = f"delete {self.tensors_path.name} and {self.state_path.name} in {self.folder} to start afresh"
        try:
            state = json.loads(self.state_path.read_text(encoding="utf-8"))
            tensors = safetensors.torch.load_file(self.tensors_path, device=str(next(model.parameters()).device))
            if state["identity"] != self.identity:
                raise WeightsError(f"the checkpoint is of a run with another configuration or data set; {advice}")
            model.load_state_dict(_under("model.", tensors))
            optimizer_state: dict[int, dict[str, Tensor]] = {}
            for key, value in _under("optimizer.", tensors).items():
                index, name = key.split(".", 1)
                optimizer_state.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({"state": optimizer_state, "param_groups": optimizer.state_dict()["param_groups"]})
            return _under("best.", tensors), dict(state["progress"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise WeightsError(f"the checkpoint is damaged ({error}); {advice}") from error

    def delete(self) -> None:
        """Delete both files, if they are there."""
        self.tensors_path.unlink(missing_ok=True)
        self.state_path.unlink(missing_ok=True)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(content)
    temporary.replace(path)
