"""CoNLL-U sentences, their trees, and treebanks.

The modules in reading order: `sentence` (one sentence, kept line by line), `sentence_reader` (a block of lines to a
sentence, checked), `reader` (files and streams to sentences), `tokenlist` (from and to the TokenLists of the `conllu`
package), `tree` (is it a tree, which arcs cross), `treebank` (what files hold, one sentence of many), `download` (a
downloader for pooch that resumes), `ud` (treebanks of Universal Dependencies from the network, with the table
`ud_treebanks.tsv`).
"""
