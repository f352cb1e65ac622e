"""A checkpoint is resumed as it was written, and refused with one line if it is anything else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.model import array_file
from tests.helpers.forged_files import forged, parts
from tests.helpers.toy import DEV, small, stop_at

Header = dict[str, Any]
Arrays = dict[str, Any]
EPOCHS = 3


def train(folder: Path, **options: Any) -> arcparser.Parser:
    config = {**small(4), "branches": 2, "branch_from": 0.4}
    file = folder / "en_few.conllu"
    if not file.exists():
        file.write_bytes(b"".join(s.to_bytes() for s in itertools.islice(arcparser.read_conllu(DEV), 5)))
    return arcparser.train(
        file, dev=file, output=folder / "toy", config=config, epochs=EPOCHS, threads=1, language="en", **options
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder with the training of two branches, and its checkpoint within the second."""
    folder = tmp_path_factory.mktemp("checkpoint")
    with pytest.raises(KeyboardInterrupt):
        train(folder, report=stop_at(f"epoch 2/{EPOCHS} of branch 2"))
    return folder, (folder / "toy.checkpoint").read_bytes()


def refused(stopped: tuple[Path, bytes], data: bytes) -> str:
    folder, _ = stopped
    path = folder / "toy.checkpoint"
    path.write_bytes(data)
    with pytest.raises((ModelError, UsageError)) as caught:
        train(folder, resume=True)
    message = str(caught.value)
    assert message.startswith(str(path)) and message.isprintable()
    assert "--overwrite instead of --resume" in message
    return message


def set_to(*keys: str | int, to: Any) -> Callable[[Header], None]:
    def apply(header: Any) -> None:
        for key in keys[:-1]:
            header = header[key]
        header[keys[-1]] = to(header[keys[-1]]) if callable(to) else to

    return apply


FORGERIES: dict[str, Callable[[Header], Any]] = {
    "no epochs": set_to("epochs", to=0),
    "negative epochs": set_to("epochs", to=-1),
    "more epochs": set_to("epochs", to=EPOCHS + 1),
    "half an epoch": set_to("epochs", to=2.5),
    "an infinite number of epochs": set_to("epochs", to=float("inf")),
    "epochs that are not known": set_to("epochs", to=None),
    "no branch": set_to("branch", to=0),
    "an earlier branch": set_to("branch", to=1),
    "a branch too many": set_to("branch", to=3),
    "true for a branch": set_to("branch", to=True),
    "negative updates": set_to("updates", to=-1),
    "no updates": set_to("updates", to=0),
    "very many updates": set_to("updates", to=10**400),
    "more updates where branches part": set_to("fork_updates", to=10**6),
    "negative updates where branches part": set_to("fork_updates", to=-5),
    "an epoch less": set_to("done", to=lambda done: done - 1),
    "another fingerprint": set_to("fingerprint", to="x"),
    "a list for a fingerprint": set_to("fingerprint", to=[]),
    "no history": set_to("history", to=[]),
    "a history that is a number": set_to("history", to=1),
    "a history of numbers": set_to("history", to=lambda history: [1] * len(history)),
    "a shorter history": set_to("history", to=lambda history: history[:-1]),
    "a longer history": set_to("history", to=lambda history: [*history, history[-1]]),
    "a history backwards": set_to("history", to=lambda history: history[::-1]),
    "an epoch without scores": lambda header: header["history"][0].pop("dev"),
    "an epoch without LAS": lambda header: header["history"][0]["dev"].pop("LAS"),
    "an epoch with a word for LAS": set_to("history", 0, "dev", "LAS", to="good"),
    "an epoch with LAS beyond all numbers": set_to("history", 0, "dev", "LAS", to=float("nan")),
    "an epoch with scores that are none": set_to("history", 0, "dev", to=[]),
    "an epoch with losses that are none": set_to("history", 0, "train", to=None),
    "an epoch with a word for seconds": set_to("history", 0, "seconds", to="\x1b[31m"),
    "an epoch with another number": set_to("history", 1, "epoch", to=7),
    "an epoch of other epochs": set_to("history", 1, "epochs", to=7),
    "one more entry": set_to("more", to=1),
    **{f"without {name}": lambda header, name=name: header.pop(name)  # type: ignore[misc]
       for name in ("fingerprint", "history", "epochs", "done", "branch", "updates", "fork_updates")},
}  # fmt: skip

