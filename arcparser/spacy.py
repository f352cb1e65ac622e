"""Use arcparser with spaCy: a component of its pipelines, and Docs made of CoNLL-U and written as CoNLL-U.

    import arcparser.spacy

    doc = arcparser.spacy.from_conllu(nlp, arcparser.read_conllu("gold.conllu"))
    print(arcparser.spacy.to_conllu(doc))

What is named here, and `nlp.add_pipe("arcparser")`, is the public interface; docs/spacy.md tells how to use it.
"""

from arcparser.spacy_component import ArcparserComponent, make_arcparser
from arcparser.spacy_conllu import from_conllu, to_conllu, to_sentences
from arcparser.spacy_noun_chunks import noun_chunks

__all__ = ["ArcparserComponent", "from_conllu", "make_arcparser", "noun_chunks", "to_conllu", "to_sentences"]
