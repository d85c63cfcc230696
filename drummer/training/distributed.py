"""Data-parallel training in several processes, started by `torchrun train.py ...`; in one process nothing here has an effect."""

from __future__ import annotations

import os

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from drummer.data.batches import Batch
from drummer.model.inputs import Conditioning, PerformanceTensors


def start() -> None:
    """Connect to the other processes where torchrun has started several."""
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def stop() -> None:
    """Disconnect from the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """Number of this process, from 0; process 0 writes the files and shows the progress."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world_size() -> int:
    """Number of processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device() -> torch.device:
    """Choose this process's own GPU, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def average_gradients(module: nn.Module) -> nn.Module:
    """Wrap a module whose output is a loss, so that gradients are averaged over the processes."""
    if world_size() == 1:
        return module
    return DistributedDataParallel(module, find_unused_parameters=True)  # a dropped memory has no gradient in its process


def own_shard(batch: Batch) -> Batch:
    """Cut every n-th sequence out of a batch, n being the number of processes; all processes have made the same batch.

    A process without a sequence gets one without targets, because it must take part in the exchange of gradients.
    """
    if world_size() == 1:
        return batch
    rows = torch.arange(rank(), len(batch.token_targets), world_size())
    idle = len(rows) == 0
    rows = torch.zeros(1, dtype=torch.int64) if idle else rows

    def taken(tensor: Tensor) -> Tensor:
        return tensor[rows]

    shard = Batch(
        Conditioning(*map(taken, batch.conditioning)),
        PerformanceTensors(*map(taken, batch.performance)),
        velocity_bins=taken(batch.velocity_bins),
        timing_bins=taken(batch.timing_bins),
        token_targets=taken(batch.token_targets),
        hit_targets=taken(batch.hit_targets),
        tokens_per_bar=batch.tokens_per_bar,
    )
    if idle:
        shard = shard._replace(
            token_targets=torch.zeros_like(shard.token_targets), hit_targets=torch.zeros_like(shard.hit_targets)
        )
    return shard


def sum_over_processes(*numbers: float) -> list[float]:
    """Add up each number over all processes."""
    if world_size() == 1:
        return list(numbers)
    sums = torch.tensor(numbers, dtype=torch.float64, device=device())
    distributed.all_reduce(sums)
    return list(sums.tolist())
