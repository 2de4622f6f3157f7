#!/usr/bin/python3
"""Makes the cells' golden numbers (*.json beside this file) with PyTorch in double (Debian's python3-torch, 1.13).

    /usr/bin/python3 tests/golden/cells/make.py

Weights, inputs, states and the loss's factors follow from a formula (`numbers`) that the test repeats, so only
results are stored: y, next_state, the loss = sum(y * factors) + sum(next_state * factors), and every gradient. Where
PyTorch has the cell it is PyTorch's module; the GRU with reset before, the hard sigmoid, rotary positions and layers
without a feed-forward network are equations below, differentiated by autograd.
"""

import math

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from case import LENGTHS, Case, write


# ---- rnn, lstm, gru by torch.nn ---------------------------------------------------------------------------------


def recurrent(case, gates, module):
    """All layers of a torch.nn recurrent module; `module(D, H)` makes one layer."""
    x, H, next_states = case.x, case.H, []
    for layer in range(case.layers):
        D = x.shape[2]
        leaves = case.layer_weights(layer, {"weight_ih": (gates * H, D), "weight_hh": (gates * H, H),
                                            "bias_ih": (gates * H,), "bias_hh": (gates * H,)})
        net = module(D, H)
        lstm = isinstance(net, nn.LSTM)
        state = case.state(layer, 2 * H if lstm else H)
        first = (state[None, :, :H].contiguous(), state[None, :, H:].contiguous()) if lstm else state[None]
        for name, leaf in leaves.items():  # this module computes with lists of its own parameters: they are the leaves
            leaves[name] = net.get_parameter(name + "_l0")
            leaves[name].data = leaf.detach()
        y, last = net(nn.utils.rnn.pack_padded_sequence(x, case.lengths, enforce_sorted=False), first)
        x, _ = nn.utils.rnn.pad_packed_sequence(y, total_length=case.T)
        next_states.append(torch.cat([last[0][0], last[1][0]], 1) if lstm else last[0])
    return case.finish(x, next_states)


# ---- and by equations -------------------------------------------------------------------------------------------


def by_equations(case, gates, parts, step):
    """One layer whose `step(weights, x, state parts)` gives the next state parts; the first is y."""
    H = case.H
    w = case.layer_weights(0, {"weight_ih": (gates * H, case.D), "weight_hh": (gates * H, H), "bias_ih": (gates * H,),
                               "bias_hh": (gates * H,)})
    state = case.state(0, parts * H)
    outputs = []
    for t in range(case.T):
        after = torch.cat(step(w, case.x[t], state.split(H, 1)), 1)
        state = torch.where(case.padding[:, t, None], state, after)
        outputs.append(state[:, :H])
    return case.finish(torch.stack(outputs), [state])


def hard_lstm(w, x, state):
    h, c = state
    i, f, g, o = (x @ w["weight_ih"].T + w["bias_ih"] + h @ w["weight_hh"].T + w["bias_hh"]).chunk(4, 1)
    i, f, o = (torch.clamp(0.2 * gate + 0.5, 0, 1) for gate in (i, f, o))
    c = f * c + i * torch.tanh(g)
    return o * torch.tanh(c), c


def gru_before(w, x, state):
    (h,) = state
    ir, iz, i_n = (x @ w["weight_ih"].T + w["bias_ih"]).chunk(3, 1)
    wr, wz, wn = w["weight_hh"].chunk(3)
    br, bz, bn = w["bias_hh"].chunk(3)
    r, z = torch.sigmoid(ir + h @ wr.T + br), torch.sigmoid(iz + h @ wz.T + bz)
    n = torch.tanh(i_n + (r * h) @ wn.T + bn)
    return ((1 - z) * n + z * h,)


def dense(case):
    w = case.layer_weights(0, {"weight": (case.H, case.D), "bias": (case.H,)})
    f = {"linear": lambda x: x, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "gelu": F.gelu}
    return case.finish(f[case.options["activation"]](F.linear(case.x, w["weight"], w["bias"])))


# ---- self-attention ---------------------------------------------------------------------------------------------


