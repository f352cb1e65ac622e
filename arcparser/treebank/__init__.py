"""CoNLL-U sentences, their trees, and treebanks.

The modules in reading order: `sentence`, `sentence_reader`, `reader`, `tokenlist`, `treebank`, `ud_table`,
`download`, `ud`.
"""
