"""Several networks in one model: of trainings that are combined, or trained one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser import UsageError
from arcparser.cli.main import main
from arcparser.model import model_file
from tests.helpers.toy import DEV, ENHANCED, small, stop_at, toy_training


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("trained")
    paths = [folder / f"{seed}.arcparser" for seed in (1, 2, 3)]
    for seed, path in enumerate(paths, start=1):
        toy_training(path, seed=seed)
    return paths


def test_combine(trained: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "ensemble.arcparser"
    call = ["combine", *map(str, trained), "--dev", str(ENHANCED), "--output", str(output), "--name", "three"]
    assert main(call) == 0
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 4 and "3 networks: dev LAS" in said
    ensemble = arcparser.load(output)
    assert [n.weights.flat.tobytes() for n in ensemble.model.networks] == [
        model_file.load(path).networks[0].weights.flat.tobytes() for path in trained
    ]
    assert ensemble.card.name == "three" and ensemble.card.scores["LAS"] == round(
        arcparser.evaluate(ENHANCED, ensemble).las.f1, 2
    )
    assert output.stat().st_size < sum(path.stat().st_size for path in trained)
    assert main(["info", str(output)]) == 0
    assert "in each of 3 networks" in capsys.readouterr().out
    # The parse is that of the model, on the command line and in two processes.
    parse = ["parse", str(DEV), "--model", str(output), "--output"]
    assert main([*parse, str(tmp_path / "one.conllu")]) == 0
    assert main([*parse, str(tmp_path / "two.conllu"), "--jobs", "2", "--batch-words", "100"]) == 0
    assert (tmp_path / "one.conllu").read_text("utf-8") == (tmp_path / "two.conllu").read_text("utf-8")
    # Combined models can be combined again, and teach with all of their networks.
    again = arcparser.combine([output, _other_seed(tmp_path)], dev=ENHANCED, output=tmp_path / "four.arcparser")
    assert len(again.model.networks) == 4
    taught = toy_training(tmp_path / "taught.arcparser", teachers=[output], epochs=1)
    assert taught.card.teachers == 3


def _other_seed(folder: Path) -> Path:
    path = folder / "other.arcparser"
    toy_training(path, seed=9)
    return path


def test_what_does_not_go_together(trained: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "ensemble.arcparser"
    wider, other = tmp_path / "wider.arcparser", tmp_path / "other.arcparser"
    toy_training(wider, config=small(9), epochs=1)
    toy_training(other, train_files=ENHANCED, epochs=1)
    # Two layers whose weights have the same shapes, whatever the second one reads.
    reads = [tmp_path / f"reads{tags_only}.arcparser" for tags_only in (0, 1)]
    for tags_only, path in enumerate(reads):
        toy_training(path, config=small(layers=2, tag_hidden=16, tags_only=tags_only), epochs=1)
    with pytest.raises(UsageError, match="settings of a size other than the model's"):
        toy_training(output, init=reads[0], config={"tags_only": 1})
    for models, problem in (
        (reads, f"{reads[1]}: other widths or layers"),
        ([trained[0]], "give at least two"),
        ([trained[0], trained[0]], "the same network twice"),
        ([trained[0], wider], f"{wider}: other widths or layers"),
        ([trained[0], other], f"{other}: other words, tags or labels"),
    ):
        assert main(["combine", *map(str, models), "--dev", str(ENHANCED), "--output", str(output)]) == 2
        assert problem in capsys.readouterr().err.splitlines()[-1]
    missing = tmp_path / "missing.arcparser"
    assert main(["combine", str(trained[0]), str(missing), "--dev", str(ENHANCED), "--output", str(output)]) == 1
    assert not output.exists()


def test_training_several_networks(trained: list[Path], tmp_path: Path) -> None:
    """One command, the same networks as from as many trainings with one seed after the other."""
    path = tmp_path / "ensemble.arcparser"
    said: list[str] = []
    config = small(networks=2)
    toy_training(path, config=config, report=said.append)
    networks = model_file.load(path).networks
    assert [n.weights.flat.tobytes() for n in networks] == [
        model_file.load(part).networks[0].weights.flat.tobytes() for part in trained[:2]
    ]
    scores = arcparser.evaluate(ENHANCED, arcparser.load(path)).summary()
    assert dict(model_file.load(path).card.scores) == scores
    assert said[-1] == f"2 networks: dev LAS {scores['LAS']:.2f}, in {path}"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "ensemble.arcparser",
        "ensemble.arcparser.1.epochs.jsonl",
        "ensemble.arcparser.2.epochs.jsonl",
    ]
    content = path.read_bytes()
    toy_training(path, config=config, resume=True, report=said.append)
    assert "nothing to resume" in said[-1] and path.read_bytes() == content

    # All of them go on, each from its own weights.
    more = toy_training(tmp_path / "more.arcparser", init=path, train_files=ENHANCED, seed=5).model
    for k, network in enumerate(more.networks):
        begin = tmp_path / f"begin{k}.arcparser"
        whole = model_file.load(path)
        model_file.save(replace(whole, networks=(whole.networks[k],)), begin)
        alone = tmp_path / f"single{k}.arcparser"
        single = toy_training(alone, init=begin, train_files=ENHANCED, seed=5 + k).model
        assert np.array_equal(single.networks[0].weights.flat, network.weights.flat)
    with pytest.raises(UsageError, match="with --init, it stays 2"):
        toy_training(tmp_path / "more.arcparser", init=path, config={"networks": 3}, overwrite=True)


def test_several_networks_resume_where_they_stopped(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.arcparser", tmp_path / "broken.arcparser"
    config = small(networks=2)
    toy_training(whole, config=config)

    def stop(line: str) -> None:
        lines.append(line)
        if sum(said.startswith("epoch 1/") for said in lines) == 2:  # of the second network
            raise KeyboardInterrupt

    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        toy_training(broken, config=config, report=stop)
    assert not broken.exists()
    with pytest.raises(UsageError, match=rf"^{broken}\.2: its training is not finished"):
        toy_training(broken, config=config)
    toy_training(broken, config=config, resume=True)
    assert broken.read_bytes() == whole.read_bytes()


def test_several_networks_begin_anew(tmp_path: Path) -> None:
    """What an earlier training has left of its networks is not taken for theirs."""
    path, config = tmp_path / "ensemble.arcparser", small(networks=2)
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, config=config, seed=5, report=stop_at("network 2"))
    kept = Path(f"{path}.1").read_bytes()
    with pytest.raises(UsageError, match=rf"^{path}\.1: its training is not finished: .*--overwrite starts anew"):
        toy_training(path, config=config)
    assert Path(f"{path}.1").read_bytes() == kept
    with pytest.raises(UsageError, match=rf"{path}\.1: is the model of another training"):
        toy_training(path, config=config, resume=True)
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, config=config, overwrite=True, report=stop_at("network 1"))
    assert [p.name for p in tmp_path.iterdir()] == ["ensemble.arcparser.1.epochs.jsonl"]


def test_combining_replaces_nothing_unasked(trained: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "both.arcparser"
    output.write_bytes(b"precious")
    with pytest.raises(UsageError, match=rf"^{output}: is there already: give another --output, or --overwrite"):
        arcparser.combine(trained[:2], dev=tmp_path / "nonesuch.conllu", output=output)
    assert output.read_bytes() == b"precious"
    arcparser.combine(trained[:2], dev=ENHANCED, output=output, overwrite=True)
    assert len(model_file.load(output).networks) == 2
