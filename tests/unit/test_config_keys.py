"""Former names of configuration keys are still read."""

from pathlib import Path

import pytest

from drummer.config import load_config
from drummer.config_keys import current_sections
from drummer.errors import ConfigError

OLD = "training: {free_share: 0.5, recovery: {epochs: 2, swapped: 0.1}}\n"


def test_recipes_and_pairs_with_former_names_are_read(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(OLD)
    training = load_config(recipe, ["training.asked_share=0.25", "training.recovery.lost=0.2"]).training
    default = load_config().training.fine_tuning
    assert (training.unconditioned_share, training.controlled_share) == (0.5, 0.25)
    assert (training.fine_tuning.epochs, training.fine_tuning.displaced, training.fine_tuning.dropped) == (2, 0.1, 0.2)
    assert training.fine_tuning.learning_rate == default.learning_rate


def test_a_single_emphasis_on_fills_holds_for_bars_of_any_length() -> None:
    assert load_config(overrides=["sampling.fill_boost=2"]).sampling.fill_boost == (2.0, 2.0)
    assert load_config(overrides=["sampling.fill_boost=[2, 3]"]).sampling.fill_boost == (2.0, 3.0)


def test_settings_of_the_original_recipe_are_no_longer_the_products() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'training\.class_weights'"):
        load_config(overrides=["training.class_weights=true"])


@pytest.mark.parametrize("sections", [{}, {"tokens": 3, "model": None}, {"tokens": {"min_count": 2}, "model": {}}])
def test_sections_without_former_names_stay_as_they_are(sections: dict) -> None:
    assert current_sections(sections) == sections


def test_the_original_recipes_settings_move_to_their_own_section() -> None:
    tokens = {"kind": "beat", "min_count": 2, "coverage": 0.9, "loudness_levels": 3}
    moved = current_sections({"tokens": tokens, "model": {"performance": False, "velocity_bins": 32}})
    assert moved == {
        "tokens": {"min_count": 2},
        "model": {"velocity_bins": 32},
        "original_recipe": {"coverage": 0.9, "loudness_levels": 3},
    }
    assert current_sections({"tokens": tokens | {"kind": "step"}, "model": {}}).keys() == {"tokens", "model"}


def test_a_style_may_be_a_list_of_the_data_sets_labels() -> None:
    genres = load_config(overrides=["genres.latin.styles.samba=[latin/samba]", "genres.pop.styles={ballad: [pop/ballad]}"]).genres
    samba = load_config().genres["latin"].styles["samba"]
    assert genres["latin"].styles["samba"].sources == ("latin/samba",)
    assert genres["latin"].styles["samba"].about == samba.about != ""
    assert genres["pop"].styles["ballad"].sources == ("pop/ballad",)
