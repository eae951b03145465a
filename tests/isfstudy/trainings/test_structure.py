"""What weights say of encoders and steps, and how large the terms of the objective are."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from isfcore.network import FusionNetwork
from isfstudy.trainings.structure import magnitudes, structure


def test_encoders_are_one_or_apart() -> None:
    """A network with shared encoders has none apart; of two that differ in one tensor, by as much as that."""
    shared, separate = FusionNetwork(encoder="shared"), FusionNetwork(encoder="separate")
    separate.encoder_visible.load_state_dict(separate.encoder_infrared.state_dict())
    with torch.no_grad():
        separate.encoder_visible.full_size[0][0].weight.mul_(1.5)
    table = structure({"shared": shared, "separate": separate}).set_index("weights")
    assert table["encoders_apart"].to_dict() == pytest.approx({"shared": 0.0, "separate": 0.5})


def test_the_counter_counts_five_passes_a_step_and_both_images_of_a_shared_encoder() -> None:
    networks = {"shared": FusionNetwork(encoder="shared"), "separate": FusionNetwork(encoder="separate")}
    for network, counted in zip(networks.values(), (100, 50), strict=True):
        network.encoder_infrared.full_size[0][1].num_batches_tracked.fill_(counted)
    assert structure(networks)["steps_counted"].to_list() == [10, 10]


def test_magnitudes_are_of_weighted_terms_where_weights_are_at_home() -> None:
    """alpha 0.1 and beta 0.05: consistency -0.5 and necessity 0.1 beside a fidelity of 0.25."""
    row = {"weights": "released", "crops": "paired", "feed": "exchanged", "fidelity_total": 0.25}
    row |= {"consistency_total": -0.5, "necessity_total": 0.1}
    elsewhere = [
        row | {"feed": "as named", "fidelity_total": 9.0},
        row | {"crops": "independent", "fidelity_total": 9.0},
    ]
    table = magnitudes(pd.DataFrame([row, *elsewhere]), {"released": "exchanged"})
    assert table.iloc[0].to_list() == ["released", pytest.approx(0.2), pytest.approx(0.02)]
    assert magnitudes(pd.DataFrame(), {}).empty
