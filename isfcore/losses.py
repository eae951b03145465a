"""The training objective of section 3.4, equations 9 to 13, term by term.

What the paper leaves open, or says in two ways, is a named value of a recipe (`isfcore.training.recipe`):

====================  ==========================================  ====================================================
argument              released                                    the other reading
====================  ==========================================  ====================================================
`gradient_max`        `absolute`: | |Lap f| - max(|Lap i|,        `signed`: |Lap f - max(Lap i, Lap v)|, equation 10
                      |Lap v|) |                                  to the letter
`consistency_gate`    `intervened`: each masked pass's own gate   `clean`: the clean pass's gate weights both, and is
                      weights its difference, and is regularised  regularised once (equation 11); `none`: for a
                                                                  network without gates (Table 2, w/o CFI)
`consistency`         `mean` over the two masked passes           `sum` (equation 11)
`entropy`             `maximise`: the gate's entropy is           `minimise`: it is added, which promotes binary
                      subtracted (equation 12 as printed)         decisions (the sentence after equation 12)
`necessity`           `minimise`: the differences from the        `maximise` (the sentence after equation 13)
                      outputs of one modality are added
====================  ==========================================  ====================================================

To maximise cannot diverge: outputs lie in [0, 1], so that a mean difference is at most 1, and the loss is 1 minus it,
never below 0. Means are over all pixels and samples, and over all processes that train together.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from isfcore.machine.processes import average
from isfcore.network import Fused

GRADIENT_WEIGHT = 1.0  # lambda_1 of section 4.1
GATE_TARGET = 0.3  # eta of section 4.1
MASKED = ("complementary", "random")
DROPPED = ("infrared_only", "visible_only")


def laplacian(image: Tensor) -> Tensor:
    """The 8-neighbour Laplacian (centre -8, zero border) of (B, 1, H, W)."""
    kernel = image.new_ones(1, 1, 3, 3)
    kernel[:, :, 1, 1].fill_(-8)  # and no assignment, which a CUDA graph cannot hold
    return functional.conv2d(image, kernel, padding=1)


def fidelity_loss(
    fused: Tensor,
    infrared: Tensor,
    visible: Tensor,
    *,
    gradient_max: str = "absolute",
    gradient_weight: float = GRADIENT_WEIGHT,
) -> dict[str, Tensor]:
    """Equation 10 term by term, each a scalar: `infrared`, `visible` (L1), `gradient`, and their weighted `total`.

    Args:
        fused, infrared, visible: (B, 1, H, W) in [0, 1].
        gradient_max: see the module's table.
        gradient_weight: lambda_1.

    Raises:
        ValueError: for another value of `gradient_max`.
    """
    _check("gradient_max", gradient_max, ("absolute", "signed"))
    gradients = [laplacian(image) for image in (fused, infrared, visible)]
    if gradient_max == "absolute":
        gradients = [gradient.abs() for gradient in gradients]
    terms = {
        "infrared": functional.l1_loss(fused, infrared),
        "visible": functional.l1_loss(fused, visible),
        "gradient": functional.l1_loss(gradients[0], torch.maximum(*gradients[1:])),
    }
    return terms | {"total": terms["infrared"] + terms["visible"] + gradient_weight * terms["gradient"]}


def mean_gate(fused: Fused) -> Tensor:
    """The mean of the three gates, brought to full size bilinearly: (B, 1, H, W) in [0, 1] (equation 11)."""
    size = fused.luma.shape[2:]
    gates = [functional.interpolate(gate, size=size, mode="bilinear") for gate in fused.gates.values()]
    return torch.stack(gates).mean(dim=0)


def binary_entropy(gate: Tensor) -> Tensor:
    """The mean entropy of gates in [0, 1] as probabilities, in nats: 0 where all are 0 or 1, ln 2 where all are 1/2."""
    gate = gate.clamp(1e-6, 1 - 1e-6)  # at 0 and 1 the gradient is infinite
    return -(torch.xlogy(gate, gate) + torch.xlogy(1 - gate, 1 - gate)).mean()


def consistency_loss(
    passes: dict[str, Fused],
    *,
    consistency_gate: str = "intervened",
    consistency: str = "mean",
    entropy: str = "maximise",
    gate_target: float = GATE_TARGET,
) -> dict[str, Tensor]:
    """Equations 11 and 12 term by term, each a scalar.

    Args:
        passes: outputs by name; `clean`, `complementary` and `random` are used.
        consistency_gate, consistency, entropy: see the module's table.
        gate_target: eta.

    Returns:
        `complementary` and `random`, the gated differences; `gate_mean`, |mean - eta|; `gate_entropy`, the entropy
        itself; and the `total`. With intervened gates the last two terms are means over the masked passes. Without a
        gate the differences count everywhere and there is nothing to regularise.

    Raises:
        ValueError: for another value of a choice.
    """
    _check("consistency_gate", consistency_gate, ("intervened", "clean", "none"))
    _check("consistency", consistency, ("mean", "sum"))
    _check("entropy", entropy, ("maximise", "minimise"))
    apart = {name: (passes[name].luma - passes["clean"].luma).abs() for name in MASKED}
    passes_summed = len(MASKED) if consistency == "sum" else 1
    if consistency_gate == "none":
        differences = {name: difference.mean() for name, difference in apart.items()}
        return differences | {"total": passes_summed * _sum(differences) / len(MASKED)}
    gates = {name: mean_gate(passes[name if consistency_gate == "intervened" else "clean"]) for name in MASKED}
    if consistency_gate == "clean":
        gates["random"] = gates["complementary"]
    differences = {name: (apart[name] * gates[name]).mean() for name in MASKED}
    off_target = {name: (average(gate.mean()) - gate_target).abs() for name, gate in gates.items()}
    entropies = {name: binary_entropy(gate) for name, gate in gates.items()}
    mean = {name: _sum(terms) / len(MASKED) for name, terms in (("gate", off_target), ("entropy", entropies))}
    sign = -1 if entropy == "maximise" else 1
    gates_summed = passes_summed if consistency_gate == "intervened" else 1  # the clean gate is regularised once
    total = passes_summed * _sum(differences) / len(MASKED)
    total = total + gates_summed * (mean["gate"] + sign * mean["entropy"])
    return differences | {"gate_mean": mean["gate"], "gate_entropy": mean["entropy"], "total": total}


def necessity_loss(passes: dict[str, Fused], *, necessity: str = "minimise") -> dict[str, Tensor]:
    """Equation 13 term by term, each a scalar: the differences `infrared_only` and `visible_only`, and the `total`.

    Args:
        passes: outputs by name; `clean`, `infrared_only` and `visible_only` are used.
        necessity: see the module's table.

    Raises:
        ValueError: for another value of `necessity`.
    """
    _check("necessity", necessity, ("minimise", "maximise"))
    differences = {name: functional.l1_loss(passes[name].luma, passes["clean"].luma) for name in DROPPED}
    total = _sum(differences)
    return differences | {"total": total if necessity == "minimise" else len(DROPPED) - total}


def _sum(terms: dict[str, Tensor]) -> Tensor:
    first, *others = terms.values()
    return sum(others, first)


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, not {value!r}")
