"""The pictures of rules and clusters show what their words say."""

import numpy as np
import pytest

from lecture_code.experiments import Result, load_result
from lecture_code.experiments.gradients.architecture_search.optimizers_transfer import (
    FOUND,
)
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.architecture_search import optimizers, replicas
from lecture_code.gradients.optimizer_search import formula, rule_of

SEEDS = [1, 2, 3]


def result_of(curves):
    """A result with these curves."""
    settings = {"seeds": SEEDS, "steps": 200}
    return Result("x", settings, SEEDS, curves, {}, {}, {}, 1.0, "")


@pytest.fixture
def ranked() -> Result:
    """Five rules: two are equal on average, one ended after the tuning."""
    return result_of(
        {
            "rule": ["g", "m̂", "g²", "m̂ ÷ √|v̂|", "exp(sign g × sign m̂) × g"],
            "strings": [61, 57, 64, 1, 0],
            "rate": [1.0, 1.0, 0.0, 0.01, 0.3],
            "test": [
                [900, 910, 890],
                [910, 890, 900],
                [],
                [950, 940, 960],
                [800, 970, 900],
            ],
            "named": {"SGD": 0, "momentum": 1, "Adam": 3, "PowerSign": 4},
        }
    )


def test_ranks_by_hand(ranked):
    """Equation: 1 is the best mean, equal means share a rank, a rule that ended after
    the tuning is last, and ranks in single seeds are those of the seed's counts.
    """
    ranks = optimizers.rule_ranks(ranked)
    assert ranks.rank.tolist() == [2.5, 2.5, 5, 1, 4]
    assert ranks.seed_ranks[:, 1].tolist() == [3, 4, 5, 2, 1]
    assert ranks.continued.tolist() == [3, 0, 1, 4]
    assert optimizers.named_rank(ranked, "PowerSign") == (4, 1, 4)
    with pytest.raises(ValueError, match="no rule 'AddSign'; there are: SGD"):
        optimizers.named_rank(ranked, "AddSign")


def test_the_picture_labels_the_named_rules(ranked, drawn):
    """Each continued rule has a dot at its mean and a line over its seeds; the words
    give the ranks.
    """
    picture = optimizers.rules_by_rank(ranked)
    axes = drawn[0].axes[0]
    expected = 100 * np.array([950, 900, 900, 890]) / optimizers.TESTS
    np.testing.assert_allclose(axes.lines[0].get_ydata(), expected)
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["Adam", "SGD", "momentum", "PowerSign"]
    assert "Dots for 4 rules" in picture.alt
    assert "PowerSign 4 with 89.3 %" in picture.alt


def test_tables_of_rules(ranked):
    """Named rules stand by rank; the best rules are strings of one block only."""
    entries = optimizers.named_rules_table(ranked).entries
    assert list(entries) == ["Adam", "SGD", "momentum", "PowerSign"]
    assert entries["PowerSign"]["in single seeds"].text == "1 to 4"
    best = optimizers.best_rules_table(ranked).entries
    assert list(best) == ["m̂ ÷ √|v̂|", "g", "m̂"]
    assert best["g"]["strings"].value == 61


def test_the_table_of_tasks():
    """Every rule has its counts in every task, as shares."""
    curves = {
        task: {rule: {"test": counts} for rule in ("SGD", "Adam")}
        for task, counts in (("a", [997, 0, 997]), ("b", [0, 0, 997]))
    }
    entries = optimizers.transfer_table(result_of(curves)).entries
    assert entries["SGD"]["a"].value == 100 and entries["Adam"]["b"].value == 0


def test_the_machines_bars_are_the_children(drawn):
    """Every child that begins in the first hours is one bar, at its machine and time,
    in the colour of its replica.
    """
    picture = replicas.cluster_picture(3, 8)
    report = replicas.cluster_report(3, 8)
    shown = report.children[report.children[:, 2] < replicas.SHOWN * 3600]
    bars = []
    for place, line in enumerate(drawn[0].axes[0].lines):
        x, y = (np.reshape(part, (-1, 3)) for part in line.get_data())
        bars += [(place, *row) for row in np.column_stack([y[:, 0], x[:, :2]])]
    expected = [(r % 6, w + 1, a / 3600, b / 3600) for r, w, a, b in shown]
    np.testing.assert_allclose(sorted(bars), sorted(expected))
    assert f"busy for {100 * report.busy_share:.0f} %" in picture.alt
    assert "3 replicas with 8 children each" in picture.alt


def test_a_choice_of_one_is_in_the_singular():
    """Conformance: one replica, one child."""
    assert "1 replica with 1 child each" in replicas.cluster_picture(1, 1).alt


def test_the_papers_cluster_is_in_the_table():
    """Equation: 800 machines train at most 800 children an hour; the staleness of the
    paper's cluster is about K − 1, and a gradient of eight has an eighth of the
    variance.
    """
    entries = replicas.replica_table().entries
    row = entries["K = 100, m = 8"]
    assert row["machines"].value == 800 and row["variance"].value == 1 / 8
    assert row["staleness"].value == pytest.approx(99, abs=3)
    assert row["children"].value < 500 < entries["K = 200, m = 8"]["children"].value
    assert entries["K = 1, m = 800"]["staleness"].value == 0


