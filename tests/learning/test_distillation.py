"""Learning from trained parsers: soft targets are the teachers' average, with the right gradient, and are learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.learning.distillation import Teachers
from arcparser.learning.examples import Batch
from arcparser.learning.loss import SoftTargets, loss_and_gradients
from arcparser.model import model_file
from arcparser.network.network import Network
from arcparser.nn.softmax import softmax
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC, States
from arcparser.transition.features import extract
from tests.helpers.losses import SETTINGS, check_taught_gradients, toy_batch
from tests.helpers.toy import DEV, TRAIN, columns, random_network, small, toy_training

SENTENCES, _, ARCS, _ = columns(sorted(arcparser.read_conllu(DEV), key=len))  # as toy_batch has them
HEADS = [np.array(heads) for heads, _ in ARCS]


def student(**changes: object) -> Network:
    return random_network(1, scale=2.0, width=5, dtype=np.float64, **changes)


def targets_of(networks: list[Network], batch: Batch) -> SoftTargets:
    return Teachers(networks, networks[0].vocabulary, SENTENCES, HEADS).soft_targets(batch)


def test_soft_targets_are_the_average_of_the_teachers() -> None:
    teachers = [random_network(seed, scale=2.0) for seed in (2, 3)]
    batch = toy_batch(teachers[0])
    both, *single = (targets_of(list(chosen), batch) for chosen in (teachers, *zip(teachers)))
    for tags, *each in zip((*both.tags, both.labels), *((*one.tags, one.labels) for one in single)):
        assert tags.shape == (batch.words.packing.words, each[0].shape[1])
        np.testing.assert_allclose(tags, np.mean(each, axis=0), atol=2e-3)
        np.testing.assert_allclose(tags.sum(axis=1), 1, atol=5e-3)
    np.testing.assert_allclose(both.heads, np.mean([one.heads for one in single], axis=0), atol=1e-6)
    np.testing.assert_allclose(both.heads.sum(axis=1), 1, atol=5e-3)


@pytest.mark.parametrize("cell", ["lstm", "qrnn"])
def test_soft_targets_are_what_the_teacher_says_when_it_parses(cell: str) -> None:
    """But for the rounding of what is kept: of heads and labels, and of transitions in states of its own making."""
    teacher = random_network(2, scale=2.0, cell=cell)
    batch = toy_batch(teacher)
    packing = batch.words.packing
    soft_targets = targets_of([teacher], batch)
    predictor = arcparser.parsing.predictor.Predictor(teacher)
    for row, (number, n) in enumerate(zip(batch.numbers.tolist(), packing.lengths.tolist())):
        words = packing.padded()[row, :n]
        said = predictor.scorers(SENTENCES[number])
        assert said.head_probabilities is not None
        np.testing.assert_allclose(soft_targets.heads[words, : n + 1], said.head_probabilities[0], atol=2e-3)
        heads = batch.heads[words]
        transition = np.where(heads > np.arange(1, n + 1), LEFT_ARC, RIGHT_ARC)
        logits = said.label_scorer.logits(transition, np.where(heads, heads - 1, n), np.arange(n))
        np.testing.assert_allclose(soft_targets.labels[words], softmax(logits, said.masks.legal(heads)), atol=5e-3)
        states = States(packing.lengths[row : row + 1])
        seen, legal = extract(states), states.legal()
        alone = softmax(said.transition_scorer.logits(seen), legal)
        seen = replace(seen, sentence=seen.sentence + row)
        np.testing.assert_allclose(soft_targets.transitions(seen, legal), alone, atol=5e-3)


@pytest.mark.parametrize("children", [False, True])
def test_gradients(monkeypatch: pytest.MonkeyPatch, children: bool) -> None:
    """The teacher sees children in a state, whether or not the student does."""
    network = student(children=children)
    batch = toy_batch(network)
    teacher = random_network(2, scale=2.0, cell="qrnn")
    soft_targets = targets_of([teacher], batch)
    check_taught_gradients(monkeypatch, network, batch, soft_targets)


@pytest.mark.parametrize("scale", [1e6, 1e20])
def test_a_teacher_whose_numbers_grow_beyond_all_bounds_is_refused(scale: float) -> None:
    with pytest.raises(ModelError, match="a teacher's weights are so large"):
        targets_of([random_network(2, scale=scale)], toy_batch(student()))


def test_weight_0_is_no_teacher_and_weight_1_is_no_gold() -> None:
    network = student()
    batch = toy_batch(network)
    soft_targets = targets_of([random_network(2, scale=2.0)], batch)
    plain, unheard, soft = (network.weights.like() for _ in range(3))
    losses = loss_and_gradients(network, SETTINGS, batch, plain)
    deaf = replace(SETTINGS, teacher_weight=0.0)
    assert loss_and_gradients(network, deaf, batch, unheard, soft=soft_targets) == pytest.approx(losses)
    np.testing.assert_allclose(unheard.flat, plain.flat, atol=1e-9)
    faithful = replace(SETTINGS, teacher_weight=1.0)
    loss_and_gradients(network, faithful, batch, soft, soft=soft_targets)
    # The gradient on a tag's bias is the sum of a − P_teacher, whatever the gold tags are.
    other = replace(batch, tags=np.zeros_like(batch.tags))
    again = network.weights.like()
    loss_and_gradients(network, faithful, other, again, soft=soft_targets)
    np.testing.assert_allclose(again["upos.b"], soft["upos.b"], atol=1e-9)
    assert not np.allclose(plain["upos.b"], soft["upos.b"])


def test_a_student_comes_to_agree_with_its_teacher(tmp_path: Path) -> None:
    """Taught by a parser to which every word is of one rare UPOS, a student learns that, against the gold tags."""
    teacher = toy_training(tmp_path / "teacher")
    rare = len(teacher.model.vocabulary.upos) - 1
    teacher.model.networks[0].weights["upos.b"][rare] = 1000
    model_file.save(teacher.model, tmp_path / "teacher")
    forms = columns(list(arcparser.read_conllu(DEV)))[0]
    for weight, least, most in ((1.0, 0.7, 1.0), (0.0, 0.0, 0.1)):
        config, student = small(teacher_weight=weight), tmp_path / f"student{weight}"
        learned = toy_training(student, teachers=[tmp_path / "teacher"], epochs=12, config=config)
        assert learned.card.teachers == 1
        said = np.concatenate([a.tags[:, 0] for a in learned.predict(forms)])
        assert least <= np.mean(said == rare) <= most


def test_a_teacher_of_another_treebank_is_refused(tmp_path: Path) -> None:
    toy_training(tmp_path / "other", train_files=TRAIN)
    with pytest.raises(UsageError, match="train it on the same files"):
        toy_training(tmp_path / "student", teachers=[tmp_path / "other"])
    assert not (tmp_path / "student").exists()


def test_the_teachers_are_part_of_what_a_checkpoint_continues(tmp_path: Path) -> None:
    """A training with other teachers is another training."""
    toy_training(tmp_path / "teacher", seed=5)
    first = toy_training(tmp_path / "student", teachers=[tmp_path / "teacher"])
    again = toy_training(tmp_path / "again", teachers=[tmp_path / "teacher"])
    alone = toy_training(tmp_path / "alone")
    assert first.card.fingerprint == again.card.fingerprint != alone.card.fingerprint
    assert np.array_equal(first.model.networks[0].weights.flat, again.model.networks[0].weights.flat)
