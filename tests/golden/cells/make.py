#!/usr/bin/python3
"""Makes the cells' golden numbers (*.json beside this file) with PyTorch in double (Debian's python3-torch, 1.13).

    /usr/bin/python3 tests/golden/cells/make.py

Weights, inputs, states and the loss's factors follow from a formula (`numbers`) that the test repeats, so only
results are stored: y, next_state, the loss = sum(y * factors) + sum(next_state * factors), and every gradient. Where
PyTorch has the cell it is PyTorch's module; the GRU with reset before, the hard sigmoid, rotary positions, ALiBi,
windows, shared heads, layers without a feed-forward network and temporal convolutions are equations below,
differentiated by autograd.
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


def kv_width(case):
    return case.H // case.options["heads"] * (case.options.get("kv_heads") or case.options["heads"])


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

    linear("self_attn.in_proj_weight", "self_attn.in_proj_bias", H + 2 * kv_width(case), H)
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


def slopes(heads):
    """Of ALiBi, by the article's recipe; for numbers that are no power of two as in its code."""
    def of_power(n):
        ratio = 2.0 ** (-(2.0 ** -(math.log2(n) - 3)))
        return [ratio ** (i + 1) for i in range(n)]

    power = 2 ** math.floor(math.log2(heads))
    return torch.tensor(of_power(power) + of_power(2 * power)[0::2][:heads - power])


