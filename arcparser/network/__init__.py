"""Words in, scores out: what a network is made of.

The modules in reading order: `settings`, `vocabulary`, `pretrained`, `encoder`, `classifier`, `ensemble`, `network`.
"""
