"""Every layer's backward against central finite differences, and the recurrent loop against a naive one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arcparser.nn import lstm, qrnn
from arcparser.nn.adam import Adam, clip_scale
from arcparser.nn.biaffine import biaffine, biaffine_with_backward
from arcparser.nn.bidirectional import (
    CELLS,
    bidirectional,
    bidirectional_with_backward,
    gate_inputs,
    gathered_gate_inputs,
    last_states_from_gates,
    last_states_with_backward,
    row_products,
    windows,
)
from arcparser.nn.dropout import dropout_mask, dropout_with_backward
from arcparser.nn.embedding import embed_with_backward
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.packing import pack
from arcparser.nn.parameters import Parameters
from tests.helpers.gradients import assert_gradient

LENGTHS = [5, 3, 3, 1]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def cell_weights(cell: str, inputs: int, hidden: int) -> Any:
    declared = CELLS[cell].declare(inputs, hidden)
    return CELLS[cell].Weights(**{name: normal(*weight.shape) for name, weight in declared.items()})


def zeros(weights: Any) -> Any:
    return type(weights)(*map(np.zeros_like, weights))


def test_linear() -> None:
    x, w, b, out = normal(4, 3), normal(3, 5), normal(5), normal(4, 5, seed=1)
    dw, db = np.zeros_like(w), np.zeros_like(b)
    y, backward = linear_with_backward(x, w, b, dw, db)
    np.testing.assert_array_equal(y, linear(x, w, b))
    dx = backward(out)

    def loss() -> float:
        return float((linear(x, w, b) * out).sum())

    for value, gradient in ((x, dx), (w, dw), (b, db)):
        assert_gradient(loss, value, gradient)


def test_relu_and_dropout() -> None:
    x, mask, out = normal(4, 3), np.array([[0.0, 2, 2]] * 4), normal(4, 3, seed=1)
    y, relu_backward = relu_with_backward(x.copy())
    np.testing.assert_array_equal(y, relu(x.copy()))
    _, drop_backward = dropout_with_backward(y, mask)
    dx = relu_backward(drop_backward(out))
    assert_gradient(lambda: float((np.maximum(x, 0) * mask * out).sum()), x, dx)


def test_embedding_adds_up_rows_that_repeat() -> None:
    table, rows, out = normal(6, 3), np.array([4, 1, 4, 4, 0]), normal(5, 3, seed=1)
    gradient = np.zeros_like(table)
    embed_with_backward(rows, table, gradient)[1](out)
    assert_gradient(lambda: float((table[rows] * out).sum()), table, gradient)
    assert not gradient[[2, 3, 5]].any()


def test_dropout_mask_keeps_the_expectation() -> None:
    mask = dropout_mask((300, 300), 0.3, np.random.default_rng(0), np.float32)
    assert mask is not None and mask.dtype == np.float32
    assert set(np.unique(mask)) == {0, np.float32(256 / (256 - 77))}
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert dropout_mask((2, 2), 0.0, np.random.default_rng(0), np.float32) is None
    for rate in (0.001, 0.35, 0.998):  # in 256ths: 0, 90 and 255
        mask = dropout_mask((3000, 300), rate, np.random.default_rng(0), np.float32)
        assert mask is None if rate < 0.002 else (mask is not None and mask.mean() == pytest.approx(1, abs=0.05))


def test_biaffine() -> None:
    d, h, w, v = normal(2, 3, 4), normal(2, 4, 4, seed=2), normal(4, 4), normal(4)
    out = normal(2, 3, 4, seed=1)
    dw, dv = np.zeros_like(w), np.zeros_like(v)
    scores, backward = biaffine_with_backward(d, h, w, v, dw, dv)
    np.testing.assert_array_equal(scores, biaffine(d, h, w, v))
    for b, i, j in ((0, 0, 0), (1, 2, 3), (1, 0, 2)):
        assert scores[b, i, j] == pytest.approx(d[b, i] @ w @ h[b, j] + v @ h[b, j])
    dd, dh = backward(out)

    def loss() -> float:
        return float((biaffine(d, h, w, v) * out).sum())

    for value, gradient in ((d, dd), (h, dh), (w, dw), (v, dv)):
        assert_gradient(loss, value, gradient)


def test_packing_lays_words_out_step_after_step() -> None:
    packing = pack([3, 2, 2])
    assert packing.offsets.tolist() == [0, 3, 6, 7]
    assert packing.sentence.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert packing.position.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert packing.reverse.tolist() == [6, 4, 5, 3, 1, 2, 0]
    assert packing.last_rows.tolist() == [6, 4, 5]
    assert packing.previous.tolist() == [0, 1, 2, 3]
    assert packing.padded().tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 7]]
    with pytest.raises(ValueError, match="sorted"):
        pack([1, 2])


def gamma(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-2 * z))


def naive_lstm(x: np.ndarray, weights: lstm.Weights, direction: int) -> np.ndarray:
    """One direction over one sentence `[n, D]`, by the formulas of the module's docstring and nothing else."""
    w, b, u = (array[direction] for array in weights)
    hidden = u.shape[0]
    h, c, out = np.zeros(hidden), np.zeros(hidden), []
    for row in x:
        z_g, z_f, z_o = np.split(row @ w + b + h @ u, 3)
        g, f, o = np.tanh(z_g), gamma(z_f), gamma(z_o)
        c = f * c + (1 - f) * g
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out)


