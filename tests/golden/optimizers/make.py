#!/usr/bin/python3
"""Makes optimizers.json, the optimisers' golden numbers: five steps of each by PyTorch (Debian's python3-torch, 1.13).

    /usr/bin/python3 tests/golden/optimizers/make.py

A case holds the settings by their names in a manifest, the weight decay's reach, and the flat weights (a matrix, then a
bias) after each step, in float and in double. Weights start away from 0, so that relative errors mean something.
"""

import json
import pathlib

import torch

STEPS, MATRIX, BIAS = 5, (3, 5), 6
RATE = 0.02

CASES = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "weight_decay": 0.1}),
    ("adagrad", {"epsilon": 1e-8}),
    ("adagrad", {"epsilon": 1e-8, "weight_decay": 0.1}),
    ("rmsprop", {"decay": 0.95, "epsilon": 1e-7}),
    ("rmsprop", {"decay": 0.99, "epsilon": 1e-8, "weight_decay": 0.1}),
    ("adam", {"betas": [0.9, 0.999], "epsilon": 1e-8}),
    ("adam", {"betas": [0.8, 0.99], "epsilon": 1e-3, "weight_decay": 0.1}),
    ("adamw", {"betas": [0.9, 0.99], "epsilon": 1e-8, "weight_decay": 0.1}),
    ("adamw", {"betas": [0.9, 0.99], "epsilon": 1e-8, "weight_decay": 0.1, "decay_all": False}),
    ("sgd", {"momentum": 0.5, "weight_decay": 0.1, "decay_all": False}),
]


def make_optimizer(name, settings, matrix, bias):
    names = {"momentum": "momentum", "decay": "alpha", "betas": "betas", "epsilon": "eps"}
    options = {names[key]: value for key, value in settings.items() if key in names}
    decay = settings.get("weight_decay", 0)
    groups = [
        {"params": [matrix], "weight_decay": decay},
        {"params": [bias], "weight_decay": decay if settings.get("decay_all", True) else 0},
    ]
    kinds = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
    return getattr(torch.optim, kinds[name])(groups, lr=RATE, foreach=False, **options)


def run(name, settings, start, gradients, dtype):
    size = MATRIX[0] * MATRIX[1]
    matrix = torch.nn.Parameter(start[:size].reshape(MATRIX).to(dtype).clone())
    bias = torch.nn.Parameter(start[size:].to(dtype).clone())
    optimizer = make_optimizer(name, settings, matrix, bias)
    after = []
    for gradient in gradients:
        matrix.grad = gradient[:size].reshape(MATRIX).to(dtype)
        bias.grad = gradient[size:].to(dtype)
        optimizer.step()
        after.append(matrix.detach().flatten().tolist() + bias.detach().tolist())
    return after


def main():
    torch.manual_seed(1)
    count = MATRIX[0] * MATRIX[1] + BIAS
    # Starts and gradients are float values, so that both precisions see the same.
    start = (torch.sign(torch.randn(count)) * (0.5 + torch.rand(count))).double()
    gradients = [torch.randn(count).double() for _ in range(STEPS)]
    cases = [
        {
            "name": name,
            "settings": settings,
            "float": run(name, settings, start, gradients, torch.float32),
            "double": run(name, settings, start, gradients, torch.float64),
        }
        for name, settings in CASES
    ]
    golden = {
        "learning_rate": RATE,
        "matrix": MATRIX[0] * MATRIX[1],
        "weights": start.tolist(),
        "gradients": [gradient.tolist() for gradient in gradients],
        "cases": cases,
    }
    path = pathlib.Path(__file__).parent / "optimizers.json"
    text = json.dumps(golden)
    for mark in ('{"name"', '"float"', '"double"', '"weights"', '"gradients"', '"cases"'):
        text = text.replace(mark, "\n" + mark)
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
