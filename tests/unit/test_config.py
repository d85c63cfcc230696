from pathlib import Path

import pytest
import yaml

from drummer.config import DEFAULT_PATH, config_to_dict, default_config, load_config, parse_config
from drummer.errors import ConfigError


def recipe(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_number_of_the_default_file_arrives():
    config = default_config()
    assert config.grid.steps_per_beat == 12
    assert config.limits.bpm == (30, 300)
    assert config.model.sizes["small"].hidden == 128
    assert config == load_config() == parse_config(yaml.safe_load(DEFAULT_PATH.read_text()), "again")


def test_defaults_lie_inside_the_limits():
    config = default_config()
    assert config.defaults.genre in config.genres
    assert config.defaults.model in config.model.sizes
    for value, (low, high) in (
        (config.defaults.bars, config.limits.bars),
        (config.defaults.temperature, config.limits.temperature),
    ):
        assert low <= value <= high
    for genre in config.genres.values():
        low, high = config.limits.bpm
        assert low <= genre.slow_bpm <= genre.usual_bpm <= genre.fast_bpm <= high


def test_a_recipe_changes_only_the_keys_it_holds(tmp_path):
    changed = load_config(recipe(tmp_path, "training: {batch_size: 7}\nmodel: {sizes: {small: {hidden: 16}}}\n"))
    expected = config_to_dict(default_config())
    expected["training"]["batch_size"] = 7
    expected["model"]["sizes"]["small"]["hidden"] = 16
    assert config_to_dict(changed) == expected


def test_pairs_win_over_the_recipe(tmp_path):
    path = recipe(tmp_path, "training: {batch_size: 7, epochs: 2}\n")
    config = load_config(path, ["training.batch_size=8", "model.memory_dropout=0.1", "training.learning_rate=1"])
    assert (config.training.batch_size, config.training.epochs) == (8, 2)
    assert config.model.memory_dropout == 0.1
    assert config.training.learning_rate == 1.0


def test_every_recipe_of_the_project_loads():
    for path in sorted((DEFAULT_PATH.parent / "recipes").glob("*.yaml")):
        load_config(path)


def test_a_config_survives_becoming_plain_data():
    config = load_config(overrides=["training.seed=3"])
    assert parse_config(config_to_dict(config), "copy") == config


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("training.batchsize=3", "unknown key 'training.batchsize'"),
        ("model.sizes.small.width=3", r"unknown key 'model\.sizes\.small\.width'"),
        ("training.batch_size=many", r"the value of 'training\.batch_size' is wrong.*'many'"),
        ("training.batch_size=1.5", "the value of 'training.batch_size' is wrong"),
        ("training.batch_size=true", "the value of 'training.batch_size' is wrong"),
        ("training.batch_size=", "the value of 'training.batch_size' is wrong.*None"),
        ("training.batch_size=2020-01-01", "the value of 'training.batch_size' is wrong"),
        ("tokens.min_count=few", "the value of 'tokens.min_count' is wrong"),
        ("limits.bpm=[30]", "'limits.bpm"),
        ("sampling.bar_temperature_scale=[]", "'sampling.bar_temperature_scale' is wrong"),
        ("sampling.velocity_correlation=1", r"'sampling\.velocity_correlation' is wrong, input should be less than 1"),
        ("sampling.temperature_scale=[0, 1]", r"'sampling\.temperature_scale\.0' is wrong, input should be greater than 0"),
        ("sampling.returns=[2, 1.5]", r"'sampling\.returns\.1' is wrong, input should be less than or equal to 1"),
        ("sampling.unused_voices=-1", r"'sampling\.unused_voices' is wrong, input should be greater than or equal to 0"),
        ("training=3", "the value of 'training' is wrong"),
        ("training.batch_size", "--set needs key=value"),
        ("=3", "--set needs key=value"),
        ("training.seed=[", "not valid YAML"),
    ],
)
def test_wrong_pairs_give_a_sentence_that_names_the_key(pair, sentence):
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_config(overrides=[pair])
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named():
    data = config_to_dict(default_config())
    del data["midi"]["max_bars"]
    with pytest.raises(ConfigError, match=r"my\.json: the key 'midi\.max_bars' is missing"):
        parse_config(data, "my.json")


@pytest.mark.parametrize("text", ["", "just text", "- a list", "a: [", "a: b: c", "\x00"])
def test_a_file_without_keys_gives_a_sentence(tmp_path, text):
    with pytest.raises(ConfigError, match=r"recipe\.yaml") as caught:
        load_config(recipe(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_give_a_sentence(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfd")
    for path in (tmp_path / "missing.yaml", tmp_path, tmp_path / "binary.yaml"):
        with pytest.raises(ConfigError, match="cannot read the configuration file"):
            load_config(path)
