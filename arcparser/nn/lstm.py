"""Run a bidirectional LSTM with coupled gates, and back-propagate through time.

Hochreiter & Schmidhuber (1997) with the input gate coupled to the forget gate, i = 1 − f (Greff et al. 2017, "LSTM:
a search space odyssey": a quarter less arithmetic, no loss of accuracy). For the word x_t of one direction:

    g = tanh(z_g)      f = γ(z_f)      o = γ(z_o)      where  z = x_t W + b + h_{t-1} U   and  γ(z) = (1 + tanh z) / 2
    c_t = f c_{t-1} + (1 − f) g = g + f (c_{t-1} − g)
    h_t = o tanh(c_t)

γ(z) is the logistic function of 2z: a gate learns at twice the speed, and all three gates come from one tanh. Columns
of W, b, U and z are [g | f | o]. Both directions go through the same loop, one batched product a step; the backward
direction reads each sentence from its end (`Packing`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from arcparser.nn.packing import Packing
from arcparser.nn.parameters import Weight, glorot, open_forget_gates, orthogonal_gates
from arcparser.types import Floats

WINDOW = 1  # words that a gate sees, but for what h_{t-1} tells of those before
RECURRENT_DROPOUT = True  # h_{t-1} can be masked
PARSED_TOGETHER = 2000  # words: each step is a product, which needs many rows, but their gates should stay in cache


class Weights(NamedTuple):
    """Hold the weights of a layer, or gradients on them: `w [2, D, 3H]`, `b [2, 3H]`, `u [2, H, 3H]`."""

    w: Floats
    b: Floats
    u: Floats


def declare(inputs: int, hidden: int) -> dict[str, Weight]:
    """Declare `Weights`."""
    return {
        "w": Weight((2, inputs, 3 * hidden), glorot),
        "b": Weight((2, 3 * hidden), open_forget_gates),
        "u": Weight((2, hidden, 3 * hidden), orthogonal_gates),
    }


def hidden_states(z: Floats, weights: Weights, packing: Packing) -> Floats:
    """Compute h of every word for parsing: `z [2, T, 3H]` (x W + b in reading order, overwritten) -> `[2, T, H]`."""
    return run(z, weights.u, packing).hidden


def hidden_states_with_backward(
    z: Floats, weights: Weights, packing: Packing, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats, Weights], Floats]]:
    """Compute `hidden_states` for training; `backward(dh, gradients)` gives the gradient on z."""
    trace = run(z, weights.u, packing, mask, keep=True)
    return trace.hidden, lambda dh, g: run_backward(dh, trace, weights.u, g.u, packing, mask)


class Trace(NamedTuple):
    """Hold what back-propagation needs of each word, in reading order of each direction, `[2, T, ...]`."""

    gates: Floats  # [2, T, 3H] tanh of z
    cells: Floats  # [2, T, H]  c
    tanh_cells: Floats  # [2, T, H]  tanh(c)
    hidden: Floats  # [2, T, H]  h


def run(z: Floats, u: Floats, packing: Packing, mask: Floats | None = None, *, keep: bool = False) -> Trace:
    """Step through the words: `z [2, T, 3H]` (x W + b in reading order, overwritten), `u [2, H, 3H]`.

    Args:
        mask: `[2, B, H]` dropout of h_{t-1}, the same at every step (Gal & Ghahramani 2016).
        keep: Keep c and tanh(c) of every word, for the backward pass; else those of one step are reused, which keeps
            the working set of a step in cache.
    """
    _, words, width = z.shape
    width //= 3
    batch = len(packing.lengths)
    hidden = np.empty((2, words, width), z.dtype)
    kept = words if keep else batch
    cells = np.empty((2, kept, width), z.dtype)
    tanh_cells = np.empty((2, kept, width), z.dtype)
    recurrent = np.empty((2, batch, 3 * width), z.dtype)
    difference = np.empty((2, batch, width), z.dtype)
    offsets = packing.offsets.tolist()
    for step, (start, end) in enumerate(zip(offsets, offsets[1:])):
        n = end - start
        gates = z[:, start:end]
        here = slice(start, end) if keep else slice(0, n)
        c, tanh_c, h = cells[:, here], tanh_cells[:, here], hidden[:, start:end]
        d = difference[:, :n]
        if step:
            before = offsets[step - 1]
            h_before = hidden[:, before : before + n]
            if mask is not None:
                h_before = h_before * mask[:, :n]
            gates += np.matmul(h_before, u, out=recurrent[:, :n])
        np.tanh(gates, out=gates)
        g, f, o = gates[..., :width], gates[..., width : 2 * width], gates[..., 2 * width :]
        if step:
            c_before = cells[:, before : before + n] if keep else c
            np.subtract(c_before, g, out=d)
        else:
            np.negative(g, out=d)
        # c = g + (1 + tanh z_f) / 2 · (c_before − g)
        np.multiply(f, d, out=c)
        c += d
        c *= 0.5
        c += g
        # h = (1 + tanh z_o) / 2 · tanh(c)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)
        h += tanh_c
        h *= 0.5
    return Trace(z, cells, tanh_cells, hidden)


def run_backward(
    dh: Floats, trace: Trace, u: Floats, du: Floats, packing: Packing, mask: Floats | None = None
) -> Floats:
    """Back-propagate through time: from the gradient on h to the gradient on z.

    `dh [2, T, H]` (overwritten) -> `dz [2, T, 3H]`; adds to `du [2, H, 3H]`. `trace` must have been kept.
    """
    gates, cells, tanh_cells, hidden = trace
    width = hidden.shape[2]
    batch = len(packing.lengths)
    dz = np.empty_like(gates)
    dh_later = np.zeros((2, batch, width), dh.dtype)  # the gradient that comes back from step t+1 through U
    dc_later = np.zeros((2, batch, width), dh.dtype)  # and through the cell
    u_transposed = np.ascontiguousarray(u.transpose(0, 2, 1))
    offsets = packing.offsets.tolist()
    for step in range(len(offsets) - 2, -1, -1):
        start, end = offsets[step], offsets[step + 1]
        n = end - start
        g, f, o = (gates[:, start:end, k * width : (k + 1) * width] for k in range(3))
        dg, df, do = (dz[:, start:end, k * width : (k + 1) * width] for k in range(3))
        tanh_c = tanh_cells[:, start:end]
        dh_t = dh[:, start:end]
        dh_t += dh_later[:, :n]
        # h = (1 + o) / 2 · tanh(c); here o, f and g stand for the tanh of their z, so dz = d · (1 − tanh²).
        half = dh_t * 0.5
        np.multiply(half, tanh_c, out=do)
        do *= 1 - o * o
        half *= 1 + o
        half *= 1 - tanh_c * tanh_c
        dc = dc_later[:, :n]
        dc += half
        # c = g + (1 + f) / 2 · (c_before − g)
        if step:
            before = offsets[step - 1]
            d: Floats = cells[:, before : before + n] - g
        else:
            d = -g
        half = dc * 0.5
        np.multiply(half, d, out=df)
        df *= 1 - f * f
        half *= 1 + f  # dc · (1 + f) / 2: what goes on to c_before
        np.subtract(dc, half, out=dg)
        dg *= 1 - g * g
        if step:
            dc[...] = half
            np.matmul(dz[:, start:end], u_transposed, out=dh_later[:, :n])
            if mask is not None:
                dh_later[:, :n] *= mask[:, :n]
    # ∂loss/∂U = Σ_t h_{t-1}ᵀ dz_t, one product for all steps but the first, which has no h_{t-1}.
    first = packing.offsets[1]
    h_before = hidden[:, packing.previous]
    if mask is not None:
        h_before *= mask[:, packing.sentence[first:]]
    du += np.matmul(h_before.transpose(0, 2, 1), dz[:, first:])
    return dz