def naive_qrnn(x: np.ndarray, weights: qrnn.Weights, direction: int) -> np.ndarray:
    """The same of the other cell."""
    own, before = np.split(weights.w[direction], 2)
    c, last, out = np.zeros(own.shape[1] // 3), np.zeros(x.shape[1]), []
    for row in x:
        z_g, z_f, z_o = np.split(row @ own + last @ before + weights.b[direction], 3)
        g, f, o = np.tanh(z_g), gamma(z_f), gamma(z_o)
        c = f * c + (1 - f) * g
        out.append(o * c)
        last = row
    return np.array(out)


@pytest.mark.parametrize(("cell", "naive"), [("lstm", naive_lstm), ("qrnn", naive_qrnn)])
def test_a_recurrent_layer_equals_a_naive_loop(cell: str, naive: Callable[..., np.ndarray]) -> None:
    packing = pack(LENGTHS)
    x, weights = normal(packing.words, 3), cell_weights(cell, 3, 4)
    parsing = bidirectional(CELLS[cell], x, weights, packing)
    training, _ = bidirectional_with_backward(CELLS[cell], x, weights, zeros(weights), packing)
    for i in range(len(LENGTHS)):
        rows = np.flatnonzero(packing.sentence == i)
        expected = np.concatenate((naive(x[rows], weights, 0), naive(x[rows][::-1], weights, 1)[::-1]), axis=1)
        np.testing.assert_allclose(parsing[rows], expected, atol=1e-12)
        np.testing.assert_allclose(training[rows], expected, atol=1e-12)


@pytest.mark.parametrize(("cell", "masked"), [("lstm", True), ("lstm", False), ("qrnn", False)])
@pytest.mark.parametrize("lengths", [LENGTHS, [1, 1]], ids=str)
def test_recurrent_gradients(cell: str, masked: bool, lengths: list[int]) -> None:
    packing = pack(lengths)
    x, weights = normal(packing.words, 3), cell_weights(cell, 3, 4)
    out = normal(packing.words, 8, seed=1)
    mask = np.abs(normal(2, len(lengths), 4, seed=2)) if masked else None
    gradients = zeros(weights)
    _, backward = bidirectional_with_backward(CELLS[cell], x, weights, gradients, packing, mask)
    dx = backward(out)

    def loss() -> float:
        y, _ = bidirectional_with_backward(CELLS[cell], x, weights, zeros(weights), packing, mask)
        return float((y * out).sum())

    for value, gradient in ((x, dx), *zip(weights, gradients)):
        assert_gradient(loss, value, gradient)


@pytest.mark.parametrize("cell", CELLS)
def test_last_states(cell: str) -> None:
    packing = pack(LENGTHS)
    x, weights = normal(packing.words, 3), cell_weights(cell, 3, 4)
    out = normal(len(LENGTHS), 8, seed=1)
    gradients = zeros(weights)
    y, backward = last_states_with_backward(CELLS[cell], x, weights, gradients, packing)
    everywhere = bidirectional(CELLS[cell], x, weights, packing)
    np.testing.assert_allclose(y[:, :4], everywhere[packing.last_rows, :4])
    np.testing.assert_allclose(y[:, 4:], everywhere[: len(LENGTHS), 4:])
    dx = backward(out)

    def loss() -> float:
        z = gate_inputs(windows(x, packing, CELLS[cell].WINDOW), weights)
        return float((last_states_from_gates(CELLS[cell], z, weights, packing) * out).sum())

    for value, gradient in ((x, dx), *zip(weights, gradients)):
        assert_gradient(loss, value, gradient)


@pytest.mark.parametrize("cell", CELLS)
def test_gate_inputs_can_be_gathered_from_the_products_of_each_row(cell: str) -> None:
    packing = pack(LENGTHS)
    window = CELLS[cell].WINDOW
    distinct, weights = normal(4, 3), cell_weights(cell, 3, 4)
    rows = np.arange(packing.words) * 7 % 4
    products = row_products(distinct, weights, window)
    assert products.shape == (window, 2, 4, 12)
    np.testing.assert_allclose(
        gathered_gate_inputs(products, rows, packing),
        gate_inputs(windows(distinct[rows], packing, window), weights),
    )


def test_parameters_are_views_of_one_array() -> None:
    parameters = Parameters({"a": (2, 3), "b": (4,)}, dtype=np.float64)
    parameters["b"][...] = 7
    assert parameters.flat.tolist() == [0] * 6 + [7] * 4
    assert list(parameters) == ["a", "b"] and parameters["a"].shape == (2, 3)
    with pytest.raises(ValueError, match="10"):
        Parameters({"a": (2, 5)}, flat=np.zeros(9))


def test_adam_equals_the_paper_written_plainly() -> None:
    rng = np.random.default_rng(0)
    w = rng.standard_normal(7)
    expected, m, v, mean = w.copy(), np.zeros(7), np.zeros(7), w.copy()
    adam = Adam(w, beta1=0.9, beta2=0.95, average=0.6)
    for t in range(1, 6):
        g = rng.standard_normal(7)
        for part in (slice(0, 3), slice(3, None)):
            adam.update(w, g, 0.01, 0.5, part)
        adam.next()
        m = 0.9 * m + 0.1 * (g / 2)
        v = 0.95 * v + 0.05 * (g / 2) ** 2
        expected -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-8)
        decay = min(0.6, (1 + t) / (10 + t))
        mean = decay * mean + (1 - decay) * expected
        np.testing.assert_allclose(w, expected, atol=1e-7)
        np.testing.assert_allclose(adam.mean, mean, atol=1e-7)


def test_clipping() -> None:
    assert clip_scale(25.0, 10.0) == 1.0
    assert clip_scale(400.0, 10.0) == 0.5
