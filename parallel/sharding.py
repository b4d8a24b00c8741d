"""FSDP2: every rank holds its part of each parameter, gradient and moment; the results are those of one process.

A decoder layer is gathered for its forward pass and again for its backward pass. What lies outside of the layers is
gathered from the beginning of a loss to the end of its gradients: the losses take the head's matrix, not its forward
(`as_forward`). Gradients are summed over the ranks, never averaged: the normaliser has counted the tokens of all. Each
pass gathers on all ranks, so all make the same number of passes (`train.packing.my_groups`). Parameters are gathered in
fp32, and what is cast for bf16 products is not kept: the same numbers as without sharding, for twice the traffic.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor

from parallel.ranks import rank_count

__all__ = ["as_forward", "shard", "sharded", "whole", "whole_copy"]

P = ParamSpec("P")
Result = TypeVar("Result")


def shard(model: Any, device: torch.device) -> None:
    """Cut the parameters into parts, in place; from the CPU, so that no device ever holds all of them."""
    shapes = {id(p): torch.nn.Parameter(p.detach().to("meta"), requires_grad=False) for p in model.parameters()}
    skeleton = copy.deepcopy(model, memo=dict(shapes))
    mesh = init_device_mesh(device.type, (rank_count(),))
    for layer in model.base_model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)  # gloo has no other
    model.set_reduce_scatter_unused_params(True)  # an expert that no token of this rank chose
    model.as_forward = lambda function, *args, **options: function(model, *args, **options)
    register_fsdp_forward_method(model, "as_forward")
    vars(model)["skeleton"] = skeleton  # not a module of the model


def sharded(model: Any) -> bool:
    """Whether `shard` was here."""
    return isinstance(model, FSDPModule)


def as_forward(function: Callable[Concatenate[Any, P], Result]) -> Callable[Concatenate[Any, P], Result]:
    """`function(model, ...)` finds what is outside of the layers whole, a sharded model's too."""

    @functools.wraps(function)
    def call(model: Any, /, *args: P.args, **options: P.kwargs) -> Result:
        if not sharded(model):
            return function(model, *args, **options)
        result = model.as_forward(function, *args, **options)
        if not torch.is_grad_enabled():
            model.reshard()  # no backward pass will do it
        return result

    return call


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor of which each rank may hold a part; all ranks have to ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


@torch.no_grad()
def whole_copy(model: Any, *, device: str | torch.device, dtype: torch.dtype | None = None) -> Any:
    """A frozen, unsharded copy, in `dtype` if given; all ranks have to ask, and one that needs none asks for "meta".

    Parameters are gathered and converted one by one: there is no second whole model on the way.
    """
    skeleton = vars(model).get("skeleton", model)
    gathered = {
        id(shape): torch.nn.Parameter(whole(p).to(device, dtype), requires_grad=False)
        for shape, p in zip(skeleton.parameters(), model.parameters(), strict=True)
    }
    return copy.deepcopy(skeleton, memo=dict(gathered))
