#!/usr/bin/python3
"""Makes the golden numbers of the cells that are written as equations, as make.py does for the others.

    /usr/bin/python3 tests/golden/cells/make_equations.py

Each formula is written from its paper, in PyTorch in double, and differentiated by autograd.
"""

import math

import torch
from torch.nn import functional as F

from case import cases, run, write


def since_begun(begun, state, first):
    return torch.where(begun != 0, state, torch.full_like(state, first))


def positive(u):
    return torch.where(u >= 0, u + 0.5, torch.sigmoid(u))


def blocks(w, name, x, heads):
    return torch.cat([part @ w[f"{name}.{h}"].T for h, part in enumerate(x.chunk(heads, 1))], 1)


def block_shapes(name, outputs, inputs, heads):
    return {f"{name}.{h}": (outputs // heads, inputs // heads) for h in range(heads)}


# ---- Gates that read the input alone ----------------------------------------------------------------------------


def min_gru(case):
    H, D = case.H, case.D

    def step(w, x, state):
        z = torch.sigmoid(F.linear(x, w["weight_z_0"], w["bias_z"]))
        u = F.linear(x, w["weight_h_0"], w["bias_h"])
        h = (1 - z) * state[0] + z * (positive(u) if case.options["form"] == "log-space" else u)
        return h, [h]

    return run(case, {"weight_z_0": (H, D), "bias_z": (H,), "weight_h_0": (H, D), "bias_h": (H,)}, [H], step)


def min_lstm(case):
    H, D = case.H, case.D

    def step(w, x, state):
        f, i = (torch.sigmoid(F.linear(x, w[f"weight_{n}_0"], w[f"bias_{n}"])) for n in "fi")
        u = F.linear(x, w["weight_h_0"], w["bias_h"])
        h = f / (f + i) * state[0] + i / (f + i) * (positive(u) if case.options["form"] == "log-space" else u)
        return h, [h]

    return run(case, {f"{kind}_{n}{'_0' * (kind == 'weight')}": (H, D) if kind == "weight" else (H,)
                      for n in "fih" for kind in ("weight", "bias")}, [H], step)


def qrnn(case):
    H, D, two = case.H, case.D, case.options["window"] == 2
    shapes = {"weight_gates_0": (3 * H, D), **({"weight_gates_1": (3 * H, D)} if two else {}), "bias_gates": (3 * H,)}

    def step(w, x, state):
        gates = F.linear(x, w["weight_gates_0"], w["bias_gates"])
        if two:
            gates = gates + state[1] @ w["weight_gates_1"].T
        z, f, o = gates.chunk(3, 1)
        c = torch.sigmoid(f) * torch.tanh(z) + (1 - torch.sigmoid(f)) * state[0]
        return torch.sigmoid(o) * c, [c, x] if two else [c]

    return run(case, shapes, [H, D] if two else [H], step)


def sru(case):
    H, D = case.H, case.D
    shapes = {"weight": (H, D), "weight_f": (H, D), "bias_f": (H,), "weight_r": (H, D), "bias_r": (H,)}
    if D != H:
        shapes["weight_p"] = (H, D)
    alpha = math.sqrt(1 + 2 * math.exp(case.options["highway_bias"])) if case.options["rescale"] else 1

    def step(w, x, state):
        (c,) = state
        f = torch.sigmoid(F.linear(x, w["weight_f"], w["bias_f"]) + w["v_f"] * c)
        r = torch.sigmoid(F.linear(x, w["weight_r"], w["bias_r"]) + w["v_r"] * c)
        c = f * c + (1 - f) * (x @ w["weight"].T)
        return r * c + (1 - r) * alpha * (x @ w["weight_p"].T if D != H else x), [c]

    return run(case, {**shapes, "v_f": (H,), "v_r": (H,)}, [H], step, {"v_f", "v_r"})


def ind_rnn(case):
    H = case.H

    def step(w, x, state):
        h = F.linear(x, w["weight_ih_0"], w["bias_ih"]) + w["weight_hh"] * state[0]
        h = {"relu": torch.relu, "tanh": torch.tanh}[case.options["activation"]](h)
        return h, [h]

    return run(case, {"weight_ih_0": (H, case.D), "bias_ih": (H,), "weight_hh": (H,)}, [H], step, {"weight_hh"})


# ---- LSTMs and highways -----------------------------------------------------------------------------------------


def peephole_lstm(case):
    H, D = case.H, case.D

    def step(w, x, state):
        h, c = state
        i, f, g, o = (F.linear(x, w["weight_gates_0"], w["bias_gates"]) + h @ w["weight_gates_1"].T).chunk(4, 1)
        c_new = torch.sigmoid(f + w["peephole_f"] * c) * c + torch.sigmoid(i + w["peephole_i"] * c) * torch.tanh(g)
        h = torch.sigmoid(o + w["peephole_o"] * c_new) * torch.tanh(c_new)
        return h, [h, c_new]

    peepholes = {f"peephole_{gate}": (H,) for gate in "ifo"}
    return run(case, {"weight_gates_0": (4 * H, D), "weight_gates_1": (4 * H, H), "bias_gates": (4 * H,), **peepholes},
               [H, H], step, peepholes)


def layer_norm_lstm(case):
    H, groups = case.H, 1 if case.options["norm"] == "joint" else 4

    def norm(u, gain):
        u = u.reshape(len(u), groups, -1)
        return F.layer_norm(u, u.shape[2:]).reshape(len(u), -1) * gain

    def step(w, x, state):
        h, c = state
        i, f, g, o = (norm(x @ w["weight_ih"].T, w["norm_ih"]) + norm(h @ w["weight_hh"].T, w["norm_hh"]) +
                      w["bias"]).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(F.layer_norm(c, (H,), w["norm_c"], w["norm_c_bias"]))
        return h, [h, c]

    return run(case, {"weight_ih": (4 * H, case.D), "norm_ih": (4 * H,), "weight_hh": (4 * H, H), "norm_hh": (4 * H,),
                      "bias": (4 * H,), "norm_c": (H,), "norm_c_bias": (H,)}, [H, H], step,
               {"norm_ih", "norm_hh", "norm_c"})


def multiplicative_lstm(case):
    H, D = case.H, case.D

    def step(w, x, state):
        h, c = state
        m = (x @ w["weight_mx"].T) * (h @ w["weight_mh"].T)
        i, f, g, o = (F.linear(x, w["weight_gates_0"], w["bias_gates"]) + m @ w["weight_gates_1"].T).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, [h, c]

    return run(case, {"weight_mx": (H, D), "weight_mh": (H, H), "weight_gates_0": (4 * H, D),
                      "weight_gates_1": (4 * H, H), "bias_gates": (4 * H,)}, [H, H], step)


def highway_rnn(case):
    H, shapes = case.H, {}
    for layer in range(case.options["depth"]):
        for kind in "ht":
            inputs = [case.D, H] if layer == 0 else [H]
            shapes.update({f"weight_{kind}{layer}_{k}": (H, n) for k, n in enumerate(inputs)})
            shapes[f"bias_{kind}{layer}"] = (H,)

    def step(w, x, state):
        (s,) = state
        for layer in range(case.options["depth"]):
            read = [x, s] if layer == 0 else [s]
            h, t = (sum(u @ w[f"weight_{kind}{layer}_{k}"].T for k, u in enumerate(read)) + w[f"bias_{kind}{layer}"]
                    for kind in "ht")
            s = (1 - torch.sigmoid(t)) * s + torch.sigmoid(t) * torch.tanh(h)
        return s, [s]

    return run(case, shapes, [H], step)


def s_lstm(case):
    H, heads, shapes = case.H, case.options["heads"], {}
    for gate in "ifzo":
        shapes.update({f"weight_{gate}": (H, case.D), f"bias_{gate}": (H,),
                       **block_shapes(f"recurrent_{gate}", H, H, heads)})

    def step(w, x, state):
        h, c, n, begun, m = state
        m = since_begun(begun, m, -1e30)
        i, f, z, o = (F.linear(x, w[f"weight_{gate}"], w[f"bias_{gate}"]) + blocks(w, f"recurrent_{gate}", h, heads)
                      for gate in "ifzo")
        m_new = torch.maximum(F.logsigmoid(f) + m, i)
        write, keep = torch.exp(i - m_new), torch.exp(F.logsigmoid(f) + m - m_new)
        c, n = keep * c + write * torch.tanh(z), keep * n + write
        h = torch.sigmoid(o) * c / n
        return h, [h, c, n, torch.ones_like(begun), m_new]

    return run(case, shapes, [H, H, H, 1, H], step)


def stack_rnn(case):
    o, H, D = case.options, case.H, case.D
    count, cell, size, actions = o["stacks"], o["cell_size"], o["stack_size"], 3 if o["no_op"] else 2
    lstm, seen = o["controller"] == "lstm", o["stacks"] * o["top"] * o["cell_size"]
    name, rows = ("gates", 4 * H) if lstm else ("h", H)
    shapes = {f"weight_{name}_0": (rows, D), f"weight_{name}_1": (rows, H), f"weight_{name}_2": (rows, seen),
              f"bias_{name}": (rows,), "weight_action_0": (actions * count, H), "bias_action": (actions * count,),
              "weight_push_0": (count * cell, H), "bias_push": (count * cell,)}

    def step(w, x, state):
        stacks, h = state[1:1 + count], state[0]
        stacks = [stack.reshape(-1, size, cell) for stack in stacks]
        tops = torch.cat([stack[:, :o["top"]].flatten(1) for stack in stacks], 1)
        sums = sum(u @ w[f"weight_{name}_{k}"].T for k, u in enumerate((x, h, tops))) + w[f"bias_{name}"]
        after = []
        if lstm:
            i, f, g, out = sums.chunk(4, 1)
            after = [torch.sigmoid(f) * state[-1] + torch.sigmoid(i) * torch.tanh(g)]
            h = torch.sigmoid(out) * torch.tanh(after[0])
        else:
            h = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}[o["activation"]](sums)
        chosen = F.linear(h, w["weight_action_0"], w["bias_action"]).reshape(-1, count, actions).softmax(2)
        pushed = F.linear(h, w["weight_push_0"], w["bias_push"]).reshape(-1, count, 1, cell)
        if o["value"] == "sigmoid":
            pushed = torch.sigmoid(pushed)
        for s, stack in enumerate(stacks):
            extended = torch.cat([pushed[:, s], stack, torch.zeros(len(x), 1, cell)], 1)
            action = chosen[:, s, :, None, None]
            new = action[:, 0] * extended[:, :-2] + action[:, 1] * extended[:, 2:]
            if o["no_op"]:
                new = new + action[:, 2] * stack
            after.insert(s, new.flatten(1))
        return h, [h, *after]

    return run(case, shapes, [H, *[size * cell] * count, *[H] * lstm], step)


# ---- Linear recurrences -----------------------------------------------------------------------------------------


def rg_lru(case):
    H, D, heads = case.H, case.D, case.options["heads"]
    shapes = {"weight_in_0": (H, D), "bias_in": (H,)} if D != H else {}
    for gate in "ax":
        shapes.update({**block_shapes(f"weight_{gate}", H, H, heads), f"bias_{gate}": (H,)})

    def step(w, x, state):
        h, count = state
        if D != H:
            x = F.linear(x, w["weight_in_0"], w["bias_in"])
        r, i = (torch.sigmoid(blocks(w, f"weight_{gate}", x, heads) + w[f"bias_{gate}"]) for gate in "ax")
        a = torch.exp(-8 * r * F.softplus(w["Lambda"]))
        root = torch.sqrt(1 - a ** 2)
        first = torch.clamp(1 - count, min=0)  # 1 at a sequence's first step
        h = a * h + (first + (1 - first) * root) * i * x
        return h, [h, count + 1]

    return run(case, {**shapes, "Lambda": (H,)}, [H, 1], step)


def rwkv_4(case):
    H, D = case.H, case.D
    mixes = {f"time_mix_{n}" for n in "rkv"}
    shapes = {"time_mix_r": (D,), "receptance": (H, D), "time_mix_k": (D,), "key": (H, D), "time_mix_v": (D,),
              "value": (H, D), "time_decay": (H,), "time_first": (H,), "output": (H, H)}

    def step(w, x, state):
        before, a, b, begun, p = state
        p = since_begun(begun, p, -1e30)
        r, k, v = ((x * w[f"time_mix_{n}"] + before * (1 - w[f"time_mix_{n}"])) @ w[full].T
                   for n, full in (("r", "receptance"), ("k", "key"), ("v", "value")))
        u = w["time_first"] + k
        q = torch.maximum(p, u)
        wkv = ((torch.exp(p - q) * a + torch.exp(u - q) * v) / (torch.exp(p - q) * b + torch.exp(u - q)))
        decayed = p - torch.exp(w["time_decay"])
        q = torch.maximum(decayed, k)
        a, b = (torch.exp(decayed - q) * a + torch.exp(k - q) * v, torch.exp(decayed - q) * b + torch.exp(k - q))
        return (torch.sigmoid(r) * wkv) @ w["output"].T, [x, a, b, torch.ones_like(begun), q]

    return run(case, shapes, [D, H, H, 1, H], step, mixes)


# ---- Matrices as memory -----------------------------------------------------------------------------------------


def rms(x, gain, groups, epsilon=1e-6):
    u = x.reshape(len(x), groups, -1)
    return (u / torch.sqrt((u ** 2).mean(2, keepdim=True) + epsilon)).reshape(x.shape) * gain


def memory(case):
    o, H, D, heads = case.options, case.H, case.D, case.options["heads"]
    preset, taps, d = o["preset"], o["convolution"], case.H // case.options["heads"]
    shapes, parts, taken = {}, [], {"n": 0}

    def project(name, width):
        shapes["weight_" + name] = (width, D)
        if taps:
            shapes[f"conv_{name}_weight"] = (taps, width)
            shapes[f"conv_{name}_bias"] = (width,)
            parts.extend([width] * (taps - 1))

    projected = {"hgrn2": ["q", "v"]}.get(preset, ["q", "k", "v"])
    if preset == "retnet":
        parts.append(1)
    for name in projected:
        project(name, d if preset == "mamba-2" and name != "v" else H)
    further = {"gla": {"weight_a1": (16, D), "weight_a2": (H, 16), "bias_a": (H,)},
               "mamba-2": {"weight_dt": (heads, D), "dt_bias": (heads,), "A_log": (heads,), "D": (heads,)},
               "hgrn2": {"weight_k": (H, D)},
               "mlstm": {"weight_i": (heads, 3 * H), "bias_i": (heads,), "weight_f": (heads, 3 * H),
                         "bias_f": (heads,)},
               "deltanet": {"weight_beta": (heads, D)},
               "gated-deltanet": {"weight_beta": (heads, D), "weight_dt": (heads, D), "dt_bias": (heads,),
                                  "A_log": (heads,)}}
    shapes.update(further.get(preset, {}))
    gated = preset in ("retnet", "gla", "mamba-2", "mlstm", "gated-deltanet")
    if preset == "mamba-2":
        shapes["weight_g"] = (H, D)
    if preset != "linear-attention":
        shapes["norm"] = (H,)
    if gated and preset != "mamba-2":
        shapes["weight_g"] = (H, D)
    shapes["weight_o"] = (H, H)
    beside = {"linear-attention": [H], "mlstm": [H, 1, heads]}.get(preset, [])
    first, other = (len(parts) + len(beside), len(parts)) if preset == "mlstm" else (len(parts), len(parts) + 1)
    parts.extend(beside + [H * d] if preset == "mlstm" else [H * d] + beside)

    def rotate(u, count):
        angle = count[:, :, None] / 10000 ** (torch.arange(0, d, 2) / d)
        a, b = u[..., :d // 2], u[..., d // 2:]
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], 2)

    def step(w, x, state):
        state = list(state)
        after, at = list(state), {"n": 1 if preset == "retnet" else 0}

        def projection(name):
            u = x @ w["weight_" + name].T
            if not taps:
                return u
            total = u * w[f"conv_{name}_weight"][0] + w[f"conv_{name}_bias"]
            after[at["n"]] = u
            for k in range(1, taps):
                total = total + state[at["n"]] * w[f"conv_{name}_weight"][k]
                if k > 1:
                    after[at["n"]] = state[at["n"] - 1]
                at["n"] += 1
            return F.silu(total)

        head = lambda u: u.reshape(len(u), heads, -1)
        flat = lambda u: u.reshape(len(u), -1)
        silu = (lambda u: u) if taps else F.silu
        S = state[first].reshape(-1, heads, d, d)
        u = {name: projection(name) for name in projected}
        scale = 1 / math.sqrt(d)
        decay = lambda: torch.exp(-torch.exp(w["A_log"]) * F.softplus(x @ w["weight_dt"].T + w["dt_bias"]))
        write = lambda k, v: k[..., :, None] * v[..., None, :]
        read = lambda q, S: torch.einsum("bhi,bhij->bhj", q, S)

        if preset == "linear-attention":
            q, k, v = F.elu(head(u["q"])) + 1, F.elu(head(u["k"])) + 1, head(u["v"])
            S, z = S + write(k, v), head(state[other]) + k
            after[other] = flat(z)
            y = read(q, S) / ((q * z).sum(2, keepdim=True) + 1e-6)
        elif preset == "retnet":
            q, k, v = rotate(head(u["q"]), state[0]), rotate(head(u["k"]), state[0]), head(u["v"])
            after[0] = state[0] + 1
            gamma = 1 - 2.0 ** (-5 - torch.arange(heads))
            S = gamma[:, None, None] * S + write(k, v)
            y = read(q * scale, S)
        elif preset == "gla":
            q, k, v = (head(u[n]) for n in "qkv")
            a = torch.sigmoid(x @ w["weight_a1"].T @ w["weight_a2"].T + w["bias_a"]) ** (1 / 16)
            S = head(a)[..., None] * S + write(k, v)
            y = read(q * scale, S)
        elif preset == "mamba-2":
            q, k = (u[n][:, None].expand(-1, heads, -1) for n in "qk")
            v, delta = head(u["v"]), F.softplus(x @ w["weight_dt"].T + w["dt_bias"])
            S = decay()[..., None, None] * S + write(k, delta[..., None] * v)
            y = read(q, S) + w["D"][:, None] * v
        elif preset == "hgrn2":
            q, v = silu(head(u["q"])), head(u["v"])
            f = o["lower_bound"] + (1 - o["lower_bound"]) * torch.sigmoid(head(x @ w["weight_k"].T))
            S = f[..., None] * S + write(1 - f, v)
            y = read(q, S)
        elif preset == "mlstm":
            q, k, v = (head(u[n]) for n in "qkv")
            both = torch.cat([u["q"], u["k"], u["v"]], 1)
            i, f = (both @ w[f"weight_{n}"].T + w[f"bias_{n}"] for n in "if")
            m = since_begun(state[other + 1], state[other + 2], -1e30)
            m_new = torch.maximum(F.logsigmoid(f) + m, i)
            keep, add = torch.exp(F.logsigmoid(f) + m - m_new), torch.exp(i - m_new)
            k = k * scale * add[..., None]
            S, n = keep[..., None, None] * S + write(k, v), keep[..., None] * head(state[other]) + k
            after[other:other + 3] = [flat(n), torch.ones_like(state[other + 1]), m_new]
            y = read(q, S) / (torch.maximum((q * n).sum(2).abs(), torch.exp(-m_new)) + 1e-6)[..., None]
        else:
            q, k, v = silu(head(u["q"])), silu(head(u["k"])), silu(head(u["v"]))
            q, k = (a / torch.sqrt((a ** 2).sum(2, keepdim=True) + 1e-6) for a in (q, k))
            beta = torch.sigmoid(x @ w["weight_beta"].T) * (2 if o["negative_eigenvalues"] else 1)
            if preset == "gated-deltanet":
                S = decay()[..., None, None] * S
            S = S + write(k, beta[..., None] * (v - read(k, S)))
            y = read(q * scale, S)

        after[first] = flat(S)
        y = flat(y)
        gate = F.silu(x @ w["weight_g"].T) if gated else 1
        if preset == "mamba-2":
            y = rms(y * gate, w["norm"], 1, 1e-5)
        elif preset == "mlstm":
            y = flat(F.layer_norm(head(y), (d,))) * w["norm"] * gate
        elif preset != "linear-attention":
            y = rms(y, w["norm"], heads, 1e-5) * gate
        return y @ w["weight_o"].T, after

    return run(case, shapes, parts, step, {"norm"})


