"""What must hold of the trainings with update rules."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, cross_entropy

from lecture_code.experiments.gradients.architecture_search import (
    optimizers,
    optimizers_transfer,
)
from lecture_code.experiments.gradients.architecture_search.rule_training import (
    CHANNELS,
    KERNEL,
    NETWORKS,
    SCANS,
    TRAINING,
    VALIDATION,
    rule_task,
    train_rules,
)
from lecture_code.gradients.optimizer_search import (
    NAMED_RULES,
    formula,
    named_rule,
    rule_of,
    rule_space,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
NOTHING = ("1", "g", "log|x|", "x", "left")  # next to nothing: the network stays


def advanced(run):
    """A run at its end, with the records of all its steps."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return records


# --- the task ---


def test_the_parts_have_no_common_scan():
    """Invariance: 400, 400 and 997 scans, all different as often as in the whole set;
    another seed has other parts.
    """
    task = rule_task(0)
    parts = (task.training, task.validation, task.test)
    sizes = [len(labels) for _, labels in parts]
    assert sizes == [TRAINING, VALIDATION, SCANS - TRAINING - VALIDATION]
    images = torch.cat([images for images, _ in parts])
    assert images.shape == (SCANS, 64) and 0 <= images.min() < images.max() <= 1
    assert len(images.unique(dim=0)) == len(rule_task_images(1).unique(dim=0))
    assert not torch.equal(task.training[0], rule_task(1).training[0])


def rule_task_images(seed):
    task = rule_task(seed)
    return torch.cat([task.training[0], task.validation[0], task.test[0]])


def test_networks_are_those_of_torch():
    """Oracle: the perceptron is two linear layers, the convolutions are torch's."""
    generator = torch.Generator().manual_seed(0)
    images = rule_task(0).training[0][:5]
    net = NETWORKS["perceptron"]
    weights = net.initial(generator)
    W1, b1, W2, b2 = net.parts(weights)
    expected = (images @ W1.T + b1).clamp(min=0) @ W2.T + b2
    torch.testing.assert_close(net.logits(weights, images), expected)
    net = NETWORKS["convolution"]
    weights = net.initial(generator)
    W1, b1, W2, b2, W3, b3 = net.parts(weights)
    x = images.reshape(-1, 1, 8, 8)
    for W, b, inputs in ((W1, b1, 1), (W2, b2, CHANNELS)):
        filters = W.reshape(CHANNELS, KERNEL, KERNEL, inputs).permute(0, 3, 1, 2)
        x = conv2d(x, filters, b).clamp(min=0)
    expected = x.permute(0, 2, 3, 1).flatten(1) @ W3.T + b3
    torch.testing.assert_close(net.logits(weights, images), expected)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_training_is_that_of_torch(network):
    """Oracle: the string of SGD trains like torch.optim.SGD in a plain loop on the same
    batches, up to rounding: the counts differ by three images at most.
    """
    net = NETWORKS[network]
    task = rule_task(3)
    rate = np.array([0.1])
    ours = train_rules(named_rule("SGD")[None], rate, network=network, steps=30, seed=3)
    generator = torch.Generator().manual_seed(3)
    weights = net.initial(generator).requires_grad_()
    optimiser = torch.optim.SGD([weights], lr=0.1)
    for _ in range(30):
        i = torch.randint(TRAINING, (64,), generator=generator)
        images, labels = task.training
        optimiser.zero_grad()
        cross_entropy(net.logits(weights, images[i]), labels[i]).backward()
        optimiser.step()
    for counts, (images, labels) in zip(
        ours, (task.validation, task.test), strict=True
    ):
        right = (net.logits(weights, images).argmax(dim=1) == labels).sum()
        assert abs(int(right) - counts[0]) <= 3 and counts[0] > 0.4 * len(labels)


def test_named_rules_learn_and_others_do_not():
    """Learning with a negative control: in sixty steps the named rules name most test
    images; a rule that does nothing and a rule that diverges stay near chance.
    """
    names = ["SGD", "Adam", "PowerSign", "AddSign"]
    rules = [named_rule(name, 3) for name in names]
    rules += [rule_of([NOTHING], 3), named_rule("SGD", 3)]
    rates = np.array([0.3, 0.01, 0.1, 0.2, 0.01, 1e4])
    _, test = train_rules(np.array(rules), rates, steps=60)
    tests = SCANS - TRAINING - VALIDATION
    assert (test[:4] > 0.8 * tests).all()
    assert (test[4:] < 0.25 * tests).all()


def test_another_network_is_refused():
    """Conformance: the message lists the networks."""
    with pytest.raises(ValueError, match="no network 'x'; there are: perceptron"):
        train_rules(named_rule("SGD")[None], np.array([0.1]), network="x")


# --- the experiment of all rules ---

SMALL = replace(
    optimizers.SETTINGS,
    seeds=(1, 2),
    rates=(1e-4, 0.03, 0.1),
    steps=25,
    promising=VALIDATION // 4,
)