def attend(case, w, x, prefix=""):
    """Multi-head attention by its equations: every score of every pair, and -infinity where a step does not look."""
    o, H, T, B = case.options, case.H, case.T, case.B
    heads, kv_heads = o["heads"], o.get("kv_heads") or o["heads"]
    q, k, v = F.linear(x, w[prefix + "in_proj_weight"], w.get(prefix + "in_proj_bias")).split(
        [H, kv_width(case), kv_width(case)], 2)
    q, k, v = (part.reshape(T, B, -1, H // heads) for part in (q, k, v))
    if o["positions"] == "rotary":
        q, k = rotate(q), rotate(k)
    k, v = (part.repeat_interleave(heads // kv_heads, 2) for part in (k, v))
    scores = torch.einsum("tbhw,sbhw->bhts", q, k) / math.sqrt(H // heads)
    distance = torch.arange(T)[:, None] - torch.arange(T)[None, :]
    if o["positions"] == "alibi":
        scores = scores - slopes(heads)[:, None, None] * distance.abs()
    hidden = case.padding[:, None, None, :].expand(B, 1, T, T)
    if o["causal"]:
        hidden = hidden | (distance < 0)
    if o.get("window"):
        hidden = hidden | (distance.abs() >= o["window"])
    # A row past a sequence's length may see nothing at all: its softmax counts for nothing.
    scores = scores.masked_fill(hidden, -math.inf).masked_fill(case.padding[:, None, :, None], 0)
    found = torch.einsum("bhts,sbhw->tbhw", scores.softmax(3), v).reshape(T, B, H)
    return F.linear(found, w[prefix + "out_proj.weight"], w.get(prefix + "out_proj.bias"))


def equations_layer(case, w, x):
    """The same layer by its equations, without a memory; also with what PyTorch's has not."""
    o, H = case.options, case.H

    def norm(name, x):
        return F.layer_norm(x, (H,), w[name + ".weight"], w.get(name + ".bias"))

    def feed(x):
        x = {"gelu": F.gelu, "relu": F.relu}[o["activation"]](F.linear(x, w["linear1.weight"], w.get("linear1.bias")))
        return F.linear(x, w["linear2.weight"], w.get("linear2.bias"))

    branches = [lambda x: attend(case, w, x, "self_attn.")] + ([feed] if o["feed_forward"] else [])
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


def multihead_attention(case):
    o, H, shapes = case.options, case.H, {}
    if case.D != H:
        shapes["weight_in"] = (H, case.D)
    if o["positions"] == "learned":
        shapes["positions"] = (case.T, H)
    shapes["in_proj_weight"] = (H + 2 * kv_width(case), H)
    if o["bias"]:
        shapes["in_proj_bias"] = (H + 2 * kv_width(case),)
    shapes["out_proj.weight"] = (H, H)
    if o["bias"]:
        shapes["out_proj.bias"] = (H,)
    w, x = case.layer_weights(0, shapes), case.x
    if "weight_in" in w:
        x = x @ w["weight_in"].T
    if "positions" in w:
        x = x + w["positions"][:, None]
    return case.finish(attend(case, w, x))


# ---- Temporal convolutions --------------------------------------------------------------------------------------


def tcn(case):
    """Blocks one on the other, each by torch's convolutions over the state's steps and the case's."""
    o, H, K, x, next_states = case.options, case.H, case.options["kernel_size"], case.x, []
    for layer in range(case.layers):
        D, dilation = x.shape[2], o["dilation"] ** layer
        before, shapes = (K - 1) * dilation, {}
        for name, inputs in (("conv1", D), ("conv2", H)):
            if o["weight_norm"]:
                shapes[name + ".weight_g"] = (H,)
            shapes[name + (".weight_v" if o["weight_norm"] else ".weight")] = (H, inputs * K)
            shapes[name + ".bias"] = (H,)
        if D != H:
            shapes.update({"downsample.weight": (H, D), "downsample.bias": (H,)})
        w = case.layer_weights(layer, shapes, {"conv1.weight_g", "conv2.weight_g"})
        state = case.state(layer, before * (D + H))
        kept = state[:, :before * D].reshape(-1, before, D), state[:, before * D:].reshape(-1, before, H)
        after = []

        def convolve(name, x, past):
            weight = w.get(name + ".weight")
            if o["weight_norm"]:
                v = w[name + ".weight_v"]
                weight = w[name + ".weight_g"][:, None] * v / v.norm(dim=1, keepdim=True)
            x = torch.cat([past.transpose(0, 1), x])  # (before + T, B, ·)
            after.append(torch.stack([x[n:n + before, b] for b, n in enumerate(case.lengths.tolist())]))
            y = F.conv1d(x.permute(1, 2, 0), weight.reshape(H, -1, K), w[name + ".bias"], dilation=dilation)
            return torch.relu(y).permute(2, 0, 1)

        u = convolve("conv2", convolve("conv1", x, kept[0]), kept[1])
        x = torch.relu(u + (F.linear(x, w["downsample.weight"], w["downsample.bias"]) if D != H else x))
        next_states.append(torch.cat([part.reshape(case.B, -1) for part in after], 1))
    return case.finish(x, next_states)


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
              positions="learned", further={}, **shape):
    options = dict(heads=heads, norm=norm, activation=activation, bias=bias, causal=causal, feed_forward=feed_forward,
                   positions=positions, **further)
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


def alone(name, *, heads=3, kv_heads=0, window=0, positions="none", causal=True, bias=True, **shape):
    options = dict(heads=heads, kv_heads=kv_heads, window=window, positions=positions, causal=causal, bias=bias)
    name = "multihead-attention, " + name
    return multihead_attention(Case(name, "multihead-attention", options, **{"H": 6, **shape}))


write("attention-variants", [
    attention("alibi, two layers, padded", equations_layer, positions="alibi", layers=2, feed_forward=1,
              lengths=LENGTHS),
    attention("alibi, all steps, padded", equations_layer, positions="alibi", causal=False, lengths=LENGTHS),
    attention("window, rotary, two layers", equations_layer, positions="rotary", layers=2, feed_forward=1,
              further={"window": 2}),
    attention("window, all steps, post, padded", equations_layer, norm="post", causal=False, lengths=LENGTHS,
              further={"window": 2}),
    attention("window, a long sequence", equations_layer, T=70, B=2, further={"window": 9}, feed_forward=0),
    attention("window, a long sequence, all steps", equations_layer, T=70, B=2, causal=False, further={"window": 9},
              feed_forward=0, positions="alibi"),
    attention("two groups, rotary, padded", equations_layer, heads=4, H=8, positions="rotary", lengths=LENGTHS,
              further={"kv_heads": 2}, feed_forward=1),
    attention("one group, window, alibi, no bias", equations_layer, heads=4, H=8, positions="alibi", bias=False,
              further={"kv_heads": 1, "window": 3}, feed_forward=1),
    alone("plain, padded", lengths=LENGTHS),
    alone("learned, no bias", positions="learned", bias=False, D=6),
    alone("alibi, six heads, two groups, window, padded", heads=6, kv_heads=2, window=3, positions="alibi",
          lengths=LENGTHS),
    alone("rotary, one group, all steps", kv_heads=1, positions="rotary", causal=False),
    alone("alibi, window, tokens, padded", window=2, positions="alibi", tokens=True, lengths=LENGTHS),
])


def tcn_cases(kernel_size, dilation, weight_norm, **shape):
    options = dict(kernel_size=kernel_size, dilation=dilation, weight_norm=weight_norm)
    name = f"tcn, kernel_size {kernel_size}, dilation {dilation}" + ", weight_norm" * weight_norm
    yield tcn(Case(name, "tcn", options, **shape))
    yield tcn(Case(name + ", from a state, padded", "tcn", options, state=True, lengths=LENGTHS, **shape))


write("tcn", [*tcn_cases(2, 2, True), *tcn_cases(3, 2, False), *tcn_cases(3, 2, True, layers=3, T=9),
              *tcn_cases(2, 3, True, layers=2, D=5)])