# ---- The cases --------------------------------------------------------------------------------------------------

FORMS = ({"form": "plain"}, {"form": "log-space"})
write("gates-of-the-input", [
    *cases(min_gru, "min-gru", *FORMS), *cases(min_lstm, "min-lstm", *FORMS),
    *cases(qrnn, "qrnn", {"window": 1}, {"window": 2}),
    *cases(sru, "sru", {"highway_bias": -1.5, "rescale": True}, {"highway_bias": 0.0, "rescale": False}),
    *cases(sru, "sru", {"highway_bias": 0.0, "rescale": True}, D=5),
    *cases(ind_rnn, "ind-rnn", {"activation": "relu"}, {"activation": "tanh"}),
])
write("lstm-variants", [
    *cases(peephole_lstm, "peephole-lstm"),
    *cases(layer_norm_lstm, "layer-norm-lstm", {"norm": "joint"}, {"norm": "gates"}, H=6),
    *cases(multiplicative_lstm, "multiplicative-lstm"),
    *cases(highway_rnn, "highway-rnn", {"depth": 1}, {"depth": 3}),
    *cases(s_lstm, "s-lstm", {"heads": 1}), *cases(s_lstm, "s-lstm", {"heads": 3}, H=6),
])
STACKS = dict(controller="rnn", activation="tanh", stacks=1, cell_size=2, stack_size=3, top=1, no_op=True,
              value="linear")
