"""The fidelity loss, by hand on 4 x 4 pixels."""

from __future__ import annotations

import pytest
import torch

from isfcore.losses import fidelity_loss, laplacian

BLACK = torch.zeros(1, 1, 4, 4)
GREY = torch.full((1, 1, 4, 4), 0.5)
DOT = torch.zeros(1, 1, 4, 4)
DOT[0, 0, 1, 1] = 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_laplacian(dtype):
    """Neighbours' sum less 8 times the centre; a constant has 3 neighbours at a corner and 5 at an edge."""
    assert laplacian(DOT.to(dtype))[0, 0].tolist() == [[1, 1, 1, 0], [1, -8, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
    assert (2 * laplacian(GREY.to(dtype)))[0, 0].tolist() == [
        [-5, -3, -3, -5],
        [-3, 0, 0, -3],
        [-3, 0, 0, -3],
        [-5, -3, -3, -5],
    ]


def test_fidelity_loss():
    """Black fused image, grey infrared, a dot as visible: the greater of the two |Laplacians| is

    2.5 at four corners, 1.5 at eight edges, 8 at the dot and 1 at the three other inner pixels: 33 in sum, of 16.
    """
    losses = {name: loss.item() for name, loss in fidelity_loss(BLACK, GREY, DOT).items()}
    assert losses == {"infrared": 0.5, "visible": 1 / 16, "gradient": 33 / 16, "total": 0.5 + 1 / 16 + 33 / 16}


def test_gradient_term_takes_magnitudes():
    """An image's negative has the same |Laplacian|; of grey alone, the dot's inner 8 + 3 are missing."""
    assert fidelity_loss(-DOT, BLACK, DOT)["gradient"] == 0
    assert fidelity_loss(-GREY, GREY, DOT)["gradient"] == 11 / 16


def test_loss_has_a_gradient():
    fused = torch.full((1, 1, 4, 4), 0.3, requires_grad=True)
    fidelity_loss(fused, GREY, DOT)["total"].backward()
    assert fused.grad.isfinite().all() and fused.grad.abs().sum() > 0
