"""Words in, scores out: mathematics that knows neither files nor sentences.

The modules in reading order:

- `settings`: widths and layers, what a network is
- `vocabulary`: what it knows by number
- `encoder`: word vectors in context
- `contextual`: what a pretrained encoder says of the words, mixed and projected
- `tagger`: the softmaxes that pick UPOS, XPOS and FEATS
- `lemma_rules`: how a form is changed into its lemma
- `lemmatizer`: the softmax that picks the rule
- `projections`: the encoder's vectors as each scorer wants them
- `graph_scorer`: how probable each head of each word is
- `graph_blocks`: the same for a long sentence, without a number for each pair of words
- `transition_scorer`: the softmax that picks the next transition
- `label_scorer`: the softmax that picks the label of an arc
- `bounds`: how large a score can be
- `ensemble`: several networks that choose together
- `network`: all of it together
- `initialize`: how a network starts
"""
