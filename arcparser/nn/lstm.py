"""A bidirectional LSTM with coupled gates, and back-propagation through time written out.

Hochreiter & Schmidhuber (1997) with the input gate coupled to the forget gate, i = 1 − f (Greff et al. 2017, "LSTM:
a search space odyssey": a quarter less arithmetic, no loss of accuracy).  For the word x_t of one direction:

    g = tanh(z_g)      f = γ(z_f)      o = γ(z_o)      where  z = x_t W + b + h_{t-1} U   and  γ(z) = (1 + tanh z) / 2
    c_t = f c_{t-1} + (1 − f) g = g + f (c_{t-1} − g)
    h_t = o tanh(c_t)

γ(z) is the logistic function of 2z: a gate learns at twice the speed, and all three gates come from one tanh.
Columns of W, b, U and z are [g | f | o].  Both directions go through the same loop, one batched product a step;
the backward direction reads each sentence from its end (:class:`~arcparser.nn.packing.Packing`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .packing import Packing

Floats = NDArray[np.floating[Any]]


class Trace(NamedTuple):
    """What back-propagation needs of each word, in reading order of each direction, ``[2, T, ...]``."""

    gates: Floats  # [2, T, 3H] tanh of z
    cells: Floats  # [2, T, H]  c
    tanh_cells: Floats  # [2, T, H]  tanh(c)
    hidden: Floats  # [2, T, H]  h


def run(z: Floats, u: Floats, packing: Packing, mask: Floats | None = None, *, keep: bool = False) -> Trace:
    """Step through the words: ``z [2, T, 3H]`` (x W + b in reading order, overwritten), ``u [2, H, 3H]``.

    :param mask: ``[2, B, H]`` dropout of h_{t-1}, the same at every step (Gal & Ghahramani 2016).
    :param keep: keep c and tanh(c) of every word, for the backward pass; else those of one step are reused, which
        keeps the working set of a step in cache.
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
    """Back-propagation through time: the gradient on z from the gradient on h.

    ``dh [2, T, H]`` (overwritten) -> ``dz [2, T, 3H]``; adds to ``du [2, H, 3H]``.  ``trace`` must have been kept.
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
    previous = packing.position[first:] - 1
    h_before = hidden[:, packing.offsets[previous] + packing.sentence[first:]]
    if mask is not None:
        h_before *= mask[:, packing.sentence[first:]]
    du += np.matmul(h_before.transpose(0, 2, 1), dz[:, first:])
    return dz


class Weights(NamedTuple):
    """Weights of a layer, or gradients on them: ``w [2, D, 3H]``, ``b [2, 3H]``, ``u [2, H, 3H]``."""

    w: Floats
    b: Floats
    u: Floats


def input_products(x: Floats, weights: Weights, packing: Packing) -> Floats:
    """x W + b of both directions in their reading orders, ``x [T, D]`` in packed order -> ``[2, T, 3H]``."""
    z = np.empty((2, len(x), weights.b.shape[1]), x.dtype)
    np.matmul(x, weights.w[0], out=z[0])
    np.matmul(x[packing.reverse], weights.w[1], out=z[1])
    z += weights.b[:, None]
    return z


def both_directions(hidden: Floats, packing: Packing) -> Floats:
    """The two hidden vectors of each word side by side, ``[2, T, H]`` in reading orders -> ``[T, 2H]`` packed."""
    width = hidden.shape[2]
    y = np.empty((hidden.shape[1], 2 * width), hidden.dtype)
    y[:, :width] = hidden[0]
    y[:, width:] = hidden[1][packing.reverse]
    return y


def _input_products_backward(dz: Floats, x: Floats, weights: Weights, gradients: Weights, packing: Packing) -> Floats:
    gradients.b[...] += dz.sum(axis=1)
    gradients.w[0] += x.T @ dz[0]
    gradients.w[1] += x[packing.reverse].T @ dz[1]
    dx = dz[0] @ weights.w[0].T
    dx += (dz[1] @ weights.w[1].T)[packing.reverse]
    return dx


def bilstm(
    x: Floats, weights: Weights, gradients: Weights, packing: Packing, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Contextual vectors, ``x [T, D] -> y [T, 2H]``, both in packed order; ``mask [2, B, H]`` as in :func:`run`."""
    trace = run(input_products(x, weights, packing), weights.u, packing, mask, keep=True)
    width = trace.hidden.shape[2]

    def backward(dy: Floats) -> Floats:
        dh = np.stack((dy[:, :width], dy[packing.reverse, width:]))
        dz = run_backward(dh, trace, weights.u, gradients.u, packing, mask)
        return _input_products_backward(dz, x, weights, gradients, packing)

    return both_directions(trace.hidden, packing), backward


def last_states(
    x: Floats, weights: Weights, gradients: Weights, packing: Packing
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """One vector for each sequence: the final h of both directions, ``x [C, D] -> [B, 2H]``."""
    trace = run(input_products(x, weights, packing), weights.u, packing, keep=True)
    width = trace.hidden.shape[2]
    rows = packing.last_rows

    def backward(dy: Floats) -> Floats:
        dh = np.zeros_like(trace.hidden)
        dh[0, rows], dh[1, rows] = dy[:, :width], dy[:, width:]
        dz = run_backward(dh, trace, weights.u, gradients.u, packing)
        return _input_products_backward(dz, x, weights, gradients, packing)

    return np.concatenate((trace.hidden[0, rows], trace.hidden[1, rows]), axis=1), backward