def attention_shapes(case, layer):
    o, H, F_ = case.options, case.H, case.options["feed_forward"] * case.H
    shapes = {}
    if layer == 0 and case.D != H:
        shapes["weight_in"] = (H, case.D)
    if layer == 0 and o["positions"] == "learned":
        shapes["positions"] = (case.T, H)

    def linear(weight, bias, outputs, inputs):
        shapes[weight] = (outputs, inputs)
        if o["bias"]:
            shapes[bias] = (outputs,)

    def norm(name):
        shapes[name + ".weight"] = (H,)
        if o["bias"]:
            shapes[name + ".bias"] = (H,)

    linear("self_attn.in_proj_weight", "self_attn.in_proj_bias", 3 * H, H)
    linear("self_attn.out_proj.weight", "self_attn.out_proj.bias", H, H)
    if case.M:
        shapes["multihead_attn.q_proj_weight"] = (H, H)
        shapes["multihead_attn.k_proj_weight"] = (H, case.M)
        shapes["multihead_attn.v_proj_weight"] = (H, case.M)
        if o["bias"]:
            shapes["multihead_attn.in_proj_bias"] = (3 * H,)
        linear("multihead_attn.out_proj.weight", "multihead_attn.out_proj.bias", H, H)
    if F_:
        linear("linear1.weight", "linear1.bias", F_, H)
        linear("linear2.weight", "linear2.bias", H, F_)
    for number in range(1 + bool(case.M) + bool(F_)):
        norm(f"norm{number + 1}")
    if o["norm"] == "pre" and layer + 1 == case.layers:
        norm("norm")
    return shapes


def torch_layer(case, w, x):
    """torch.nn's encoder or decoder layer with these weights; biases that there are not are zeros."""
    o, H = case.options, case.H
    arguments = dict(dim_feedforward=o["feed_forward"] * H, dropout=0.0, activation=o["activation"],
                     norm_first=o["norm"] == "pre")
    if case.M:
        net = nn.TransformerDecoderLayer(H, o["heads"], **arguments)
        net.multihead_attn = nn.MultiheadAttention(H, o["heads"], kdim=case.M, vdim=case.M)
    else:
        net = nn.TransformerEncoderLayer(H, o["heads"], **arguments)
    parameters = {name: w[name] if name in w else torch.zeros_like(leaf) for name, leaf in net.named_parameters()}
    mask = torch.full((case.T, case.T), -math.inf).triu(1) if o["causal"] else None
    if case.M:
        inputs = (x, case.memory, mask, None, case.padding, case.memory_padding)
    else:
        inputs = (x, mask, case.padding)
    return nn.utils.stateless.functional_call(net, parameters, inputs)