def test_all_strings_belong_to_a_trained_rule():
    """Invariance: every one of the 4,096 strings has a row, and each row's rule is the
    shortest of its set; SGD and Adam are trained under their own formula.
    """
    rules, row_of_string = optimizers.different_rules()
    assert len(row_of_string) == rule_space().count == 4096
    assert set(row_of_string) == set(range(len(rules)))
    assert 1130 < len(rules) < 1150  # one or two depend on the machine
    every = rule_space().every_string()
    for row in (0, 7, len(rules) // 2, len(rules) - 1):
        lengths = [len(formula(rule)) for rule in every[row_of_string == row]]
        assert len(formula(rules[row])) == min(lengths)
    words = [formula(rule) for rule in rules]
    assert {"g", "m̂", "sign g", "m̂ ÷ √|v̂|", "g ÷ √|v̂|"} <= set(words)


def test_every_different_rule_is_in_one_run():
    """Invariance: the blocks hold all rules once, and the longer rules."""
    rules, _ = optimizers.different_rules()
    runs = optimizers.runs(optimizers.SETTINGS)
    longer = runs.pop("longer")
    np.testing.assert_array_equal(
        np.concatenate([run.rules for run in runs.values()]), rules
    )
    assert [formula(rule) for rule in longer.rules] == [
        formula(named_rule(name)) for name in ("PowerSign", "AddSign")
    ]


def test_a_run_keeps_the_best_rate_and_counts_on_other_seeds():
    """Equation: the kept rate has the most right validation images of the tuning; the
    counts of the result are those of single trainings with the chosen rate; a rule
    that learns nothing ends after the tuning.
    """
    rules = np.array([named_rule("SGD"), rule_of([NOTHING]), named_rule("Adam")])
    run = optimizers.RuleBlockRun(SMALL, rules)
    records = advanced(run)
    result = run.result()
    assert len(records) == 3 + 2 * 3
    assert result["continued"].tolist() == [0, 2]
    for i, row in enumerate(result["continued"]):
        kept = SMALL.rates[int(result["tuning"][row].argmax())]
        total = {}
        for factor in SMALL.finer:
            counts = [
                train_rules(
                    rules[row][None], np.array([kept * factor]), steps=25, seed=s
                )
                for s in SMALL.seeds
            ]
            total[kept * factor] = np.array(counts)[:, :, 0].T
        best = max(total, key=lambda rate: total[rate][0].sum())
        assert result["rate"][i] == pytest.approx(best)
        np.testing.assert_array_equal(
            [result["validation"][i], result["test"][i]], total[best]
        )


def test_a_run_of_useless_rules_ends_early():
    """Limit: if no rule of a block learns, the run ends after the tuning."""
    run = optimizers.RuleBlockRun(SMALL, rule_of([NOTHING])[None])
    assert len(advanced(run)) == len(SMALL.rates)
    result = run.result()
    assert result["test"].shape == (0, 2) and len(result["rate"]) == 0


def test_a_run_goes_on_after_a_checkpoint():
    """Determinism: pickled in the middle, it goes on to the same counts."""
    rules = np.array([named_rule("SGD"), named_rule("Adam")])
    straight, stopped = (optimizers.RuleBlockRun(SMALL, rules) for _ in range(2))
    advanced(straight)
    for _ in range(4):
        stopped.advance()
    stopped = pickle.loads(pickle.dumps(stopped))
    advanced(stopped)
    first, second = straight.result(), stopped.result()
    assert all(np.array_equal(first[entry], second[entry]) for entry in first)


def test_the_summary_has_a_line_for_each_rule():
    """Invariance: lists are as long as the rules; strings are counted once each; named
    rules point to their formulas.
    """
    settings = replace(SMALL, steps=1, rates=(0.1,), most=40, promising=390, block=30)
    runs = optimizers.runs(settings)
    for run in runs.values():
        advanced(run)
    results = {name: run.result() for name, run in runs.items()}
    curves, arrays = optimizers.summarise(settings, results)
    assert not arrays
    named = curves.pop("named")
    assert {len(entries) for entries in curves.values()} == {42}
    _, row_of_string = optimizers.different_rules(40)
    assert sum(curves["strings"]) == (row_of_string >= 0).sum() < 4096
    assert {"SGD", "momentum", "PowerSign", "AddSign"} <= set(named)
    for name, row in named.items():
        assert curves["rule"][row] == formula(named_rule(name))


# --- elsewhere ---


def test_each_rule_has_its_own_rate_elsewhere():
    """Equation: of all rates the one with the most right validation images of all seeds
    together is reported, with its counts.
    """
    settings = replace(
        optimizers_transfer.SMOKE, rates=(1e-4, 0.03, 0.3), tasks=(("perceptron", 20),)
    )
    results = {}
    for name, run in optimizers_transfer.runs(settings).items():
        advanced(run)
        results[name] = run.result()
    curves, _ = optimizers_transfer.summarise(settings, results)
    rules = curves["perceptron, 20 steps"]
    assert list(rules) == [*NAMED_RULES, "g + m̂"]
    counts = np.array([result["counts"] for result in results.values()])
    for row, entry in enumerate(rules.values()):
        at = settings.rates.index(entry["rate"])
        totals = counts[:, :, 0, row].sum(axis=0)
        assert totals[at] == totals.max()
        assert entry["test"] == counts[:, at, 1, row].tolist()
        assert entry["at the edge"] == (at != 1)
    assert rules["Adam"]["rate"] == 0.03 and rules["SGD"]["rate"] == 0.3
