"""Run a transformer in ONNX format: pieces in, hidden states out.

Its inputs are `input_ids`, `attention_mask` and perhaps `token_type_ids`, `[batch, pieces]`; its outputs
`last_hidden_state` and perhaps those of layers below it, `hidden_state_N` or `hidden_states.N`,
`[batch, pieces, width]`. That is what the exports on the Hugging Face hub have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from arcparser.types import Floats, Ints

LAST = "last_hidden_state"
_MIDDLE = re.compile(r"hidden_states?[._](\d{1,3})")
_KNOWN_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


class OnnxModel:
    """Hold a transformer that is ready to run, on the thread that asks it.

    Args:
        model: The path of the ONNX file, or what is in it.

    Raises:
        ValueError: It is no ONNX file, or has other inputs or outputs.
    """

    def __init__(self, model: Path | bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors, which are raised as well
        try:
            self._session = onnxruntime.InferenceSession(
                model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # each kind of failure is a class of its own, without a common base
            raise ValueError(f"no ONNX model that can be run: {error}") from error
        inputs = {one.name: one.type for one in self._session.get_inputs()}
        other = [name for name, kind in inputs.items() if name not in _KNOWN_INPUTS or kind not in _TYPES]
        if other or "input_ids" not in inputs:
            raise ValueError(f"an ONNX model with inputs {', '.join(inputs)}, not input_ids and attention_mask")
        self._inputs = {name: _TYPES[kind] for name, kind in inputs.items()}
        outputs = [one.name for one in self._session.get_outputs()]
        if LAST not in outputs:
            raise ValueError(f"an ONNX model with outputs {', '.join(outputs)}, not {LAST}")
        middle = {int(match[1]): name for name in outputs if (match := _MIDDLE.fullmatch(name))}
        self.middle_layers = {number: middle[number] for number in sorted(middle)}

    def hidden_states(self, ids: Ints, layers: Sequence[str]) -> list[Floats]:
        """Compute the outputs of these names for texts of one length, `ids [B, pieces]` -> `[B, pieces, width]` each.

        Raises:
            ValueError: It cannot, or an output has another shape.
        """
        values = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        feeds = {name: values[name].astype(kind) for name, kind in self._inputs.items()}
        try:
            found: list[Floats] = self._session.run(list(layers), feeds)
        except Exception as error:  # as above
            raise ValueError(f"the encoder cannot read this: {error}") from error
        if any(one.ndim != 3 or one.shape[:2] != ids.shape for one in found):
            raise ValueError("an ONNX model with outputs that are not one vector for each piece")
        return found