def rotate(x):
    """(T, B, heads, w): pairs (2i, 2i+1) turned by t / 10000^(2i/w)."""
    T, w = x.shape[0], x.shape[3]
    angles = torch.arange(T)[:, None] / 10000 ** (torch.arange(0, w, 2) / w)  # (T, w/2)
    turned = torch.view_as_complex(x.reshape(*x.shape[:3], w // 2, 2).contiguous())
    turned = turned * torch.polar(torch.ones_like(angles), angles)[:, None, None, :]
    return torch.view_as_real(turned).reshape(x.shape)


def equations_layer(case, w, x):
    """The same layer by its equations, without a memory; also with rotary positions and without feed-forward."""
    o, H, T, B = case.options, case.H, case.T, case.B

    def norm(name, x):
        return F.layer_norm(x, (H,), w[name + ".weight"], w.get(name + ".bias"))

    def attend(x):
        q, k, v = F.linear(x, w["self_attn.in_proj_weight"], w.get("self_attn.in_proj_bias")).chunk(3, 2)
        q, k, v = (part.reshape(T, B, o["heads"], H // o["heads"]) for part in (q, k, v))
        if o["positions"] == "rotary":
            q, k = rotate(q), rotate(k)
        scores = torch.einsum("tbhw,sbhw->bhts", q, k) / math.sqrt(H // o["heads"])
        hidden = case.padding[:, None, None, :].expand(B, 1, T, T)
        if o["causal"]:
            hidden = hidden | torch.ones(T, T, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, -math.inf)
        found = torch.einsum("bhts,sbhw->tbhw", scores.softmax(3), v).reshape(T, B, H)
        return F.linear(found, w["self_attn.out_proj.weight"], w.get("self_attn.out_proj.bias"))

    def feed(x):
        x = {"gelu": F.gelu, "relu": F.relu}[o["activation"]](F.linear(x, w["linear1.weight"], w.get("linear1.bias")))
        return F.linear(x, w["linear2.weight"], w.get("linear2.bias"))

    branches = [attend] + ([feed] if o["feed_forward"] else [])
    for number, branch in enumerate(branches):
        name = f"norm{number + 1}"
        x = x + branch(norm(name, x)) if o["norm"] == "pre" else norm(name, x + branch(x))
    return x


def self_attention(case, layer_function):
    o, x = case.options, case.x
    for layer in range(case.layers):
        w = case.layer_weights(layer, attention_shapes(case, layer))
        if "weight_in" in w:
            x = x @ w["weight_in"].T
        if "positions" in w:
            x = x + w["positions"][:, None]
        if layer == 0 and o["positions"] == "sinusoidal":
            angles = torch.arange(case.T)[:, None] / 10000 ** (torch.arange(0, case.H, 2) / case.H)
            x = x + torch.stack([angles.sin(), angles.cos()], 2).reshape(case.T, 1, case.H)
        x = layer_function(case, w, x)
        if "norm.weight" in w:
            x = F.layer_norm(x, (case.H,), w["norm.weight"], w.get("norm.bias"))
    return case.finish(x)


# ---- The cases --------------------------------------------------------------------------------------------------

def recurrent_cases(cell, options, run):
    """Plain; from a state, padded; two layers, padded; tokens."""
    name = cell + "".join(" " + value for value in options.values())
    yield run(Case(name, cell, options))
    yield run(Case(name + ", from a state, padded", cell, options, state=True, lengths=LENGTHS))
    if run is not run_by_equations:
        yield run(Case(name + ", two layers, from a state, padded", cell, options, layers=2, state=True,
                       lengths=LENGTHS))
    yield run(Case(name + ", tokens, padded", cell, options, tokens=True, lengths=LENGTHS))


def run_by_equations(case):
    if case.record["cell"] == "lstm":
        return by_equations(case, 4, 2, hard_lstm)
    return by_equations(case, 3, 1, gru_before)


def attention(name, run=torch_layer, *, heads=3, norm="pre", activation="gelu", bias=True, causal=True, feed_forward=2,
              positions="learned", **shape):
    options = dict(heads=heads, norm=norm, activation=activation, bias=bias, causal=causal, feed_forward=feed_forward,
                   positions=positions)
    make = lambda: Case("self-attention, " + name, "self-attention", options, **{"H": 6, **shape})
    if run is torch_layer and not make().M:  # the equations below are PyTorch's layer
        ours, theirs = self_attention(make(), equations_layer), self_attention(make(), torch_layer)
        for part in ("y", "dx", "dweights"):
            a, b = (numpy.hstack(record.get(part, [0])) for record in (ours, theirs))
            assert numpy.allclose(a, b, 1e-9, 1e-9), part
    return self_attention(make(), run)


write("rnn", [record for f in ("tanh", "relu") for record in recurrent_cases(
    "rnn", {"activation": f}, lambda case: recurrent(case, 1, lambda D, H: nn.RNN(D, H, nonlinearity=f)))])
write("lstm", [
    *recurrent_cases("lstm", {"recurrent_activation": "sigmoid"}, lambda case: recurrent(case, 4, nn.LSTM)),
    *recurrent_cases("lstm", {"recurrent_activation": "hard-sigmoid"}, run_by_equations)])
write("gru", [
    *recurrent_cases("gru", {"reset": "after"}, lambda case: recurrent(case, 3, nn.GRU)),
    *recurrent_cases("gru", {"reset": "before"}, run_by_equations)])
write("dense", [dense(Case(f"dense {f}{', tokens' * tokens}, padded", "dense", {"activation": f}, lengths=LENGTHS,
                           tokens=tokens))
                for f, tokens in (("linear", False), ("relu", False), ("tanh", False), ("sigmoid", False),
                                  ("gelu", False), ("gelu", True))])
write("self-attention", [
    attention("pre, two layers", layers=2),
    attention("pre, relu, no bias, padded", activation="relu", bias=False, lengths=LENGTHS, positions="sinusoidal"),
    attention("pre, all steps, two layers, no positions, padded", causal=False, layers=2, lengths=LENGTHS,
              positions="none", feed_forward=1),
    attention("post, relu, two layers", norm="post", activation="relu", layers=2, D=6, feed_forward=1),
    attention("post, all steps, padded", norm="post", causal=False, lengths=LENGTHS),
    attention("post, no bias, tokens, padded", norm="post", bias=False, tokens=True, lengths=LENGTHS),
    attention("pre, tokens", tokens=True, positions="none"),
    attention("rotary, two layers, padded", equations_layer, positions="rotary", heads=1, layers=2, lengths=LENGTHS,
              feed_forward=1),
    attention("rotary, post, all steps", equations_layer, positions="rotary", norm="post", causal=False),
    attention("no feed-forward, two layers", equations_layer, feed_forward=0, layers=2),
])
write("self-attention-memory", [
    attention("a memory, pre", M=4, S=4),
    attention("a memory, pre, two layers, both padded", M=4, S=4, layers=2, feed_forward=1, lengths=LENGTHS,
              memory_lengths=[2, 4, 1]),
    attention("a memory, post, relu, no bias, both padded", M=5, S=3, norm="post", activation="relu", bias=False,
              lengths=LENGTHS, memory_lengths=[1, 2, 3], positions="sinusoidal"),
    attention("a memory, post, two layers", M=3, S=6, norm="post", layers=2, feed_forward=1, D=6, positions="none"),
])
