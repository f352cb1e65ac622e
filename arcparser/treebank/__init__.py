"""CoNLL-U sentences, their trees, and treebanks.

The modules in reading order:

- `columns`: the ten columns, and what may be written into them
- `attributes`: FEATS and MISC as mappings
- `scores`: how sure a parser is of a sentence's tree
- `tree`: is it a tree, what depends on what, and which arcs cross
- `word`: the words and tokens of a sentence as objects
- `lines`: the lines of a sentence, as they were read or made of words
- `sentence`: one sentence, kept line by line; how trees and tags are written into it
- `sentence_reader`: a block of lines to a sentence, checked
- `sentence_dict`: a sentence as dictionaries for JSON, and back
- `reader`: files, streams and strings to sentences
- `multiword_tokens`: words of a sentence split into several, and all words numbered anew
- `tokenlist`: from and to the TokenLists of the conllu package, or however a sentence is given
- `writer`: sentences to files and streams
- `treebank`: what files hold, and one sentence of many
- `faults`: every fault of a file
- `check`: files checked for faults, and for what should not be in a treebank
- `ud`: treebanks of Universal Dependencies from the network, with the table `ud_treebanks.tsv`
"""
