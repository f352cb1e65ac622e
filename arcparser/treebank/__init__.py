"""CoNLL-U sentences, their trees, and treebanks.

The modules in reading order:

- `checks`: words and heads as a caller gives them, checked
- `scores`: how sure a parser is of a sentence's tree
- `sentence`: one sentence, kept line by line; how trees and tags are written into it
- `sentence_reader`: a block of lines to a sentence, checked
- `reader`: files and streams to sentences
- `multiword_tokens`: words of a sentence split into several, and all words numbered anew
- `tokenlist`: from and to the TokenLists of the conllu package, or however a sentence is given
- `tree`: is it a tree, and which arcs cross
- `treebank`: what files hold, and one sentence of many
- `download`: files by HTTP, resumed where they broke off
- `ud`: treebanks of Universal Dependencies from the network, with the table `ud_treebanks.tsv`
"""
