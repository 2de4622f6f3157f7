"""Times forward and backward of the layers that bench_scans measures, in plain PyTorch: peer.py runs it.

    scan_peer.py CELL H B T SECONDS        CELL: as for bench_scans

The formulas are those of the papers, as they are written where no special kernel is at hand: for s4d the convolution by
Fourier transforms that its authors use, for min-gru the log-space scan of its paper, for memories whose decay is one
number the form that is parallel over steps, for the delta rule chunks of 64 steps, and else a loop over the steps.
"""
import math
import statistics
import sys
import time

import torch
from torch.nn import functional as F


def leaf(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def lru(H):
    N = H
    nu, theta, gamma = leaf(N), leaf(N), leaf(N)
    B, C, D = leaf(2, N, H, scale=H ** -0.5), leaf(2, H, N, scale=N ** -0.5), leaf(H)

    def layer(x):
        factor = torch.exp(torch.complex(-torch.exp(nu), torch.exp(theta)))
        entering = torch.complex(x @ (torch.exp(gamma)[:, None] * B[0]).T, x @ (torch.exp(gamma)[:, None] * B[1]).T)
        h, states = torch.zeros_like(entering[0]), []
        for step in entering:
            h = factor * h + step
            states.append(h)
        h = torch.stack(states)
        return h.real @ C[0].T - h.imag @ C[1].T + D * x

    return layer, [nu, theta, gamma, B, C, D]


def s4d(H, N=64):
    dt = (torch.rand(H) * math.log(100) + math.log(0.001)).requires_grad_()
    decay = torch.full((H, N // 2), math.log(0.5)).requires_grad_()
    frequency = (math.pi * torch.arange(N // 2)).repeat(H, 1).requires_grad_()
    C, D, W, b = leaf(H, N // 2, 2), leaf(H), leaf(2 * H, H, scale=H ** -0.5), leaf(2 * H)

    def layer(x):
        T = len(x)
        A = torch.complex(-torch.exp(decay), frequency)
        step = A * torch.exp(dt)[:, None]
        read = torch.view_as_complex(C) * (torch.exp(step) - 1) / A
        powers = torch.exp(step[:, :, None] * torch.arange(T))
        kernel = 2 * torch.einsum("hn,hnt->ht", read, powers).real
        u = x.permute(1, 2, 0)
        y = torch.fft.irfft(torch.fft.rfft(u, n=2 * T) * torch.fft.rfft(kernel, n=2 * T), n=2 * T)[..., :T]
        y = (y + u * D[:, None]).permute(2, 0, 1)
        return F.glu(F.linear(F.gelu(y), W, b), -1)

    return layer, [dt, decay, frequency, C, D, W, b]


def selective(H, N=16):
    R = (H + 15) // 16
    project, enter, bias = leaf(R + 2 * N, H, scale=H ** -0.5), leaf(H, R, scale=R ** -0.5), leaf(H)
    A_log, D = torch.log(torch.arange(1.0, N + 1)).repeat(H, 1).requires_grad_(), torch.ones(H).requires_grad_()

    def layer(x):
        low, B, C = (x @ project.T).split([R, N, N], -1)
        dt = F.softplus(low @ enter.T + bias)
        factor = torch.exp(dt[..., None] * -torch.exp(A_log))
        entering = (dt * x)[..., None] * B[:, :, None, :]
        h, y = torch.zeros_like(entering[0]), []
        for t in range(len(x)):
            h = factor[t] * h + entering[t]
            y.append((h * C[t][:, None, :]).sum(-1))
        return torch.stack(y) + D * x

    return layer, [project, enter, bias, A_log, D]


def mamba(H, taps=4):
    inner, weights = selective(2 * H)
    gain, enter, leave = leaf(H), leaf(4 * H, H, scale=H ** -0.5), leaf(H, 2 * H, scale=(2 * H) ** -0.5)
    kernel, bias = leaf(2 * H, 1, taps, scale=0.5), leaf(2 * H)

    def layer(x):
        u = x * torch.rsqrt((x ** 2).mean(-1, keepdim=True) + 1e-6) * gain
        u, gate = (u @ enter.T).chunk(2, -1)
        u = F.conv1d(u.permute(1, 2, 0), kernel, bias, padding=taps - 1, groups=2 * H)[..., :len(x)]
        return x + (inner(F.silu(u).permute(2, 0, 1)) * F.silu(gate)) @ leave.T

    return layer, [*weights, gain, enter, leave, kernel, bias]


def min_gru(H):
    W_z, W_h, b_z, b_h = leaf(H, H, scale=H ** -0.5), leaf(H, H, scale=H ** -0.5), leaf(H), leaf(H)

    def layer(x):
        k, u = x @ W_z.T + b_z, x @ W_h.T + b_h
        candidate = torch.where(u >= 0, (F.relu(u) + 0.5).log(), -F.softplus(-u))
        kept = -F.softplus(k)
        along = kept.cumsum(0)
        return (along + torch.logcumsumexp(candidate - F.softplus(-k) - along, 0)).exp()

    return layer, [W_z, W_h, b_z, b_h]


def s_lstm(H):
    W, R, b = leaf(4 * H, H, scale=H ** -0.5), leaf(4 * H, H, scale=H ** -0.5), leaf(4 * H)

    def layer(x):
        h = c = n = torch.zeros(x.shape[1], H)
        m, y = torch.full_like(h, -1e30), []
        for step in x @ W.T + b:
            i, f, z, o = (step + h @ R.T).chunk(4, -1)
            kept = F.logsigmoid(f) + m
            m = torch.maximum(kept, i)
            i, f = (i - m).exp(), (kept - m).exp()
            c, n = f * c + i * torch.tanh(z), f * n + i
            h = torch.sigmoid(o) * c / n
            y.append(h)
        return torch.stack(y)

    return layer, [W, R, b]


def parallel(q, k, v, decay=None, write=None):
    """(B, T, H): all steps at once; decay and write are logarithms (B, T), and what they give is stabilised."""
    T = q.shape[1]
    past = torch.tril(torch.ones(T, T, dtype=torch.bool))
    scores = q @ k.transpose(1, 2)
    if decay is None:
        return (scores * past) @ v, scores * past, None
    along = decay.cumsum(1)
    weight = along[:, :, None] - along[:, None, :]
    if write is not None:
        weight = weight + write[:, None, :]
    weight = weight.masked_fill(~past, -torch.inf)
    most = weight.amax(2, keepdim=True) if write is not None else torch.zeros(1)
    scores = scores * (weight - most).exp()
    return scores @ v, scores, most


def stepwise(q, k, v, decay):
    S, y = torch.zeros(q.shape[0], q.shape[2], v.shape[2]), []
    for t in range(q.shape[1]):
        S = decay[:, t, :, None] * S + k[:, t, :, None] * v[:, t, None, :]
        y.append((q[:, t, None, :] @ S)[:, 0])
    return torch.stack(y, 1)


def delta_rule(q, k, v, beta, decay, C=64):
    """S' = e^decay S, then the delta rule; T a multiple of C."""
    S, y = torch.zeros(q.shape[0], q.shape[2], v.shape[2]), []
    past, before, one = torch.tril(torch.ones(C, C)), torch.tril(torch.ones(C, C), -1), torch.eye(C)
    for t in range(0, q.shape[1], C):
        Q, K, V, b = q[:, t:t + C], k[:, t:t + C], v[:, t:t + C], beta[:, t:t + C, None]
        along = decay[:, t:t + C].cumsum(1)
        D = ((along[:, :, None] - along[:, None, :]) * past).exp() * past
        begin = along.exp()[:, :, None]
        L = one + b * (K @ K.transpose(1, 2)) * D * before
        u = torch.linalg.solve_triangular(L, b * (V - begin * (K @ S)), upper=False, unitriangular=True)
        y.append(begin * (Q @ S) + ((Q @ K.transpose(1, 2)) * D) @ u)
        S = begin[:, -1:] * S + (K * (along[:, -1:] - along).exp()[:, :, None]).transpose(1, 2) @ u
    return torch.cat(y, 1)


def memory(preset):
    def build(H):
        W = {name: leaf(H, H, scale=H ** -0.5) for name in "qkvgo"}
        numbers = {name: leaf(1, H, scale=H ** -0.5) for name in ("dt", "beta", "i", "f")}
        low, high, gain, rate = leaf(16, H, scale=H ** -0.5), leaf(H, 16, scale=0.25), leaf(H), leaf(1)
        angle = torch.arange(1.0, 1 + H // 2)

        def rms(x):
            return x * torch.rsqrt((x ** 2).mean(-1, keepdim=True) + 1e-5) * gain

        def rotated(x):
            turn = torch.arange(x.shape[1])[:, None] * 10000 ** (-2 * angle / H)
            a, b = x.chunk(2, -1)
            return torch.cat([a * turn.cos() - b * turn.sin(), a * turn.sin() + b * turn.cos()], -1)

        def layer(x):
            x = x.transpose(0, 1)
            q, k, v = (x @ W[name].T for name in "qkv")
            decay = -rate.exp() * F.softplus(x @ numbers["dt"].T)[..., 0]
            gate = lambda: F.silu(x @ W["g"].T)
            if preset == "linear-attention":
                o, scores, _ = parallel(F.elu(q) + 1, F.elu(k) + 1, v)
                o = o / (scores.sum(-1, keepdim=True) + 1e-6)
            elif preset == "retnet":
                keep = torch.full(x.shape[:2], math.log(1 - 2 ** -5))
                o = rms(parallel(rotated(q) / H ** 0.5, rotated(k), v, keep)[0]) * gate()
            elif preset == "mamba-2":
                o = rms((parallel(q, k, F.softplus(x @ numbers["dt"].T) * v, decay)[0] + v) * gate())
            elif preset == "mlstm":
                i, f = (x @ numbers["i"].T)[..., 0], F.logsigmoid(x @ numbers["f"].T)[..., 0]
                o, scores, most = parallel(q, k / H ** 0.5, v, f, i)
                o = o / (torch.maximum(scores.sum(-1, keepdim=True).abs(), (-most).exp()) + 1e-6)
                o = F.layer_norm(o, (H,)) * gain * gate()
            elif preset == "gla":
                o = rms(stepwise(q / H ** 0.5, k, v, torch.sigmoid(x @ low.T @ high.T) ** (1 / 16))) * gate()
            elif preset == "hgrn2":
                f = torch.sigmoid(k)
                o = rms(stepwise(F.silu(q), 1 - f, v, f))
            else:
                q, k = F.normalize(F.silu(q), dim=-1) / H ** 0.5, F.normalize(F.silu(k), dim=-1)
                gated = preset == "gated-deltanet"
                beta = torch.sigmoid(x @ numbers["beta"].T)[..., 0]
                o = rms(delta_rule(q, k, F.silu(v), beta, decay if gated else torch.zeros(x.shape[:2])))
                o = o * gate() if gated else o
            return (o @ W["o"].T).transpose(0, 1)

        return layer, [*W.values(), *numbers.values(), low, high, gain, rate]

    return build


def main():
    name, (H, B, T), seconds = sys.argv[1], map(int, sys.argv[2:5]), float(sys.argv[5])
    cells = {"lru": lru, "s4d": s4d, "selective-ssm": selective, "mamba": mamba, "min-gru": min_gru, "s-lstm": s_lstm}
    layer, weights = cells.get(name, memory(name))(H)
    x, dy, times = torch.randn(T, B, H).requires_grad_(), torch.randn(T, B, H), []
    begin = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        layer(x).backward(dy)
        times.append(time.perf_counter() - start)
        for tensor in [x, *weights]:
            tensor.grad = None
    step = statistics.median(times[1:])
    print(f"train: {step * 1e3:.3f} ms {B * T / step:.0f} tokens/s forward and backward")


main()
