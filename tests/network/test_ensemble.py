"""Several networks in one model: their mean is what one wider classifier computes; what goes together and what not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser import ModelError, UsageError
from arcparser.cli.main import main
from arcparser.model import array_file, model_file
from arcparser.nn.packing import pack
from arcparser.nn.softmax import softmax
from arcparser.parsing import form_cache as form_cache
from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import Predictor
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC, States
from arcparser.transition.features import extract
from arcparser.viz.explain import explain
from tests.helpers.toy import DEV, ENHANCED, random_network, random_parser, small, toy_training

WORDS = ["Dogs", "that", "chase", "cats", "bark", "."]


def ensemble_parser(*seeds: int, **changes: Any) -> Parser:
    """A parser of random networks."""
    first = random_parser(seeds[0], scale=2.0, **changes).model
    others = (random_network(seed, scale=2.0, **changes) for seed in seeds[1:])
    return Parser(replace(first, networks=(*first.networks, *others)))


@pytest.mark.parametrize("changes", [{}, {"children": False}, {"graph_features": False}, {"layers": 2, "cell": "qrnn"}])
def test_the_scores_are_the_mean_of_the_networks(changes: dict[str, Any]) -> None:
    networks = [random_network(seed, scale=2.0, **changes) for seed in (1, 2, 3)]
    ensemble = Predictor(*networks).scorers(WORDS)
    alone = [Predictor(network).scorers(WORDS) for network in networks]
    n = len(WORDS)
    states = States(np.array([n]), children=ensemble.transition_scorer.children)
    rows = ensemble.transition_scorer.rows[0]
    rng = np.random.default_rng(1)
    seen = 0
    while len(states.active):
        features, legal = extract(states), states.legal()
        logits = ensemble.transition_scorer.logits(features)
        np.testing.assert_allclose(
            logits, np.mean([s.transition_scorer.logits(features) for s in alone], axis=0), atol=1e-5
        )
        choice = np.array([rng.choice(np.flatnonzero(legal[0]))])
        states.apply(choice, np.array([1 if choice[0] in (LEFT_ARC, RIGHT_ARC) else -1]))
        seen += 1
    assert seen >= 2 * n
    heads, dependents = np.array([rows[1], rows[2], rows[4]]), np.array([rows[3], rows[5], rows[2]])
    transition = np.array([RIGHT_ARC, RIGHT_ARC, LEFT_ARC])
    np.testing.assert_allclose(
        ensemble.label_scorer.logits(transition, heads, dependents),
        np.mean([s.label_scorer.logits(transition, heads, dependents) for s in alone], axis=0),
        atol=1e-5,
    )
    assert ensemble.head_probabilities is not None
    np.testing.assert_allclose(
        ensemble.head_probabilities, np.mean([s.head_probabilities for s in alone], axis=0), atol=1e-6
    )


def test_tags_are_those_of_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arcparser.nn.lstm.PARSED_TOGETHER", 4)  # so that each network's part comes in turn
    networks = [random_network(seed, scale=2.0) for seed in (1, 2, 3)]
    sentences = [s.forms for s in arcparser.read_conllu(ENHANCED)]
    ensemble = Predictor(*networks).predict(sentences)
    agreed = 0
    for words, prediction in zip(sentences, ensemble):
        each = []
        for network in networks:
            predictor = Predictor(network)
            rows = predictor.form_rows(words)
            ((_, _, logits),) = predictor.encode(rows, pack([len(words)]))
            each.append(logits)
        for column in range(3):
            mean = np.mean([logits[column] for logits in each], axis=0)
            assert np.array_equal(prediction.tags[:, column], mean.argmax(axis=1))
            agreed += int((each[0][column].argmax(axis=1) == mean.argmax(axis=1)).sum())
    assert agreed < 3 * sum(map(len, sentences))  # the others have a say


def test_a_network_combined_with_itself_is_itself() -> None:
    alone, twice = random_parser(1, scale=2.0), ensemble_parser(1, 1)
    sentences = [s.forms for s in arcparser.read_conllu(DEV)]
    assert [str(s) for s in alone.parse_many(sentences)] == [str(s) for s in twice.parse_many(sentences)]


def test_an_explanation_shows_the_joint_distribution() -> None:
    parser = ensemble_parser(1, 2)
    explanation = explain(parser, WORDS)
    assert [arc.head for arc in sorted(explanation.arcs, key=lambda arc: arc.dependent)] == parser.parse(WORDS).heads
    said = Predictor(*parser.model.networks).scorers(WORDS)
    states = States(np.array([len(WORDS)]))
    shift = softmax(said.transition_scorer.logits(extract(states)), states.legal())[0].max()
    assert max(action.probability for action in explanation.steps[0].actions) == pytest.approx(shift, abs=1e-4)


def test_a_batch_of_more_forms_than_the_table_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [str(s) for s in ensemble_parser(1, 2).parse_many(s.forms for s in arcparser.read_conllu(DEV))]
    for size in (0, 1 << 12):
        monkeypatch.setattr(form_cache, "_BYTES", size)
        small_table = ensemble_parser(1, 2)
        for batch_words in (1, 30, 10_000):
            sentences = [s.forms for s in arcparser.read_conllu(DEV)]
            assert [str(s) for s in small_table.parse_many(sentences, batch_words=batch_words)] == expected


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
    assert main(["parse", str(DEV), "--model", str(output), "--output", str(tmp_path / "one.conllu")]) == 0
    assert (
        main(
            [
                "parse",
                str(DEV),
                "--model",
                str(output),
                "--output",
                str(tmp_path / "two.conllu"),
                "--jobs",
                "2",
                "--batch-words",
                "100",
            ]
        )
        == 0
    )
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


def test_a_bad_number_of_networks_is_refused(trained: list[Path], tmp_path: Path) -> None:
    header, arrays = array_file.read(trained[0], "model")
    for count in (0, -1, 2, 16, 17, 10**9, "2", True, 1.0, None):
        path = tmp_path / "bad.arcparser"
        array_file.write(path, "model", {**header, "networks": count}, arrays)
        with pytest.raises(ModelError, match="is not a whole model"):
            model_file.load(path)


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
        single = toy_training(tmp_path / "single.arcparser", init=begin, train_files=ENHANCED, seed=5 + k).model
        assert np.array_equal(single.networks[0].weights.flat, network.weights.flat)
    with pytest.raises(UsageError, match="with --init, it stays 2"):
        toy_training(tmp_path / "more.arcparser", init=path, config={"networks": 3})


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
    toy_training(broken, config=config, resume=True)
    assert broken.read_bytes() == whole.read_bytes()
