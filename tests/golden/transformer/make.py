#!/usr/bin/python3
"""Makes transformer.json with torch.nn.Transformer in double (Debian's python3-torch, 1.13).

    /usr/bin/python3 tests/golden/transformer/make.py

Weights, source, target and the loss's factors follow from a formula (../formula.py) that the test repeats. The weights are one run
of numbers, cut up in the order of torch.nn.Transformer's parameters and scaled; gains have 1 added. Of large outputs every
`every`-th element is kept and, so that none goes unseen, each row's sum of products with the factors. Gradients are those of
loss = sum(y * factors); each parameter's is kept as its norm and its sum of products with factors.
"""

import json
import math
import pathlib
import sys

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from formula import numbers

torch.set_default_dtype(torch.float64)
SOURCE, TARGET, OUTPUT_FACTORS, GRADIENT_FACTORS, WEIGHTS = 1, 2, 4, 5, 100  # salts


def rounded(tensor):
    return [float(f"{value:.12g}") for value in tensor.detach().flatten().tolist()]


def padding(lengths, T, B):
    return torch.arange(T)[None, :] >= torch.tensor(lengths or [T] * B)[:, None]  # (B, T)


def case(name, *, width, heads, encoders, decoders, feed_forward, S, T, B, causal, scale=1.0, source_lengths=None,
         target_lengths=None, every=1, gradients=False):
    record = dict(name=name, width=width, heads=heads, encoders=encoders, decoders=decoders, feed_forward=feed_forward,
                  S=S, T=T, B=B, causal=causal, scale=scale, source_lengths=source_lengths,
                  target_lengths=target_lengths, every=every)
    net = nn.Transformer(width, heads, encoders, decoders, feed_forward * width, dropout=0.0)
    first = 0
    with torch.no_grad():
        for parameter_name, parameter in net.named_parameters():
            gain = ".norm" in parameter_name and parameter_name.endswith("weight")
            parameter.copy_(numbers(WEIGHTS, *parameter.shape, first=first) * scale + (1.0 if gain else 0.0))
            first += parameter.numel()
    record["parameters"] = first

    source = numbers(SOURCE, S, B, width).requires_grad_(gradients)
    target = numbers(TARGET, T, B, width).requires_grad_(gradients)
    source_padding, target_padding = padding(source_lengths, S, B), padding(target_lengths, T, B)
    mask = nn.Transformer.generate_square_subsequent_mask(T).double() if causal else None
    y = net(source, target, tgt_mask=mask, src_key_padding_mask=source_padding if source_lengths else None,
            tgt_key_padding_mask=target_padding if target_lengths else None,
            memory_key_padding_mask=source_padding if source_lengths else None)
    y = y * ~target_padding.T[:, :, None]
    factors = numbers(OUTPUT_FACTORS, T, B, width)
    record["y"] = rounded(y.flatten()[::every])
    record["rows"] = rounded((y * factors).sum(2))
    if gradients:
        (y * factors).sum().backward()
        record["dsource"], record["dtarget"] = rounded(source.grad), rounded(target.grad)
        record["dweights"], first = [], 0
        for parameter_name, parameter in net.named_parameters():
            products = parameter.grad * numbers(GRADIENT_FACTORS, *parameter.shape, first=first)
            record["dweights"].append([parameter_name, list(parameter.shape), *rounded(parameter.grad.norm()),
                                       *rounded(products.sum())])
            first += parameter.numel()
    print(name, first)
    return record


SMALL = dict(width=16, heads=2, encoders=2, decoders=2, feed_forward=2, S=6, T=5, B=3)
PADDED = dict(source_lengths=[6, 2, 3], target_lengths=[5, 4, 1])
LARGE = dict(width=512, heads=8, encoders=6, decoders=6, feed_forward=4, S=10, T=20, B=3, scale=0.125, every=97)

records = [
    case("small, as called by default", causal=False, gradients=True, **SMALL),
    case("small, causal, padded", causal=True, gradients=True, **SMALL, **PADDED),
    case("small, padded", causal=False, **SMALL, **PADDED),
    case("three encoder layers, one decoder layer, one head", causal=True, gradients=True,
         **{**SMALL, "width": 6, "heads": 1, "encoders": 3, "decoders": 1}),
    case("torch.nn.Transformer(512, 8, 6), as called by default", causal=False, **LARGE),
    case("torch.nn.Transformer(512, 8, 6), causal", causal=True, **LARGE),
]
text = json.dumps(records, separators=(",", ":")).replace('},{"name', '},\n{"name')
(HERE / "transformer.json").write_text(text + "\n")
print(len(text))
