"""Several processes that train one model: what `torchrun train.py ...` starts. In a single process nothing here does anything."""

from __future__ import annotations

import os

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from drummer.data.batches import Batch
from drummer.model.network import Given, Played


def join() -> None:
    """Meet the other processes where torchrun has started several."""
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def leave() -> None:
    """Part from the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """Which process this is, from 0; number 0 writes the files and shows the progress."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device() -> torch.device:
    """Choose this process's own GPU, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def together(module: nn.Module) -> nn.Module:
    """Wrap a module whose output is a loss, so that gradients are averaged over the processes."""
    if processes() == 1:
        return module
    return DistributedDataParallel(module, find_unused_parameters=True)  # what dropout leaves out has no gradient in one process


def share(batch: Batch) -> Batch:
    """Take every n-th sequence of a batch, n being the number of processes; all processes have drawn the same batch.

    A process that gets none takes one with nothing to play: it must join in nonetheless.
    """
    if processes() == 1:
        return batch
    rows = torch.arange(rank(), len(batch.target), processes())
    idle = len(rows) == 0
    rows = torch.zeros(1, dtype=torch.int64) if idle else rows

    def taken(tensor: Tensor) -> Tensor:
        return tensor[rows]

    own = Batch(Given(*map(taken, batch.given)), Played(*map(taken, batch.played)), *map(taken, batch[2:]))
    if idle:
        own = own._replace(target=torch.zeros_like(own.target), performed=torch.zeros_like(own.performed))
    return own


def total(*numbers: float) -> list[float]:
    """Add up each number over all processes."""
    if processes() == 1:
        return list(numbers)
    sums = torch.tensor(numbers, dtype=torch.float64, device=device())
    distributed.all_reduce(sums)
    return list(sums.tolist())
