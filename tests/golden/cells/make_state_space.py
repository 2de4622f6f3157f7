#!/usr/bin/python3
"""Makes the golden numbers of the cells that stand on scans, as make.py does for the others.

    /usr/bin/python3 tests/golden/cells/make_state_space.py

Each formula is written from its paper, one step after the other, with PyTorch's complex numbers in double, and
differentiated by autograd.
"""

import torch
from torch.nn import functional as F

from case import cases, run, write


def entry(case):
    """W_in x + b_in where x is not as wide as the layer."""
    return {"weight_in": (case.H, case.D), "bias_in": (case.H,)} if case.D != case.H else {}


def entered(w, x):
    return F.linear(x, w["weight_in"], w["bias_in"]) if "weight_in" in w else x


def lru(case):
    H, N = case.H, case.options["d_state"] or case.H

    def step(w, x, state):
        u = entered(w, x)
        nu, gamma = w["nu_gamma_log"].chunk(2)
        eigenvalue = torch.exp(torch.complex(-torch.exp(nu), torch.exp(w["theta_log"])))
        B, C = torch.complex(w["B_re"], w["B_im"]), torch.complex(w["C_re"], w["C_im"])
        h = eigenvalue * torch.complex(*state) + torch.exp(gamma) * (u.to(B.dtype) @ B.T)
        return (h @ C.T).real + w["D"] * u, [h.real, h.imag]

    return run(case, {**entry(case), "B_re": (N, H), "B_im": (N, H), "nu_gamma_log": (2 * N,), "theta_log": (N,),
                      "C_re": (H, N), "C_im": (H, N), "D": (H,)}, [N, N], step)


def s4d(case):
    H, half, o = case.H, case.options["d_state"] // 2, case.options
    shapes = {**entry(case), "log_dt": (H,), "log_A_real": (H, half), "A_imag": (H, half), "C_re": (H, half),
              "C_im": (H, half), "D": (H,)}
    if o["final_act"] == "glu":
        shapes.update({"output.weight": (2 * H, H), "output.bias": (2 * H,)})

    def step(w, x, state):
        u = entered(w, x)
        dt = torch.exp(w["log_dt"])[:, None]
        A, C = torch.complex(-torch.exp(w["log_A_real"]), w["A_imag"]), torch.complex(w["C_re"], w["C_im"])
        if o["disc"] == "zoh":
            factor, entering = torch.exp(dt * A), (torch.exp(dt * A) - 1) / A
        else:
            factor, entering = (1 + dt / 2 * A) / (1 - dt / 2 * A), dt / (1 - dt / 2 * A)
        # The cell's state is that of the paper without the factor B of the input.
        h = torch.complex(*(part.reshape(-1, half, H).transpose(1, 2) for part in state)) * entering
        h = factor * h + entering * u[:, :, None]
        y = 2 * (C * h).sum(2).real + w["D"] * u
        if o["final_act"] == "glu":
            y = F.glu(F.linear(F.gelu(y), w["output.weight"], w["output.bias"]), 1)
        h = (h / entering).transpose(1, 2).reshape(-1, half * H)
        return y, [h.real, h.imag]

    return run(case, shapes, [H * half, H * half], step)


def selective_ssm(case):
    H, N, R = case.H, case.options["d_state"], case.options["dt_rank"] or (case.H + 15) // 16
    shapes = {**entry(case), "x_proj.weight": (R + 2 * N, H), "dt_proj.weight": (H, R), "dt_proj.bias": (H,),
              "A_log": (H, N), "D": (H,)}

    def step(w, x, state):
        u = entered(w, x)
        low, B, C = (u @ w["x_proj.weight"].T).split([R, N, N], 1)
        dt = F.softplus(F.linear(low, w["dt_proj.weight"], w["dt_proj.bias"]))
        h = state[0].reshape(-1, N, H).transpose(1, 2)
        h = torch.exp(dt[:, :, None] * -torch.exp(w["A_log"])) * h + (dt * u)[:, :, None] * B[:, None, :]
        return (h * C[:, None, :]).sum(2) + w["D"] * u, [h.transpose(1, 2).reshape(-1, N * H)]

    return run(case, shapes, [N * H], step)


S4D = dict(d_state=4, disc="zoh", final_act="glu")
write("state-space", [
    *cases(lru, "lru", {"d_state": 0}), *cases(lru, "lru", {"d_state": 3}, D=6, H=6),
    *cases(lru, "lru", {"d_state": 0}, tokens=True),
    *cases(s4d, "s4d", S4D), *cases(s4d, "s4d", {**S4D, "disc": "bilinear"}),
    *cases(s4d, "s4d", {**S4D, "d_state": 6, "final_act": "none"}, D=5, H=5),
    *cases(selective_ssm, "selective-ssm", {"d_state": 3, "dt_rank": 2}),
    *cases(selective_ssm, "selective-ssm", {"d_state": 4, "dt_rank": 0}, D=6, H=6),
])
