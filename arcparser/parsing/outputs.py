"""Write what was parsed: as CoNLL-U, as a line of JSON a sentence, or as a parquet row a word.

CoNLL-U is byte for byte what was read, but for what was set. The other formats have the sentences alone: comments
between sentences, and invalid sentences that are passed over, are not in them.

- jsonl: the object of each sentence is that of `Sentence.to_dict` (`arcparser.treebank.sentence_dict`).
- parquet: `sentence` is the sentence's number in the file, from 1, `sent_id` its id, and `id` to `misc` are the columns
  of CoNLL-U, numbers for `id` and `head`. A word of a multiword token has its id and form in `token_id` and `token`.
  Empty nodes are left out. Rows are written in groups, so that memory does not grow with the file.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO, Protocol

from arcparser.errors import UsageError, quote
from arcparser.treebank.columns import COLUMN_NAMES, HEAD, ID
from arcparser.treebank.reader import OtherLines
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.writer import missing_end

FORMATS = ("conllu", "jsonl", "parquet")
WORD_COLUMNS = ("sentence", "sent_id", *(name.lower() for name in COLUMN_NAMES), "token_id", "token")
_GROUP = 50_000  # rows, which take some 30 MB until they are written


class Output(Protocol):
    """Take sentences, and other lines between them, in order.

    Attributes:
        provenance: Comments that are still to come, before the first sentence.
    """

    provenance: dict[str, str]

    def begin(self) -> None:
        """Begin what comes of another input."""

    def write(self, item: Sentence | OtherLines) -> None:
        """Write a sentence or other lines."""

    def add(self, written: bytes, last: bytes) -> None:
        """Write what another output of this format has written; `last` is what it wrote last."""

    def end(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:
        """Write nothing more: the output is broken off, and is not to look whole."""


def open_format(name: str, stream: BinaryIO, *, provenance: dict[str, str]) -> Output:
    """Return what writes a format to a stream.

    Args:
        name: One of `FORMATS`.
        stream: Where bytes go; it stays open.
        provenance: Comments that come before the first sentence, by their keys; in parquet they are its metadata.

    Raises:
        UsageError: There is no such format, or its package is not installed.
    """
    if name == "conllu":
        return _Conllu(stream, provenance)
    if name == "jsonl":
        return _Jsonl(stream, provenance)
    if name == "parquet":
        return _Parquet(stream, provenance)
    raise UsageError(f"no output format {quote(name)}: take one of {', '.join(FORMATS)}")


class _Conllu:
    def __init__(self, stream: BinaryIO, provenance: dict[str, str]) -> None:
        self._stream = stream
        self.provenance = provenance
        self._last = self._missing = b""

    def begin(self) -> None:
        self._missing = missing_end(self._last)

    def write(self, item: Sentence | OtherLines) -> None:
        if self.provenance and isinstance(item, Sentence):
            _set_provenance(item, self.provenance)
            self.provenance = {}
        written = self._missing + item.to_bytes()
        if written:  # nothing is what a pause is written as
            self._stream.write(written)
            self._last, self._missing = written, b""

    def add(self, written: bytes, last: bytes) -> None:
        if written:
            self._stream.write(self._missing + written if self._missing else written)
            self._last, self._missing = last, b""

    def end(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class _Jsonl:
    def __init__(self, stream: BinaryIO, provenance: dict[str, str]) -> None:
        self._stream = stream
        self.provenance = provenance

    def begin(self) -> None:
        pass

    def write(self, item: Sentence | OtherLines) -> None:
        if not isinstance(item, Sentence):
            return
        if self.provenance:
            _set_provenance(item, self.provenance)
            self.provenance = {}
        self._stream.write(json.dumps(item.to_dict(), ensure_ascii=False).encode() + b"\n")

    def add(self, written: bytes, last: bytes) -> None:
        self._stream.write(written)

    def end(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class _Parquet:
    def __init__(self, stream: BinaryIO, provenance: dict[str, str]) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            problem = "parquet takes a package that is not installed"
            raise UsageError(f'{problem}: pip install "arcparser[parquet]"') from None
        self._arrow = pyarrow
        self.provenance: dict[str, str] = {}  # they are in the metadata
        numbers = {"sentence": pyarrow.int64(), "id": pyarrow.int32(), "head": pyarrow.int32()}
        fields = [(name, numbers.get(name, pyarrow.string())) for name in WORD_COLUMNS]
        self._schema = pyarrow.schema(fields, metadata=provenance or None)
        self._stream = _Counted(stream)
        self._writer = pyarrow.parquet.ParquetWriter(self._stream, self._schema, compression="zstd")
        self._words = WordRows()
        self._sentences = 0

    def begin(self) -> None:
        pass

    def write(self, item: Sentence | OtherLines) -> None:
        if not isinstance(item, Sentence):
            return
        self._sentences += 1
        self._words.add(item, self._sentences)
        if len(self._words) >= _GROUP:
            self._write_group()

    def add(self, written: bytes, last: bytes) -> None:
        raise NotImplementedError("a part of a parquet file is none")

    def _write_group(self) -> None:
        self._writer.write_table(self._arrow.Table.from_pydict(self._words.columns, schema=self._schema))
        self._words = WordRows()

    def end(self) -> None:
        if len(self._words):
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        # The writer ends the file when it is dropped: what is broken off would look whole.
        self._stream.ended = True
        self._writer.close()


class WordRows:
    """Collect words as rows of a table, in lists for its columns.

    Attributes:
        columns: The lists, by the names in `WORD_COLUMNS`.
    """

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in WORD_COLUMNS}

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns["sentence"])

    def add(self, sentence: Sentence, number: int) -> None:
        """Add the words of the sentence of this number."""
        size = len(sentence)
        tokens: list[tuple[str | None, str | None]] = [(None, None)] * size
        for token in sentence.multiword_tokens:
            words = token.last - token.first + 1
            tokens[token.first - 1 : token.last] = [(f"{token.first}-{token.last}", token.form)] * words
        first, sent_id, *columns, token_ids, forms = self.columns.values()
        first += [number] * size
        sent_id += [sentence.sent_id] * size
        for column_number, (column, values) in enumerate(zip(columns, zip(*sentence.rows))):
            if column_number == ID:
                column += range(1, size + 1)
            elif column_number == HEAD:
                column += sentence.heads
            else:
                column += values
        token_ids += [token for token, _ in tokens]
        forms += [form for _, form in tokens]


class _Counted:
    """Count the bytes that are written: the writer of parquet asks, and a pipe does not know."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = 0
        self.ended = False  # nothing is written any more

    def write(self, data: Any) -> int:
        if not self.ended:
            self._stream.write(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        if not self.ended:
            self._stream.flush()

    def close(self) -> None:
        pass

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _set_provenance(sentence: Sentence, provenance: dict[str, str]) -> None:
    """Write comments before all others of a sentence, in place of those of a former parse."""
    lines = sentence.lines
    kept = [at for at, part in enumerate(lines.parts) if not (isinstance(part, str) and _key(part) in provenance)]
    lines.added -= len(lines.parts) - len(kept)
    lines.parts = [lines.parts[at] for at in kept]
    if lines.eols is not None:
        lines.eols = [lines.eols[at] for at in kept]
    lines.insert_first([f"# {key} = {value}" for key, value in provenance.items()])


def _key(line: str) -> str:
    return line[1:].partition("=")[0].strip() if line.startswith("#") else ""
