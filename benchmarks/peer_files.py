"""CoNLL-U file in, CoNLL-U file out, with spaCy or UDPipe 1: what `arcparser parse` is compared with.

    python benchmarks/peer_files.py spacy PIPELINE INPUT.conllu OUTPUT.conllu [--jobs 2]
    python benchmarks/peer_files.py udpipe MODEL INPUT.conllu OUTPUT.conllu [--jobs 2]

Tokens and sentences are the file's; tags, HEAD and DEPREL of words are set, all other lines stay. OUTPUT - is
standard output. spaCy uses `nlp.pipe` with its `n_process`; UDPipe its own reader and writer, and a pool of
processes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from systems import SPACY_BATCH, Spacy

UDPIPE_CHUNK = 500  # sentences that a process gets at a time


def sentences(stream: IO[str]) -> Iterator[list[str]]:
    """The lines of each sentence, without the blank one."""
    lines: list[str] = []
    for line in stream:
        line = line.rstrip("\n")
        if line:
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def run_spacy(path: str, source: IO[str], target: IO[str], jobs: int) -> None:
    """Parse `source` into `target`."""
    system = Spacy(path)

    def documents() -> Iterator[tuple[Any, list[str]]]:
        for lines in sentences(source):
            columns = (line.split("\t", 2) for line in lines)
            yield system.doc([c[1] for c in columns if c[0].isdigit()]), lines

    for doc, lines in system.nlp.pipe(documents(), as_tuples=True, batch_size=SPACY_BATCH, n_process=jobs):
        tokens = iter(doc)
        for i, line in enumerate(lines):
            row = line.split("\t")
            if row[0].isdigit():
                token = next(tokens)
                root = token.head.i == token.i
                row[3], row[4], row[5] = token.pos_ or "_", token.tag_ or "_", str(token.morph) or "_"
                row[6], row[7] = ("0", "root") if root else (str(token.head.i + 1), token.dep_)
                lines[i] = "\t".join(row)
        target.write("\n".join(lines) + "\n\n")


_pipeline: Any = None
_model: Any = None


def load_udpipe(path: str) -> None:
    """Load the model in this process."""
    from ufal import udpipe

    global _pipeline, _model
    _model = udpipe.Model.load(path)
    _pipeline = udpipe.Pipeline(_model, "conllu", udpipe.Pipeline.DEFAULT, udpipe.Pipeline.DEFAULT, "conllu")


def parse_chunk(text: str) -> str:
    """CoNLL-U in, CoNLL-U out, with the model of this process."""
    return str(_pipeline.process(text))


def run_udpipe(path: str, source: IO[str], target: IO[str], jobs: int) -> None:
    """Parse `source` into `target`."""
    reader = sentences(source)

    def chunks() -> Iterator[str]:
        while chunk := list(islice(reader, UDPIPE_CHUNK)):
            yield "".join("\n".join(lines) + "\n\n" for lines in chunk)

    if jobs == 1:
        load_udpipe(path)
        target.writelines(map(parse_chunk, chunks()))
        return
    with multiprocessing.get_context("spawn").Pool(jobs, load_udpipe, (path,)) as pool:
        target.writelines(pool.imap(parse_chunk, chunks()))


def main() -> None:
    """Parse one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("spacy", "udpipe"))
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default 1)")
    args = parser.parse_args()
    run = run_spacy if args.kind == "spacy" else run_udpipe
    with open(args.input, encoding="utf-8") as source:
        if args.output == "-":
            sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
            run(args.model, source, sys.stdout, args.jobs)
        else:
            with open(args.output, "w", encoding="utf-8", newline="\n") as target:
                run(args.model, source, target, args.jobs)


if __name__ == "__main__":
    main()
