"""Times forward and backward of the layers that bench_scans measures, in plain PyTorch: peer.py runs it.

    scan_peer.py CELL H B T SECONDS        CELL: lru, s4d, selective-ssm or mamba

The formulas are those of the papers, as they are written where no special kernel is at hand: a loop over the steps, and
for s4d the convolution by Fourier transforms that its authors use.
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


def main():
    name, (H, B, T), seconds = sys.argv[1], map(int, sys.argv[2:5]), float(sys.argv[5])
    layer, weights = {"lru": lru, "s4d": s4d, "selective-ssm": selective, "mamba": mamba}[name](H)
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
