"""Raw text to sentences.

The modules in reading order: `spacing`, `multiword`, `boundary_classifier`, `tokenizer`, `sentence_splitter`,
`retokenizer`, `stream`, `reader`, `segmentation`.
"""