write("stack-rnn", [
    *cases(stack_rnn, "stack-rnn", STACKS, {**STACKS, "controller": "lstm", "stacks": 2},
           {**STACKS, "activation": "sigmoid", "stacks": 3, "cell_size": 1, "stack_size": 4, "top": 2, "no_op": False,
            "value": "sigmoid"}, {**STACKS, "stack_size": 1, "cell_size": 3}),
])
write("linear-recurrences", [
    *cases(rg_lru, "rg-lru", {"heads": 1}), *cases(rg_lru, "rg-lru", {"heads": 2}, H=6, D=6),
    *cases(rwkv_4, "rwkv-4"),
])
MEMORY = dict(heads=2, convolution=0, negative_eigenvalues=False, lower_bound=0.0)
write("matrix-memory", [
    *(record for preset in ("linear-attention", "retnet", "gla", "mamba-2", "hgrn2", "mlstm", "deltanet",
                            "gated-deltanet")
      for record in cases(memory, "matrix-memory", {**MEMORY, "preset": preset}, H=8)),
    *cases(memory, "matrix-memory", {**MEMORY, "preset": "gated-deltanet", "convolution": 3,
                                     "negative_eigenvalues": True}, H=8),
    *cases(memory, "matrix-memory", {**MEMORY, "preset": "hgrn2", "convolution": 2, "lower_bound": 0.25}, H=8),
])
