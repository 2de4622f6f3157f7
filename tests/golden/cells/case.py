"""A case of a cell's golden numbers: its inputs by formula, its leaves, and the record of its results."""

import json
import math
import pathlib
import sys

import numpy
import torch
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from formula import bits, numbers

torch.set_default_dtype(torch.float64)

LENGTHS = [5, 2, 3]

WEIGHTS, INPUT, STATE, MEMORY, OUTPUT_FACTORS, STATE_FACTORS = 100, 1, 2, 3, 4, 5  # salts; layers count on from them


class Case:
    """One configuration: what the test needs to repeat it, and its leaves."""

    def __init__(self, name, cell, options, *, T=5, B=3, D=4, H=5, layers=1, lengths=None, state=False, tokens=False,
                 M=0, S=0, memory_lengths=None):
        self.record = dict(name=name, cell=cell, options=options, T=T, B=B, D=D, H=H, layers=layers, lengths=lengths,
                           state=state, tokens=tokens, M=M, S=S, memory_lengths=memory_lengths)
        self.options, self.T, self.B, self.D, self.H, self.layers = options, T, B, D, H, layers
        self.lengths = torch.tensor(lengths or [T] * B)
        self.memory_lengths = torch.tensor(memory_lengths or [S] * B)
        self.padding = torch.arange(T)[None, :] >= self.lengths[:, None]  # (B, T)
        self.memory_padding = torch.arange(S)[None, :] >= self.memory_lengths[:, None]
        self.M, self.S = M, S
        self.states, self.weights, self.state_width = [], [], 0
        if tokens:
            self.x = F.one_hot(torch.tensor((bits(INPUT, T * B) % D).astype(numpy.int64)), D).reshape(T, B, D).double()
        else:
            self.x = numbers(INPUT, T, B, D).requires_grad_()
        self.memory = numbers(MEMORY, S, B, M).requires_grad_() if M else None

    def layer_weights(self, layer, shapes, gains=()):
        """This layer's weights by name, as leaves: one array by the formula, cut up in order; gains are around 1."""
        total = sum(math.prod(shape) for shape in shapes.values())
        flat, leaves, first = numbers(WEIGHTS + layer, total), {}, 0
        for name, shape in shapes.items():
            n = math.prod(shape)
            gain = 1.0 if name in gains or name.startswith("norm") and name.endswith("weight") else 0.0
            leaves[name] = (flat[first:first + n].reshape(shape) + gain).requires_grad_()
            first += n
        self.weights.append(leaves)
        return leaves

    def state(self, layer, width):
        self.state_width = width
        state = numbers(STATE + 10 * layer, self.B, width)
        if not self.record["state"]:
            state = torch.zeros(self.B, width)
        self.states.append(state.requires_grad_())
        return self.states[-1]

    def finish(self, y, next_states=()):
        y = y * ~self.padding.T[:, :, None]
        loss = (y * numbers(OUTPUT_FACTORS, *y.shape)).sum()
        for layer, state in enumerate(next_states):
            loss = loss + (state * numbers(STATE_FACTORS + 10 * layer, *state.shape)).sum()
        loss.backward()
        rounded = lambda tensor: [float(f"{value:.12g}") for value in tensor.detach().flatten().tolist()]
        self.record["weights"] = [[[name, list(leaf.shape)] for name, leaf in leaves.items()]
                                  for leaves in self.weights]
        self.record["loss"] = loss.item()
        self.record["y"] = rounded(y)
        self.record["next_state"] = [rounded(state) for state in next_states]
        self.record["dweights"] = [sum((rounded(leaf.grad) for leaf in leaves.values()), []) for leaves in self.weights]
        if not self.record["tokens"]:
            self.record["dx"] = rounded(self.x.grad)
        if self.record["state"]:
            self.record["dstate"] = [rounded(state.grad) for state in self.states]
        if self.M:
            self.record["dmemory"] = rounded(self.memory.grad)
        return self.record


def run(case, shapes, parts, step, gains=()):
    """One layer whose `step(weights, x, state parts)` gives (y, next state parts)."""
    w = case.layer_weights(0, shapes, gains)
    state = case.state(0, sum(parts))
    outputs = []
    for t in range(case.T):
        y, after = step(w, case.x[t], state.split(list(parts), 1))
        state = torch.where(case.padding[:, t, None], state, torch.cat(after, 1))
        outputs.append(y)
    return case.finish(torch.stack(outputs), [state])


def cases(function, cell, *variants, **shape):
    """Each variant of the options plain, and from a state, padded."""
    for options in variants or ({},):
        name = cell + "".join(f", {key} {value}" for key, value in options.items())
        yield function(Case(name, cell, options, **shape))
        yield function(Case(name + ", from a state, padded", cell, options, state=True, lengths=LENGTHS, **shape))


def write(name, cases):
    text = json.dumps(list(cases), separators=(",", ":")).replace('},{"name', '},\n{"name')
    (HERE / (name + ".json")).write_text(text + "\n")
    print(name, len(text))
