"""Say how files are parsed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import BinaryIO

from arcparser.errors import UsageError, quote
from arcparser.parsing.outputs import FORMATS
from arcparser.parsing.parser import BATCH_WORDS
from arcparser.text.formats import INPUT_FORMATS, format_of
from arcparser.treebank.sentence import TagMode

MOST_JOBS = 61 if sys.platform == "win32" else 1000  # Windows waits for no more processes at a time


@dataclass(frozen=True, kw_only=True)
class Job:
    """Hold the options of a parse, which `arcparser parse --help` explains.

    Attributes:
        model: Name or path.
        format: "conllu", "text", "lines" or "words"; None: by each file's name.
        newline_ends_sentence: Let each line end of raw text end a sentence.
        batch_words: How many words are held in memory at a time.
        tags: What `arcparser.treebank.sentence.Sentence.set_tags` does with the predicted tags; "retag" is the
            command's `--retag`.
        clear_deps: Empty DEPS.
        scores: Add ArcScore and LabelScore to MISC.
        split_words: Split words of CoNLL-U and of tokenized text as the model's treebank does.
        keep_arcs: Keep the arcs of words that have a HEAD, and parse the rest around them.
        skip_invalid: Pass bad sentences through instead of stopping.
        jobs: How many processes share the work.
        flush: Write the tree of each sentence as soon as it is complete: whoever writes may wait for it.
        output_format: "conllu", "jsonl" or "parquet" (`arcparser.parsing.outputs`).
        provenance: Say before the first sentence which program and which model made the output.
    """

    model: str
    format: str | None = None
    newline_ends_sentence: bool = False
    batch_words: int = BATCH_WORDS
    tags: TagMode = "fill"
    clear_deps: bool = False
    scores: bool = False
    split_words: bool = False
    keep_arcs: bool = False
    skip_invalid: bool = False
    jobs: int = 1
    flush: bool = False
    output_format: str = "conllu"
    provenance: bool = False

    def format_of(self, source: str | BinaryIO) -> str:
        """Return the format of an input: that of the job, or by its name."""
        if self.format is not None:
            return self.format
        return format_of(source if isinstance(source, str) else "")


def check_job(job: Job) -> None:
    """Check what does not depend on the inputs of a job.

    Raises:
        UsageError: An impossible number of jobs or words, or no such format.
    """
    if job.format is not None and job.format not in INPUT_FORMATS:
        raise UsageError(f"--format {quote(job.format)}: give one of {', '.join(INPUT_FORMATS)}")
    if job.output_format not in FORMATS:
        raise UsageError(f"--output-format {job.output_format}: give one of {', '.join(FORMATS)}")
    if job.batch_words < 1:
        raise UsageError(f"--batch-words {job.batch_words}: give at least 1")
    if job.jobs < 1:
        raise UsageError(f"--jobs {job.jobs}: give at least 1")
    if job.jobs > MOST_JOBS:
        raise UsageError(f"--jobs {job.jobs}: give at most {MOST_JOBS}")
