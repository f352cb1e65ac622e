"""Using a model.

The modules in reading order:

- `decoding`: the arc-standard loop, for all sentences of a batch at once
- `batching`: how sentences are cut into batches
- `form_cache`: what the first layer makes of a form, computed once
- `lemma_cache`: the lemma of a form with given tags, found once
- `choices`: how sure the scorers are of a tree, and what comes second
- `predictor`: trees and tags of many sentences
- `pickled`: what a pickled parser is, and its model found again
- `parser`: the `Parser` of the Python interface
- `doubtful`: the sentences that a parser is least sure of
- `parse_text`: raw text to sentences
- `crew`: processes that may die
- `pool`: several processes on one input
- `pieces`: an input cut into pieces that can be parsed by themselves
- `documents`: ids of several texts in one output
- `outputs`: CoNLL-U, JSON Lines or parquet
- `job`: how files are parsed
- `read_input`: an input as sentences, whatever format it has
- `parse_piece`: the sentences of an input parsed, or of a piece of it in a process of its own
- `parse_files`: files in, one output, in order
"""
