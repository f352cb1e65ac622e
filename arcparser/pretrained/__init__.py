"""What was learned elsewhere of words: static vectors, and transformers that read them in their context.

The modules in reading order:

- `static_vectors`: a vector for each of many forms, in a byte for each number
- `principal_components`: vectors made narrower
- `vector_files`: static vectors read from text files and spaCy pipelines
- `contexts`: the vectors of words in context
- `pieces`: words cut into the pieces that an encoder knows, and long sentences into windows
- `onnx_model`: pieces in, hidden states out
- `encoder_files`: the files of an encoder, in a folder or within a model
- `pretrained_encoder`: sentences in, contexts out

ONNX Runtime runs the transformers; nothing here learns. `onnxruntime` and `tokenizers` (the extra `encoder`) are
imported where they are used first: whoever has no such encoder does without both.
"""
