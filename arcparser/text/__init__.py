"""Raw text to sentences.

The modules in reading order:

- `formats`: the formats of input
- `spacing`: white space between words
- `multiword`: tokens that a treebank splits into words
- `boundary_classifier`: a softmax over hashed features: is there a boundary here?
- `tokenizer`: spaCy's tokens
- `sentence_splitter`: where sentences begin
- `retokenizer`: tokens as the treebank has them
- `word_splitter`: the words of given sentences split as the treebank does
- `stream`: streams of bytes as characters
- `reader`: raw text to sentences
- `segmentation`: what a model knows of text
- `learn`: learning it from a treebank
"""
