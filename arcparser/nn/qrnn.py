"""Run a bidirectional quasi-recurrent layer, and go back through it.

Bradbury et al. (2017), "Quasi-recurrent neural networks", with a window of two words, "fo-pooling" and the coupled
gates of `arcparser.nn.lstm`. For the word x_t of one direction:

    g = tanh(z_g)      f = γ(z_f)      o = γ(z_o)      where  z = x_t W + x_{t-1} V + b   and  γ(z) = (1 + tanh z) / 2
    c_t = f c_{t-1} + (1 − f) g
    h_t = o c_t

Nothing but c goes from word to word: no product waits for the word before, the gates of all words are made at once,
and a step is one multiplication and one addition. Columns of W, V and b are [g | f | o]; `w` holds W above V, for
inputs [x_t | x_{t-1}] (`arcparser.nn.bidirectional.windows`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from arcparser.nn.packing import Packing
from arcparser.nn.parameters import Weight, glorot, open_forget_gates
from arcparser.types import Floats

WINDOW = 2  # words that a gate sees: x_t and x_{t-1}
RECURRENT_DROPOUT = False  # nothing but c goes from word to word
PARSED_TOGETHER = 512  # words: so few that their gates stay in cache, which saves a third of the encoder's time


class Weights(NamedTuple):
    """Hold the weights of a layer, or gradients on them: `w [2, 2D, 3H]`, `b [2, 3H]`."""

    w: Floats
    b: Floats


def declare(inputs: int, hidden: int) -> dict[str, Weight]:
    """Declare `Weights`."""
    return {
        "w": Weight((2, WINDOW * inputs, 3 * hidden), glorot),
        "b": Weight((2, 3 * hidden), open_forget_gates),
    }


def hidden_states(z: Floats, weights: Weights, packing: Packing) -> Floats:
    """Compute h of every word for parsing: `z [2, T, 3H]` (in reading order, overwritten) -> `[2, T, H]`."""
    return run(np.tanh(z, out=z), packing)[1]


def hidden_states_with_backward(
    z: Floats, weights: Weights, packing: Packing, mask: None = None
) -> tuple[Floats, Callable[[Floats, Weights], Floats]]:
    """Compute `hidden_states` for training; `backward(dh, gradients)` gives the gradient on z."""
    gates = np.tanh(z, out=z)
    cells, hidden = run(gates, packing)
    return hidden, lambda dh, gradients: run_backward(dh, gates, cells, packing)


def run(gates: Floats, packing: Packing) -> tuple[Floats, Floats]:
    """Pool: `gates [2, T, 3H]` (tanh of z) -> c and h, `[2, T, H]`."""
    g, f, o = np.split(gates, 3, axis=2)
    half = gates.dtype.type(0.5)
    keep = f * half
    keep += half
    cells = keep * g
    np.subtract(g, cells, out=cells)
    offsets = packing.offsets.tolist()
    carried = np.empty((2, len(packing.lengths), g.shape[2]), g.dtype)
    for before, start, end in zip(offsets, offsets[1:], offsets[2:]):
        n = end - start
        cells[:, start:end] += np.multiply(keep[:, start:end], cells[:, before : before + n], out=carried[:, :n])
    hidden = o * cells
    hidden += cells
    hidden *= half
    return cells, hidden


def run_backward(dh: Floats, gates: Floats, cells: Floats, packing: Packing) -> Floats:
    """Compute the gradient on z from that on h: `dh [2, T, H]`, `gates [2, T, 3H]` (tanh of z) -> `[2, T, 3H]`."""
    g, f, o = np.split(gates, 3, axis=2)
    dz = np.empty_like(gates)
    dg, df, do = np.split(dz, 3, axis=2)
    keep = 0.5 * (1 + f)
    dc = 0.5 * (1 + o) * dh
    # Back in time: what c_t hands on to c_{t-1} is f_t times its own gradient.
    offsets = packing.offsets.tolist()
    for step in range(len(offsets) - 2, 0, -1):
        before, start, end = offsets[step - 1 : step + 2]
        dc[:, before : before + end - start] += keep[:, start:end] * dc[:, start:end]
    first = len(packing.lengths)
    c_before = np.zeros_like(cells)
    c_before[:, first:] = cells[:, packing.previous]
    # o, f and g stand for the tanh of their z, so dz = d · (1 − tanh²).
    np.multiply(0.5 * dh * cells, 1 - o * o, out=do)
    np.multiply(0.5 * dc * (c_before - g), 1 - f * f, out=df)
    np.multiply(dc * (1 - keep), 1 - g * g, out=dg)
    return dz
