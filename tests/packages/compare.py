"""Cells beside the PyTorch packages that are published for them, with the same weights: the greatest differences.

    compare.py RUN_CELL        (scripts/compare-with-packages prepares the packages and RUN_CELL)

For each: y from a zero state, y from the state that the cell's own first steps leave (the package goes through all
steps), and the gradient of x from a zero state. Everything is in double, but some packages compute in float inside; the
table says so, and their differences are those of a float. Exits with 1 when a difference is too great.
"""

import importlib.util
import json
import logging
import math
import pathlib
import subprocess
import sys
import warnings

import torch
from torch.nn import functional as F

warnings.filterwarnings("ignore")
logging.disable()
torch.set_default_dtype(torch.float64)
T, PREFIX, B, H = 24, 10, 3, 8
DOUBLE, FLOAT = 1e-10, 2e-5  # what a difference may be


def load(package, path):
    """A file of an installed package by itself, without what the package imports beside it."""
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), pathlib.Path(folder) / (path + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def head(u, heads):
    """(T, B, heads · d) to (B, heads, T, d)."""
    return u.reshape(*u.shape[:2], heads, -1).permute(1, 2, 0, 3)


def flat(u):
    return u.permute(2, 0, 1, 3).flatten(2)


def fill(module, **values):
    for name, value in values.items():
        module.get_parameter(name.replace("__", ".")).data = value.detach().clone()
    return module


# ---- The packages -----------------------------------------------------------------------------------------------
# Each function gives y (T, B, H) from the cell's weights by name, its options, and x (T, B, H).


def min_gru(w, options, x):
    from minGRU_pytorch.minGRU import minGRU
    module = fill(minGRU(H), to_hidden_and_gate__weight=torch.cat([w["weight_h_0"], w["weight_z_0"]]))
    return module(x.transpose(0, 1)).transpose(0, 1)


def min_lstm(w, options, x):
    from minGRU_pytorch.minLSTM import minLSTM
    matrix = torch.cat([w["weight_h_0"], w["weight_f_0"], w["weight_i_0"]])
    return fill(minLSTM(H), to_hidden_and_f_i_gate__weight=matrix)(x.transpose(0, 1)).transpose(0, 1)


def tcn(w, options, x):
    from pytorch_tcn.tcn import TemporalBlock
    block = TemporalBlock(H, H, options["kernel_size"], 1, 1, 0.0, True, "weight_norm", "relu", "xavier_uniform", None,
                          "add", False)
    for name in ("conv1", "conv2"):
        fill(getattr(block, name), weight_g=w[name + ".weight_g"][:, None, None], bias=w[name + ".bias"],
             weight_v=w[name + ".weight_v"].reshape(H, H, -1))
    return block(x.permute(1, 2, 0), None, False)[0].permute(2, 0, 1)


def rwkv_4(w, options, x):
    from transformers.models.rwkv.modeling_rwkv import RwkvConfig, RwkvSelfAttention
    module = RwkvSelfAttention(RwkvConfig(hidden_size=H))
    mixes = {f"time_mix_{full}": w[f"time_mix_{full[0]}"][None, None] for full in ("key", "value", "receptance")}
    fill(module, time_decay=w["time_decay"], time_first=w["time_first"], **mixes,
         **{name + "__weight": w[name] for name in ("key", "value", "receptance", "output")})
    return module(x.transpose(0, 1))[0].transpose(0, 1)


def rg_lru(w, options, x):
    from transformers.models.recurrent_gemma.modeling_recurrent_gemma import RecurrentGemmaConfig, RecurrentGemmaRglru
    heads = options["heads"]
    module = RecurrentGemmaRglru(RecurrentGemmaConfig(lru_width=H, num_attention_heads=heads))
    gates = {f"{gate}_gate_{kind}": value for gate, name in (("recurrent", "a"), ("input", "x")) for kind, value in (
        ("weight", torch.stack([w[f"weight_{name}.{h}"].T for h in range(heads)])),
        ("bias", w[f"bias_{name}"].reshape(heads, -1)))}
    fill(module, recurrent_param=w["Lambda"], **gates)
    return module(x.transpose(0, 1), torch.arange(len(x))[None].expand(x.shape[1], -1)).transpose(0, 1)


def mamba_2(w, options, x):
    from transformers.models.mamba2.modeling_mamba2 import Mamba2Config, Mamba2Mixer
    heads = options["heads"]
    d = H // heads
    module = Mamba2Mixer(Mamba2Config(hidden_size=H, num_heads=heads, head_dim=d, state_size=d, expand=1, n_groups=1,
                                      conv_kernel=options["convolution"], chunk_size=2 * T, layer_norm_epsilon=1e-5,
                                      time_step_min=0.0, use_bias=False, use_conv_bias=True), 0)
    conv = torch.cat([w[f"conv_{n}_weight"].flip(0).T for n in "vkq"])[:, None]
    fill(module, in_proj__weight=torch.cat([w[f"weight_{n}"] for n in ("g", "v", "k", "q", "dt")]),
         conv1d__weight=conv, conv1d__bias=torch.cat([w[f"conv_{n}_bias"] for n in "vkq"]), dt_bias=w["dt_bias"],
         A_log=w["A_log"], D=w["D"], norm__weight=w["norm"], out_proj__weight=w["weight_o"])
    return module.torch_forward(x.transpose(0, 1)).transpose(0, 1)


def mlstm(w, options, x):
    backends, heads = load("xlstm", "blocks/mlstm/backends"), options["heads"]
    q, k, v = (x @ w[f"weight_{n}"].T for n in "qkv")
    i, f = (head(torch.cat([q, k, v], 2) @ w[f"weight_{n}"].T + w[f"bias_{n}"], heads) for n in "if")
    found = flat(F.layer_norm(backends.parallel_stabilized_simple(*(head(u, heads) for u in (q, k, v)), i, f),
                              (H // heads,)))
    return (found * w["norm"] * F.silu(x @ w["weight_g"].T)) @ w["weight_o"].T


def s_lstm(w, options, x):
    step, heads = load("xlstm", "blocks/slstm/src/vanilla/slstm").slstm_forward_pointwise, options["heads"]
    matrix, bias = (torch.cat([w[f"{kind}_{gate}"] for gate in "ifzo"]) for kind in ("weight", "bias"))
    recurrent = torch.cat([torch.block_diag(*(w[f"recurrent_{gate}.{h}"] for h in range(heads))) for gate in "ifzo"])
    states, outputs = torch.zeros(4, x.shape[1], H), []
    for row in x:
        states, _ = step(row @ matrix.T, states[0] @ recurrent.T, bias[None], states, {})
        outputs.append(states[0])
    return torch.stack(outputs)


def selective_ssm(w, options, x):
    from mambapy.mamba import MambaBlock, MambaConfig
    rank = w["dt_proj.weight"].shape[1]
    block = MambaBlock(MambaConfig(d_model=H, n_layers=1, expand_factor=1, d_state=options["d_state"], dt_rank=rank))
    fill(block, A_log=w["A_log"], D=w["D"], x_proj__weight=w["x_proj.weight"], dt_proj__weight=w["dt_proj.weight"],
         dt_proj__bias=w["dt_proj.bias"])
    return block.ssm(x.transpose(0, 1), None).transpose(0, 1)


def lru(w, options, x):
    from LRU_pytorch.LRU import LRU
    states = w["B_re"].shape[0]
    module = LRU(H, H, states)
    fill(module, D=torch.diag(w["D"]), nu_log=w["nu_gamma_log"][:states], gamma_log=w["nu_gamma_log"][states:],
         theta_log=w["theta_log"], B=torch.complex(w["B_re"], w["B_im"]), C=torch.complex(w["C_re"], w["C_im"]))
    return module(x.transpose(0, 1)).transpose(0, 1)


def memory(preset, **options):
    return {"preset": preset, "heads": 2, **options}


CASES = [  # package, cell, options, its function, what a difference may be
    ("mingru-pytorch", "min-gru", {"form": "log-space"}, min_gru, DOUBLE),
    ("mingru-pytorch", "min-lstm", {"form": "log-space"}, min_lstm, DOUBLE),
    ("pytorch-tcn", "tcn", {"kernel_size": 3}, tcn, DOUBLE),
    ("transformers", "rwkv-4", {}, rwkv_4, FLOAT),
    ("transformers", "rg-lru", {"heads": 2}, rg_lru, FLOAT),
    ("transformers", "matrix-memory", memory("mamba-2", convolution=4), mamba_2, FLOAT),
    ("xlstm", "matrix-memory", memory("mlstm"), mlstm, DOUBLE),
    ("xlstm", "s-lstm", {"heads": 2}, s_lstm, DOUBLE),
    ("mambapy", "selective-ssm", {"d_state": 4}, selective_ssm, FLOAT),
    ("lru-pytorch", "lru", {}, lru, DOUBLE),
]

# ---- The comparison ---------------------------------------------------------------------------------------------


def ours(program, **call):
    done = subprocess.run([program], input=json.dumps({**call, "B": B, "D": H, "H": H}), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def draw(shapes):
    """Weights of moderate size; gains about 1, and no bias where the package has none."""
    weights = {}
    for name, shape in shapes:
        spread = 0.8 / math.sqrt(shape[-1]) if len(shape) > 1 else 0.5
        gain = 1 if name == "norm" or name.endswith("_g") and len(shape) == 1 else 0
        weights[name] = gain + spread * torch.randn(shape)
    return weights


def compare(program, cell, options, theirs):
    torch.manual_seed(1)
    weights = draw(ours(program, cell=cell, options=options, T=T)["weights"])
    if theirs in (min_gru, min_lstm):
        weights.update({name: torch.zeros_like(w) for name, w in weights.items() if name.startswith("bias")})
    x, dy = torch.randn(T, B, H), torch.randn(T, B, H)
    call = dict(cell=cell, options=options, weights=torch.cat([w.flatten() for w in weights.values()]).tolist())
    run = lambda first, last, **more: ours(program, T=last - first, x=x[first:last].flatten().tolist(),
                                           dy=dy[first:last].flatten().tolist(), **call, **more)
    start = run(0, PREFIX)
    rest = run(PREFIX, T, state=start["next_state"])
    leaf = x.clone().requires_grad_()
    y = theirs(weights, options, leaf)
    (y[:PREFIX] * dy[:PREFIX]).sum().backward()
    apart = lambda a, b: (torch.tensor(a).reshape(b.shape) - b).abs().max().item() / max(1, b.abs().max().item())
    return (apart(start["y"], y[:PREFIX].detach()), apart(rest["y"], y[PREFIX:].detach()),
            apart(start["dx"], leaf.grad[:PREFIX]))


def main():
    failed = False
    print(f"{'package':<16} {'cell':<30} {'zero state':>11} {'own state':>11} {'gradient':>11}  inside")
    for package, cell, options, theirs, allowed in CASES:
        name = cell + (", " + options["preset"] if "preset" in options else "")
        try:
            found = compare(sys.argv[1], cell, options, theirs)
        except (ImportError, AttributeError) as error:
            print(f"{package:<16} {name:<30} passed over: {error}")
            continue
        wrong = not max(found) <= allowed
        failed |= wrong
        print(f"{package:<16} {name:<30} " + " ".join(f"{number:11.1e}" for number in found) +
              f"  {'double' if allowed == DOUBLE else 'float'}{'  TOO MUCH' * wrong}")
    sys.exit(failed)


main()
