"""Pretrained transformers as readers of words: ONNX Runtime runs them, nothing here learns.

The modules in reading order:

- `contexts`: the vectors of words in context
- `pieces`: words cut into the pieces that an encoder knows, and long sentences into windows
- `onnx_model`: pieces in, hidden states out
- `encoder_files`: the files of an encoder, in a folder or within a model
- `pretrained_encoder`: sentences in, contexts out

`onnxruntime` and `tokenizers` (the extra `encoder`) are imported where they are used first: whoever has no such
encoder does without both.
"""
