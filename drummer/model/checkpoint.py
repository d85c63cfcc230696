"""Trained models on disk: `NAME.safetensors` holds the weights, `NAME.json` the configuration, vocabulary and metadata.

Weights are stored in half precision and in shards of at most `SHARD_BYTES`, the second of which is `NAME.2.safetensors`: Hugging
Face Spaces want files over 10 MB in another storage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from drummer.config import Config, model_sections
from drummer.config_sections import SizeConfig
from drummer.errors import ConfigError, DrummerError, SettingError, WeightsError
from drummer.model.description import WEIGHTS, model_names, read_description, restore_config
from drummer.model.inputs import ModelShape, style_names
from drummer.model.network import Seq2SeqLSTM
from drummer.model.reference_bank import ReferenceBank
from drummer.model.reference_bars import find_accented_bars
from drummer.model.tokenizer import Tokenizer
from drummer.music.genre_scale import GenreScale
from drummer.music.meter import Meter
from drummer.validation import check_whole, cut, quote

SHARD_BYTES = 9_000_000
_MOST_SHARDS = 1000
# Of weights that were written before descriptions listed them.
_UNLISTED_METERS = ["2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8"]
_BANK = "repertoire"  # prefix of the reference bank's tensors in the files; the weights that ship have it


@dataclass(frozen=True)
class TrainedModel:
    """A trained model with everything that is needed to generate with it.

    Attributes:
        model: The network, in evaluation mode.
        tokenizer: Its tokenizer.
        config: The configuration that it was trained with; of loaded weights, only the sections that shape the model.
        size: Its size, a key of `config.model.sizes`.
        scale: Quantiles of each control over the training performances.
        reference_bank: Performances of the training drummers, from which generation takes references.
        metadata: Metrics, data checksum, command and so on, for JSON.
    """

    model: Seq2SeqLSTM
    tokenizer: Tokenizer
    config: Config
    size: str
    scale: GenreScale
    reference_bank: ReferenceBank
    metadata: Mapping[str, Any]

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that the model knows, in the order of its embedding."""
        return tuple(self.config.genres)

    @cached_property
    def meters(self) -> tuple[Meter, ...]:
        """The meters that the model was trained on, in which it plays."""
        return tuple(map(Meter.parse, self.metadata.get("meters", _UNLISTED_METERS)))

    @cached_property
    def accented_bars(self) -> NDArray[np.bool_]:
        """The bars of the reference bank that are easy to count, see `find_accented_bars`."""
        return find_accented_bars(self.reference_bank, self.config.grid.steps_per_beat)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights: 16 hexadecimal digits, the same before they are saved and after they are loaded."""
        digest = hashlib.sha256()
        for key, value in sorted(_state(self).items()):
            digest.update(f"{key} {tuple(value.shape)} ".encode() + value.numpy().tobytes())
        return digest.hexdigest()[:16]


def size_of(config: Config, size: object) -> SizeConfig:
    """Look up a size of the model.

    Raises:
        ConfigError: If there is no such size.
    """
    if not isinstance(size, str) or size not in config.model.sizes:
        raise ConfigError(f"unknown model size {quote(size)}, it must be one of {', '.join(config.model.sizes)}")
    return config.model.sizes[size]


def build_model(config: Config, size: str, tokenizer: Tokenizer, network: type[Seq2SeqLSTM] = Seq2SeqLSTM) -> Seq2SeqLSTM:
    """Make an untrained model with random weights from torch's global generator.

    Args:
        config: For the shape of the model.
        size: A key of `config.model.sizes`.
        tokenizer: For the vocabulary.
        network: Class of the model; the report compares others.

    Raises:
        ConfigError: If there is no such size.
    """
    widths = size_of(config, size)
    shape = ModelShape.from_config(config, tokenizer.size, tokenizer.token_steps)
    return network(widths, shape, torch.from_numpy(tokenizer.token_voices()))


def save_weights(trained: TrainedModel, folder: Path, name: str) -> None:
    """Write `name.safetensors` and `name.json` into a folder; the inverse of `load_weights` after `round_weights`."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = _split(_state(trained))
    description = {
        "size": trained.size,
        "shards": len(shards),
        **trained.metadata,
        "config": model_sections(trained.config),
        "vocabulary": trained.tokenizer.to_dict(),
    }
    for stale in _further_shards(folder, name):
        stale.unlink()
    for path, shard in zip(_shard_paths(folder, name, len(shards)), shards, strict=True):
        path.write_bytes(safetensors.torch.save(shard))
    (folder / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def load_weights(
    name: str,
    folder: Path = WEIGHTS,
    network: type[Seq2SeqLSTM] = Seq2SeqLSTM,
    tokenizer_class: type[Tokenizer] = Tokenizer,
) -> TrainedModel:
    """Read a trained model; the inverse of `save_weights`.

    Args:
        name: One of `model_names`.
        folder: Folder of the files.
        network: Class of the model.
        tokenizer_class: Class of its tokenizer.

    Raises:
        WeightsError: If there is no such model, or its files are damaged or do not fit each other.
    """
    names = model_names(folder)
    if name not in names:
        there = f"it must be one of {', '.join(names)}" if names else f"there are none in {folder}: run train.py"
        raise WeightsError(f"unknown model {quote(name)}, {there}")
    description = read_description(folder / f"{name}.json")
    try:
        config = restore_config(description.pop("config"), f"{name}.json")
        tokenizer = tokenizer_class.from_dict(description.pop("vocabulary"), config)
        size, shards = description.pop("size"), description.pop("shards")
        paths = _shard_paths(folder, name, check_whole("shards", shards, (1, _MOST_SHARDS)))
        least = _least_parameters(config, size)
    except KeyError as error:
        raise WeightsError(f"{name}.json lacks the key {error}; fetch or train the weights again") from error
    except SettingError as error:
        raise WeightsError(f"{name}.json is damaged ({error}); fetch or train the weights again") from error
    except ConfigError as error:
        raise WeightsError(f"the weights '{name}' do not fit this version of Drummer ({error}); train them again") from error
    try:
        tensors: dict[str, Tensor] = {}
        for path in paths:
            tensors |= safetensors.torch.load_file(path)
        _check_finite(tensors)
        scale = GenreScale(tensors.pop("scale").double().numpy())
        bank = ReferenceBank(**{key: tensors.pop(f"{_BANK}.{key}") for key in ReferenceBank._fields})
        if sum(tensor.numel() for tensor in tensors.values()) < least:
            raise ValueError("the file is too small for such a model")
        model = build_model(config, size, tokenizer, network)
        model.load_state_dict(tensors)
        bank.check(len(config.genres), len(style_names(config)), config.grid.steps_per_beat)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{name}.safetensors is damaged ({error}); fetch or train the weights again") from error
    except (KeyError, RuntimeError, ValueError) as error:  # torch's word for tensors that are missing or have other shapes
        raise WeightsError(f"{name}.safetensors does not fit {name}.json; fetch or train both again") from error
    trained = TrainedModel(model.eval(), tokenizer, config, size, scale, bank, description)
    try:
        _ = trained.meters
    except (DrummerError, TypeError) as error:
        raise WeightsError(f"{name}.json is damaged ({error}); fetch or train the weights again") from error
    return trained


def _check_finite(tensors: Mapping[str, Tensor]) -> None:
    """Refuse weights that are no numbers; in the plans of the reference bank NaN stands for an unknown control."""
    for key, tensor in tensors.items():
        if key != f"{_BANK}.plans" and not bool(torch.isfinite(tensor).all()):
            raise SafetensorError(f"{cut(key)} holds NaN or infinity")


def _least_parameters(config: Config, size: object) -> int:
    """Count the parameters of a model's largest matrices, so that no memory is allocated that its file does not fill."""
    own = size_of(config, size)
    return 4 * own.layers * own.hidden**2 + 8 * own.encoder_hidden**2 + own.head_hidden**2


def round_weights(model: Seq2SeqLSTM) -> None:
    """Round weights to the half precision that files keep."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half())


def _state(trained: TrainedModel) -> dict[str, Tensor]:
    """Collect all tensors of a model as a file keeps them."""
    state = {key: value.half().contiguous().cpu() for key, value in trained.model.state_dict().items()}
    state["scale"] = torch.from_numpy(trained.scale.quantiles.astype(np.float32))
    return state | {f"{_BANK}.{key}": value.contiguous() for key, value in trained.reference_bank._asdict().items()}


def _split(tensors: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """Deal tensors out to as few shards as their order allows, each of at most `SHARD_BYTES`."""
    shards: list[dict[str, Tensor]] = [{}]
    free = SHARD_BYTES
    for key, tensor in tensors.items():
        if shards[-1] and tensor.nbytes > free:
            shards.append({})
            free = SHARD_BYTES
        shards[-1][key] = tensor
        free -= tensor.nbytes
    return shards


def _shard_paths(folder: Path, name: str, count: int) -> list[Path]:
    return [folder / f"{name}.safetensors", *(folder / f"{name}.{number}.safetensors" for number in range(2, count + 1))]


def _further_shards(folder: Path, name: str) -> list[Path]:
    return [path for path in folder.glob(f"{name}.*.safetensors") if path.stem.removeprefix(f"{name}.").isdigit()]