def test_the_progress_is_that_of_the_controller(drawn):
    """Invariance: progress begins at 0 and stays below 1; each curve is the mean of the
    seeds, and the words give its end.
    """
    picture = replicas.progress_curves()
    for line, (K, m) in zip(drawn[0].axes[0].lines, replicas.CLUSTERS, strict=True):
        hours = line.get_xdata()
        runs = [replicas.progress(K, m, seed, hours) for seed in range(replicas.SEEDS)]
        mean = 100 * np.mean(runs, axis=0)
        np.testing.assert_allclose(line.get_ydata(), mean)
        assert mean[0] == pytest.approx(0, abs=1e-9) and mean[-1] <= 100
        assert f"K = {K}, m = {m} {mean[-1]:.0f} %" in picture.alt


def test_all_frames_fit():
    """Conformance: replicas and children are at most 40 frames."""
    assert len(replicas.REPLICAS) * len(replicas.CHILDREN) <= 40


# --- the committed result ---


@pytest.fixture(scope="module")
def committed() -> Result:
    return load_result("architecture_optimizers")


def test_rules_of_sign_agreement_are_in_the_top_tenth(committed):
    """PowerSign and AddSign are in the best tenth of all different rules, on average
    and in every seed; so are SGD, momentum, RMSProp and Adam.
    """
    ranks = optimizers.rule_ranks(committed)
    for name in ("PowerSign", "AddSign", "SGD", "momentum", "RMSProp", "Adam"):
        highest = optimizers.named_rank(committed, name)[2]
        assert highest <= len(ranks.rules) / 10
    assert sum(committed.curves["strings"]) == 4096


def test_rules_of_sign_agreement_do_not_lead(committed):
    """SGD is better than both by less than a point, and the intervals leave out zero;
    with Adam there is no clear difference; dozens of rules are within a point of the
    best.
    """
    ranks = optimizers.rule_ranks(committed)
    percent = {name: 100 * ranks.accuracy[row] for name, row in ranks.named.items()}
    for name in optimizers.SIGNS:
        lead = mean_of_seeds(percent["SGD"] - percent[name])
        assert 0 < lead.low < lead.high < 1
        draw = mean_of_seeds(percent["Adam"] - percent[name])
        assert draw.low < 0 < draw.high
    numbers = optimizers.optimizer_numbers(committed)
    assert int(numbers["rules_near_best"]) > 50
    assert int(numbers["rules_learning"]) < 0.2 * len(ranks.rules)


def test_no_named_rules_rate_is_at_the_edge(committed):
    """The tuning of every named rule had its best rate inside of the grid."""
    last = len(committed.settings["rates"]) - 1
    for row in committed.curves["named"].values():
        assert 0 < int(np.argmax(committed.curves["tuning"][row])) < last


def test_the_rules_tried_elsewhere_are_the_best_without_a_name(committed):
    """Oracle: `FOUND` is what the committed ranks say."""
    ranks = optimizers.rule_ranks(committed)
    nameless = [
        ranks.rules[row] for row in ranks.continued if row not in ranks.named.values()
    ]
    found = [formula(rule_of([block])) for block in FOUND]
    assert found == nameless[: len(FOUND)]


@pytest.fixture(scope="module")
def elsewhere() -> Result:
    return load_result("architecture_optimizers_transfer")


def lead(transfer: Result, task: str, first: str, second: str):
    """Points by which a rule is ahead of another in a task, with the interval."""
    counts = [np.array(transfer.curves[task][rule]["test"]) for rule in (first, second)]
    return mean_of_seeds(100 * (counts[0] - counts[1]) / optimizers.TESTS)


def test_a_small_lead_does_not_stay(elsewhere):
    """On fresh seeds SGD, which led PowerSign and AddSign, is behind both; after three
    times as many steps there is no clear difference.
    """
    for name in optimizers.SIGNS:
        assert lead(elsewhere, "perceptron, 200 steps", name, "SGD").low > 0
        after = lead(elsewhere, "perceptron, 600 steps", name, "SGD")
        assert after.low < 0 < after.high


def test_on_convolutions_adam_leads_rules_of_sign_agreement(elsewhere):
    """With two convolutions Adam is ahead of both, and the intervals leave out zero; on
    the perceptron there is no clear difference.
    """
    for name in optimizers.SIGNS:
        assert lead(elsewhere, "convolution, 200 steps", "Adam", name).low > 0
        for task in ("perceptron, 200 steps", "perceptron, 600 steps"):
            small = lead(elsewhere, task, "Adam", name)
            assert small.low < 0 < small.high


def test_the_found_rule_is_near_the_best_everywhere(elsewhere):
    """The best rule of the first experiment is the best or second best of every task,
    and no rate of any rule lies at the edge of its grid.
    """
    for rules in elsewhere.curves.values():
        order = sorted(rules, key=lambda rule: -sum(rules[rule]["test"]))
        assert "g ÷ √|g|" in order[:2]
        assert not any(entry["at the edge"] for entry in rules.values())
