"""Raw text to sentences.

The modules in reading order: `spacing` (white space between words), `multiword` (tokens that are split into words),
`boundary_classifier` (is there a boundary here?), `tokenizer` (spaCy's tokens), `sentence_splitter` (where sentences
begin), `retokenizer` (tokens as the treebank has them), `stream` (bytes as characters), `reader` (raw text to
sentences), `segmentation` (all that is learned of it).
"""
