"""Write sentences to files and streams as CoNLL-U."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from arcparser.errors import OutputError, UsageError, as_iterator, unfit
from arcparser.files import STANDARD_STREAM, is_path, open_output
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tokenlist import from_tokenlist, is_tokenlist
from arcparser.types import PathLike

if TYPE_CHECKING:
    from conllu.models import TokenList


def write_conllu(
    sentences: Iterable[Sentence | TokenList], target: PathLike | IO[bytes] | IO[str], *, overwrite: bool = False
) -> None:
    """Write sentences, in order.

    A file is written whole or not at all, and what was there before stays until then. What is read from a file and
    written again is byte for byte that file, but for what was set.

    Args:
        sentences: Sentences or TokenLists, as they come; or one of them.
        target: A path (`-` is standard output), or a stream that is open for writing, binary or text.
        overwrite: Replace the file that is there. Without it this is refused.

    Raises:
        OutputError: The file or stream cannot be written.
        UsageError: There is such a file, the target is neither path nor stream, or something is no sentence.
    """
    if isinstance(sentences, Sentence) or is_tokenlist(sentences):
        sentences = [sentences]  # type: ignore[list-item]
    given = as_iterator("the first argument of write_conllu", sentences, "Sentences or TokenLists")
    if is_path(target):
        path: Any = target
        if os.fspath(path) != STANDARD_STREAM and os.path.isfile(path) and not overwrite:
            raise UsageError(f"{os.fspath(path)}: is there already: give another name, or overwrite=True to replace it")
        with open_output(path) as stream:
            for block in _blocks(given):
                stream.write(block)
    elif callable(getattr(target, "write", None)):
        _write_stream(given, target)
    else:
        raise unfit("the target", target, "a path, or a stream that is open for writing")


def _write_stream(sentences: Iterator[Any], stream: Any) -> None:
    name = str(getattr(stream, "name", "<stream>"))
    is_text = False
    blocks = _blocks(sentences)
    try:
        stream.write(b"")
    except TypeError:  # what a stream of text answers
        is_text = True
    except (OSError, ValueError) as error:  # it is closed, or open for reading
        raise OutputError(f"{name}: cannot be written: {error}") from error
    for block in blocks:
        try:
            stream.write(block.decode("utf-8") if is_text else block)
        except UnicodeEncodeError as error:
            raise OutputError(f"{name}: its encoding lacks a character: open it with encoding='utf-8'") from error
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            raise OutputError(f"{name}: cannot be written: {error}") from error


def _blocks(sentences: Iterator[Any]) -> Iterator[bytes]:
    """Yield the bytes of sentences, each but the last with a blank line at its end."""
    last = b""
    for given in sentences:
        if is_tokenlist(given):
            block = from_tokenlist(given).to_bytes()
        elif isinstance(given, Sentence):
            block = given.to_bytes()
        else:
            raise unfit("a sentence to write", given, "a Sentence or a TokenList")
        yield missing_end(last) + block
        last = block


def whole_block(sentence: Sentence) -> bytes:
    """Return a sentence as a block that ends in a blank line, also if it was the last of a file without one."""
    block = sentence.to_bytes()
    return block + missing_end(block)


def missing_end(block: bytes) -> bytes:
    r"""Return what the last bytes of a source lack to end in a blank line, so that the next one does not go on there.

    >>> missing_end(b"1\ta\n\n"), missing_end(b"1\ta\r\n"), missing_end(b"1\ta")
    (b'', b'\r\n', b'\n\n')
    """
    if not block or re.search(rb"(?:^|\n)[ \t]*\r?\n\Z", block):
        return b""
    end = b"\r\n" if b"\r\n" in block else b"\n"
    return end if block.endswith(b"\n") else end + end