ARRAY_FORGERIES: dict[str, Callable[[Arrays], Any]] = {
    "no weights": lambda arrays: arrays.pop("weights"),
    "no best weights": lambda arrays: arrays.pop("best"),
    "no weights where branches part": lambda arrays: arrays.pop("fork.mean"),
    "one number for all weights": lambda arrays: arrays.update(weights=arrays["weights"][:1]),
    "one number for all moments": lambda arrays: arrays.update(second=arrays["second"][:1]),
    "a weight less": lambda arrays: arrays.update(best=arrays["best"][1:]),
    "no end of a branch": lambda arrays: arrays.pop("end.1"),
    "an end of too few weights": lambda arrays: arrays.update({"end.1": arrays["end.1"][:0]}),
    "weights in double precision": lambda arrays: arrays.update(weights=arrays["weights"].astype(np.float64)),
    "weights that are whole numbers": lambda arrays: arrays.update(weights=arrays["weights"].astype(np.int32)),
    "best weights in half precision": lambda arrays: arrays.update(best=arrays["best"].astype(np.float16)),
    "weights that are no numbers": lambda arrays: arrays["weights"].fill(np.nan),
    "infinite best weights": lambda arrays: arrays["best"].fill(np.inf),
    "an infinite mean": lambda arrays: arrays["mean"].fill(-np.inf),
    "negative squares": lambda arrays: arrays["second"].fill(-1),
    "one more array": lambda arrays: arrays.update(more=np.zeros(3, np.float32)),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_the_header_is_checked_even_if_the_digest_fits(
    stopped: tuple[Path, bytes], forgery: Callable[[Header], None]
) -> None:
    header, entries, arrays = parts(stopped[1])
    forgery(header)
    refused(stopped, forged(header, entries, arrays))


@pytest.mark.parametrize("forgery", ARRAY_FORGERIES.values(), ids=list(ARRAY_FORGERIES))
def test_the_arrays_are_checked_even_if_the_digest_fits(
    stopped: tuple[Path, bytes], tmp_path: Path, forgery: Callable[[Arrays], None]
) -> None:
    path = tmp_path / "altered.checkpoint"
    path.write_bytes(stopped[1])
    header, arrays = array_file.read(path, "checkpoint")
    arrays = {name: array.copy() for name, array in arrays.items()}
    forgery(arrays)
    array_file.write(path, "checkpoint", header, arrays)
    refused(stopped, path.read_bytes())


def test_weights_of_any_size_end_in_one_line(stopped: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, data = stopped
    path = tmp_path / "altered.checkpoint"
    path.write_bytes(data)
    header, arrays = array_file.read(path, "checkpoint")
    for name in ("weights", "first", "mean"):
        (folder / "toy.checkpoint").unlink(missing_ok=True)
        array_file.write(path, "checkpoint", header, {**arrays, name: np.full_like(arrays[name], 1e38)})
        (folder / "toy.checkpoint").write_bytes(path.read_bytes())
        with pytest.raises(UsageError, match="grew beyond all bounds"):
            train(folder, resume=True)


def test_files_that_are_no_checkpoint(stopped: tuple[Path, bytes]) -> None:
    folder, data = stopped
    model = (folder / "toy").read_bytes()
    assert "is not an arcparser checkpoint" in refused(stopped, b"")
    assert "is not an arcparser checkpoint" in refused(stopped, DEV.read_bytes())
    assert "is an arcparser model, not a checkpoint" in refused(stopped, model)
    assert "is damaged" in refused(stopped, data[:-1])
    assert "has format version" in refused(stopped, b"arcparser 2\n")


def test_an_unaltered_checkpoint_is_resumed(stopped: tuple[Path, bytes]) -> None:
    """Else the tests above would show nothing."""
    folder, data = stopped
    (folder / "toy.checkpoint").write_bytes(data)
    assert train(folder, resume=True).parse(["Dogs", "chase"]).heads.count(0) == 1
    (folder / "toy.checkpoint").unlink(missing_ok=True)
