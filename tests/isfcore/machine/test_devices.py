"""Which device and precision are chosen, and the layout that convolutions are fast with."""

from __future__ import annotations

import pytest
import torch

from isfcore.machine.devices import choose_device, choose_precision, one_channel_last


def test_choose_device():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ValueError, match="no device is called 'gpu'"):
        choose_device("gpu")


def test_cuda_where_there_is_none_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="there is no CUDA device here"):
        choose_device("cuda")


def test_precisions():
    cpu = torch.device("cpu")
    assert choose_precision("float32", cpu) is torch.float32
    assert choose_precision("bfloat16", cpu) is torch.bfloat16
    assert choose_precision("auto", cpu) in (torch.float32, torch.bfloat16)
    with pytest.raises(ValueError, match="precision must be one of auto, float32, bfloat16, not 'half'"):
        choose_precision("half", cpu)


def test_one_channel_keeps_its_values_and_lies_last():
    image = torch.rand(2, 1, 3, 5)
    laid = one_channel_last(image)
    assert torch.equal(laid, image) and laid.stride() == (15, 1, 5, 1)


@pytest.mark.parametrize("which", ["mps", "meta", "xpu", "cpu:0", "cuda:", "cuda:-1", "", "CPU", "cuda:1 "])
def test_devices_that_pytorch_knows_and_we_do_not_are_refused(which):
    with pytest.raises(ValueError, match="use auto, cpu or cuda"):
        choose_device(which)


def test_a_device_and_a_number(monkeypatch):
    assert choose_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    current = []
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    assert choose_device("cuda:1") == torch.device("cuda:1") and choose_device("cuda") == torch.device("cuda")
    assert current == [torch.device("cuda:1")], "what a run's description calls cuda"
    with pytest.raises(ValueError, match="there is no device cuda:2 here: they are cuda:0 to cuda:1"):
        choose_device("cuda:2")
