"""What must hold of the sparsely-gated mixture of experts."""

import copy
import pickle

import pytest
import torch

from lecture_code.gradients.mixture_of_experts import (
    Experts,
    MixtureOfExperts,
    NoisyTopKGate,
    balance_loss,
    cv_squared,
    dense_mixture,
    kth_excluding,
    noisy_top_k,
    prob_in_top_k,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")

BACKENDS = ["grouped", "padded"]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(*shape, seed=1, dtype=torch.float32):
    return torch.randn(*shape, generator=generator(seed), dtype=dtype)


def make(
    n=6, k=2, d=8, h=12, out=4, *, seed=0, spread=1.0, dtype=torch.float32, **settings
):
    """A layer whose gate is not at zero any more."""
    layer = MixtureOfExperts(
        d, n, k, h, out, generator=generator(seed), dtype=dtype, **settings
    )
    with torch.no_grad():
        for number, W in enumerate(layer.gate.parameters()):
            W.copy_(spread * drawn(*W.shape, seed=seed + 50 + number, dtype=dtype))
    return layer


def gradients(layer, x, loss):
    """The gradients of `loss` with respect to x and all parameters, by name."""
    named = {"x": x, **dict(layer.named_parameters())}
    found = torch.autograd.grad(
        loss, list(named.values()), allow_unused=True, retain_graph=True
    )
    return dict(zip(named, found, strict=True))


# --- the gate: equations 2 to 5 ---


def test_the_gate_by_hand():
    """Equation: with fixed noise, H, KeepTopK and the softmax of what is kept are those
    of (3) to (5), number by number.
    """
    clean = torch.tensor([[1.0, 2.0, 0.5, -1.0]])
    scale = torch.tensor([[0.5, 0.1, 2.0, 1.0]])
    epsilon = torch.randn(1, 4, generator=generator(3))
    H = clean + epsilon * scale
    routing = noisy_top_k(clean, scale, 2, generator(3))
    assert torch.equal(routing.noisy, H) and not torch.equal(H, clean)
    first, second = H[0].argsort(descending=True)[:2].tolist()
    assert routing.chosen.tolist() == [[first, second]]
    a, b = H[0, first].exp(), H[0, second].exp()
    assert torch.allclose(
        routing.weights, torch.stack([a / (a + b), b / (a + b)])[None]
    )


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_gates_are_k_weights_that_add_up_to_one(k, noise):
    """Equation: G is the softmax of (3) over all n values of (5), −∞ included: it has
    exactly k positive entries, and Σ G = 1, whether noise is drawn or not.
    """
    layer = make(k=k, noise=noise)
    routing = layer.gate(drawn(200, 8), generator())
    G = routing.dense()
    assert torch.allclose(G.sum(1), torch.ones(200)) and ((G > 0).sum(1) == k).all()
    H = routing.noisy
    least = H.sort(dim=1, descending=True).values[:, k - 1 : k]
    kept = torch.where(least <= H, H, -torch.inf)  # eq. 5 to the letter
    assert torch.allclose(G, kept.softmax(1))  # eq. 3 to the letter
    assert torch.equal(routing.counts(), (G > 0).sum(0))
    assert routing.counts().sum() == 200 * k


def test_all_experts_without_noise_are_the_dense_softmax_mixture():
    """Limit: k = n without noise is (2) with (1), the plain softmax mixture."""
    layer = make(k=6, noise=False)
    x = drawn(50, 8)
    G = (x @ layer.gate.W_g).softmax(1)
    expected = sum(
        G[:, i, None] * (x @ W).relu() @ V
        for i, (W, V) in enumerate(
            zip(layer.experts.W_in, layer.experts.W_out, strict=True)
        )
    )
    assert torch.allclose(layer(x)[0], expected, atol=1e-6)


def test_the_noise_has_the_scale_of_equation_4():
    """Equation: over many draws H has mean x W_g and standard deviation Softplus(x
    W_noise), for each expert its own.
    """
    gate = make(n=3).gate
    x = drawn(1, 8).expand(60_000, 8)
    with torch.no_grad():
        routing = gate(x, generator())
        scale = torch.log1p((x[0] @ gate.W_noise).exp())
    assert torch.allclose(
        routing.noisy.mean(0),
        routing.clean[0],
        atol=float(4 * scale.max() / 60_000**0.5),
    )
    assert torch.allclose(routing.noisy.std(0), scale, rtol=0.02)
    assert scale.max() > 2 * scale.min()


def test_at_first_chance_alone_decides():
    """Limit: a fresh gate, with both matrices at zero, gives every expert the same load
    within chance; without noise the first k get everything.
    """
    x = drawn(20_000, 8)
    counts = NoisyTopKGate(8, 5, 2)(x, generator()).counts()
    assert (counts - 8_000).abs().max() < 4 * (20_000 * 0.4 * 0.6) ** 0.5
    counts = NoisyTopKGate(8, 5, 2, noise=False)(x).counts()
    assert sorted(counts.tolist()) == [0, 0, 0, 20_000, 20_000]


def test_in_eval_mode_there_is_no_noise():
    """Limit: after eval() two calls agree and need no generator; the load is the number
    of examples; training again brings the noise back.
    """
    layer = make()
    x = drawn(40, 8)
    layer.eval()
    (y, routing), (again, _) = layer(x), layer(x)
    assert torch.equal(y, again)
    assert routing.scale is None
    assert torch.equal(routing.noisy, routing.clean)
    assert torch.equal(routing.load(), routing.counts().float())
    layer.train()
    assert not torch.equal(layer(x, generator())[0], y)


# --- sparse and dense ---


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n, k", [(1, 1), (6, 2), (6, 6), (40, 3)])
def test_sparse_is_dense(n, k, backend):
    """Oracle: output and all gradients equal those of the dense masked mixture to 1e-6,
    with examples that come twice and experts that get none.
    """
    layer = make(n, k, backend=backend)
    x = torch.cat([drawn(9, 8), drawn(9, 8)]).requires_grad_()  # every example twice
    y, routing = layer(x, generator())
    weight = drawn(*y.shape, seed=9)
    sparse = gradients(layer, x, (y * weight).sum())
    oracle = dense_mixture(layer.experts, x, routing.dense())
    assert torch.allclose(y, oracle, atol=1e-6)
    for name, expected in gradients(layer, x, (oracle * weight).sum()).items():
        if k == n == 1 and name.startswith("gate"):
            continue  # the gradient of a softmax over one is zero
        assert torch.allclose(
            sparse[name], expected, atol=1e-6 * max(1.0, float(expected.abs().max()))
        ), name
        assert expected.abs().max() > 0, name


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_expert_without_examples_has_a_gradient_of_zero(backend):
    """Limit: not None and not NaN, so that any optimiser can go on; the experts that
    were asked have another.
    """
    layer = make(6, 2, noise=False, backend=backend)
    with torch.no_grad():
        layer.gate.W_g.zero_()[0, [1, 4]] = 5.0
    x = drawn(30, 8).abs()
    y, routing = layer(x)
    y.square().sum().backward()
    assert routing.counts().tolist() == [0, 30, 0, 0, 30, 0]
    for W in layer.experts.parameters():
        assert W.grad is not None and torch.isfinite(W.grad).all()
        moved = W.grad.flatten(1).abs().amax(1).gt(0)
        assert moved.nonzero().flatten().tolist() == [1, 4] and len(moved) == 6


def test_gradients_by_finite_differences():
    """Equation: in double precision and with the noise held fixed, autograd agrees with
    finite differences for x, both gates and both expert matrices.
    """
    layer, x = make(4, 2, dtype=torch.float64), drawn(5, 8, dtype=torch.float64)
    names = [name for name, _ in layer.named_parameters()]

    def f(x, *parameters):
        named = dict(zip(names, parameters, strict=True))
        y, routing = torch.func.functional_call(layer, named, (x, generator(4)))
        return y, routing.importance(), routing.load()

    inputs = [x, *(p.detach() for p in layer.parameters())]
    assert torch.autograd.gradcheck(
        f, [value.clone().requires_grad_() for value in inputs], eps=1e-7, atol=1e-5
    )


def test_equal_experts_make_the_gate_idle():
    """Invariance: if all experts are the same network, the output is that network's,
    whatever the gate does, and the gate has no gradient.
    """
    layer = make()
    x = drawn(30, 8)
    with torch.no_grad():
        for W in layer.experts.parameters():
            W.copy_(W[:1].expand_as(W).clone())
    y, _ = layer(x, generator())
    alone = (x @ layer.experts.W_in[0]).relu() @ layer.experts.W_out[0]
    assert torch.allclose(y, alone, atol=1e-5)
    y.square().sum().backward()
    assert layer.gate.W_g.grad.abs().max() < 1e-3 * layer.experts.W_in.grad.abs().max()


def test_experts_may_change_places():
    """Invariance: experts and columns of the gate permuted together give the same
    output, and the routing permuted.
    """
    layer = make(noise=False)
    x = drawn(30, 8)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    other = copy.deepcopy(layer)
    with torch.no_grad():
        for W in other.experts.parameters():
            W.copy_(W[order].clone())
        other.gate.W_g.copy_(layer.gate.W_g[:, order])
    (y, routing), (y_other, routing_other) = layer(x), other(x)
    assert torch.allclose(y, y_other, atol=1e-6)
    assert torch.equal(routing.counts()[order], routing_other.counts())


def test_examples_may_change_places():
    """Invariance: without noise, examples permuted give answers permuted; none sees
    another.
    """
    layer = make(noise=False)
    x = drawn(30, 8)
    order = torch.randperm(30, generator=generator(5))
    assert torch.allclose(layer(x)[0][order], layer(x[order])[0], atol=1e-6)


# --- load and importance: equations 6 to 11 ---


def test_probabilities_by_hand():
    """Equation: for three experts and k = 1, (9) compares an expert's clean logit with
    the best noisy one of the others.
    """
    clean = torch.tensor([[0.2, 0.0, -1.0]])
    noisy = torch.tensor([[0.5, 0.9, -2.0]])
    scale = torch.tensor([[1.0, 2.0, 0.5]])
    P = prob_in_top_k(clean, noisy, scale, torch.tensor([[1]]))
    by_hand = torch.distributions.Normal(0.0, 1.0).cdf(
        torch.tensor([[(0.2 - 0.9) / 1, (0.0 - 0.5) / 2, (-1.0 - 0.9) / 0.5]])
    )
    assert torch.allclose(P, by_hand, atol=1e-6)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_threshold_is_the_kth_logit_of_the_others(k):
    """Oracle: for each expert, sort the noisy logits of the other experts and take the
    k-th largest.
    """
    noisy = torch.randn(20, 5, generator=generator(3))
    threshold = kth_excluding(noisy, noisy.topk(k, dim=1).indices)
    for i in range(5):
        others = torch.cat([noisy[:, :i], noisy[:, i + 1 :]], 1)
        kth = others.sort(dim=1, descending=True).values[:, k - 1]
        assert torch.equal(threshold[:, i], kth)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_probabilities_are_what_their_name_says(k):
    """Equation: over 60,000 draws of all noise, E[P(x, i)] is the frequency of i among
    the k, and Σ E[P] = k (tower property).
    """
    draws, n = 60_000, 5
    clean = torch.tensor([0.5, 0.0, -0.5, 1.0, 0.2]).expand(draws, n)
    scale = torch.tensor([0.5, 1.0, 2.0, 0.3, 0.8]).expand(draws, n)
    routing = noisy_top_k(clean, scale, k, generator(7))
    P = routing.probabilities().mean(0)
    frequency = routing.counts() / draws
    assert (P - frequency).abs().max() < 0.01 and abs(P.sum().item() - k) < 0.02
    # a single draw does not add up to k: only the mean does
    assert routing.probabilities().sum(1).std() > 0.1
    assert frequency.max() > 2 * frequency.min()


def test_probabilities_are_drawn_again_one_at_a_time():
    """Equation: P(x, i) is the frequency of i among the k if only its own noise is
    drawn again and the others' is kept.
    """
    clean = torch.tensor([[0.3, 0.0, -0.2, 0.1]])
    scale = torch.tensor([[0.5, 1.0, 0.7, 0.4]])
    routing = noisy_top_k(clean, scale, 2, generator(1))
    P = routing.probabilities()[0]
    for i in range(4):
        again = routing.noisy.repeat(50_000, 1)
        again[:, i] = clean[0, i] + scale[0, i] * drawn(50_000, seed=i)
        inside = (again.topk(2, dim=1).indices == i).any(1)
        assert abs(inside.double().mean() - P[i]) < 0.01


def test_without_noise_probabilities_are_certain():
    """Limit: as the noise vanishes P becomes one for the chosen and zero for the
    others; without noise it is that, and k = n makes all of them one.
    """
    clean = drawn(20, 6)
    tiny = noisy_top_k(clean, torch.full_like(clean, 1e-9), 2, generator())
    none = noisy_top_k(clean, None, 2, None)
    assert torch.allclose(tiny.probabilities(), none.probabilities())
    assert torch.equal(none.load(), none.counts().float())
    assert torch.equal(
        noisy_top_k(clean, clean.exp(), 6, generator()).probabilities(),
        torch.ones(20, 6),
    )


def test_the_spread_is_zero_only_for_equal_parts():
    """Equation: CV² is the population's variance over the squared mean; zero iff equal,
    the same at any scale, n − 1 if one has everything.
    """
    v = torch.tensor([1.0, 2.0, 3.0, 6.0])
    assert cv_squared(v).item() == pytest.approx(3.5 / 9)
    assert cv_squared(1000 * v).item() == pytest.approx(3.5 / 9)
    assert cv_squared(torch.full((7,), 0.3)).item() == pytest.approx(0, abs=1e-12)
    assert cv_squared(torch.tensor([0.0, 5.0, 0.0])).item() == pytest.approx(2)


def test_the_balance_loss_is_the_sum_of_both():
    """Equation: (7) + (11), each with its own weight, of column sums of G and P."""
    routing = make().gate(drawn(50, 8), generator())
    importance, load = routing.dense().sum(0), routing.probabilities().sum(0)
    expected = (
        0.3 * importance.var(correction=0) / importance.mean() ** 2
        + 0.7 * load.var(correction=0) / load.mean() ** 2
    )
    assert balance_loss(routing, 0.3, 0.7).item() == pytest.approx(
        expected.item(), rel=1e-6
    )
    assert balance_loss(routing, 0.0, 0.0).item() == 0 and expected.item() > 0.01


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0)])
def test_each_balance_loss_teaches_the_gate(weights):
    """Equation: the gradient of either loss alone agrees with finite differences for
    both of the gate's matrices, and is not zero.
    """
    gate = make(dtype=torch.float64).gate
    x = drawn(20, 8, dtype=torch.float64)
    names = [name for name, _ in gate.named_parameters()]

    def loss(*matrices):
        named = dict(zip(names, matrices, strict=True))
        routing = torch.func.functional_call(gate, named, (x, generator(4)))
        return balance_loss(routing, *weights)

    matrices = [W.detach().clone().requires_grad_() for W in gate.parameters()]
    assert torch.autograd.gradcheck(loss, matrices, eps=1e-7, atol=1e-5)
    assert all(
        gradient.abs().max() > 1e-3
        for gradient in torch.autograd.grad(loss(*matrices), matrices)
    )


def test_following_the_load_loss_evens_the_load():
    """Learning with a negative control: forty steps on the load loss alone level a
    crooked gate; without noise the same steps do nothing.
    """

    def after(noise):
        gate = make(n=8, noise=noise, spread=0.5).gate
        x = drawn(512, 8)
        draws = generator(2)
        optimiser = torch.optim.SGD(gate.parameters(), lr=0.5)
        for _ in range(40):
            loss = balance_loss(gate(x, draws), 0.0, 1.0)
            if loss.requires_grad:
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return cv_squared(gate.eval()(x).counts().float()).item(), cv_squared(
            make(n=8, noise=noise, spread=0.5).gate.eval()(x).counts().float()
        ).item()

    now, before = after(noise=True)
    assert now < 0.2 * before and before > 0.05
    now, before = after(noise=False)
    assert now == before


# --- what has no gradient ---


def test_without_noise_the_load_has_no_gradient():
    """Limit: the number of examples is a constant to autograd; with noise its
    expectation is not.
    """
    x = drawn(50, 8)
    assert not make(noise=False).gate(x).load().requires_grad
    gate = make().gate
    cv_squared(gate(x, generator()).load()).backward()
    assert gate.W_g.grad.abs().max() > 0 and gate.W_noise.grad.abs().max() > 0


@pytest.mark.parametrize("k, learns", [(1, False), (2, True)])
def test_with_one_expert_the_task_does_not_teach_the_gate(k, learns):
    """Limit with a negative control: the softmax of one is one, so with k = 1 the
    gate's gradient is exactly zero; with k = 2 it is not.
    """
    layer = make(k=k)
    layer(drawn(50, 8), generator())[0].square().sum().backward()
    assert bool(layer.gate.W_g.grad.any()) is learns
    assert bool(layer.gate.W_noise.grad.any()) is learns
    assert layer.experts.W_in.grad.any()


def test_the_gate_finds_the_expert_that_knows():
    """Learning with a negative control: of two fixed experts the gate learns to trust
    the right one for each half of the space; with k = 1 and without a load loss it does
    not move.
    """

    def trained(k):
        layer = MixtureOfExperts(2, 2, k, 8, 1, generator=generator(), noise=False)
        with torch.no_grad():
            layer.gate.W_g.copy_(torch.tensor([[0.01, -0.01], [0.0, 0.0]]))
        for W in layer.experts.parameters():
            W.requires_grad_(False)
        x = drawn(512, 2)
        answers = layer.experts.everyone(x)[:, :, 0]
        # the gate starts the wrong way round
        target = torch.where(x[:, :1] > 0, answers[:, 1:], answers[:, :1])
        optimiser = torch.optim.Adam(layer.gate.parameters(), lr=0.1)
        for _ in range(60):
            optimiser.zero_grad()
            (layer(x)[0] - target).square().mean().backward()
            optimiser.step()
        return (
            ((layer.gate(x).clean.argmax(1) == 1) == (x[:, 0] > 0))
            .double()
            .mean()
            .item()
        )

    assert trained(2) > 0.95
    assert trained(1) < 0.05


# --- conventions of torch ---


@pytest.mark.parametrize("shape", [(8,), (5, 8), (2, 3, 8), (2, 1, 4, 8)])
def test_any_leading_shape(shape):
    """Conformance: (…, d) in, (…, out) out, and the routing is that of the flattened
    examples.
    """
    layer = make(noise=False)
    x = drawn(*shape)
    y, routing = layer(x)
    assert y.shape == (*shape[:-1], 4)
    assert torch.equal(y.reshape(-1, 4), layer(x.reshape(-1, 8))[0])
    assert routing.chosen.shape == (x.numel() // 8, 2)


def test_the_state_survives():
    """Conformance: state_dict, copy and pickle give the same layer, and the dictionary
    holds the four matrices.
    """
    layer = make()
    x = drawn(10, 8)
    other = MixtureOfExperts(8, 6, 2, 12, 4, generator=generator(99))
    assert sorted(layer.state_dict()) == [
        "experts.W_in",
        "experts.W_out",
        "gate.W_g",
        "gate.W_noise",
    ]
    other.load_state_dict(layer.state_dict())
    expected = layer(x, generator())[0]
    for same in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(same(x, generator())[0], expected)


def test_the_type_is_that_of_the_layer():
    """Conformance: a layer made or turned to double precision answers in it, and agrees
    with the one in single precision.
    """
    layer = make()
    x = drawn(10, 8)
    expected = layer(x, generator())[0]
    layer.eval()
    single = layer(x)[0]
    double = layer.double()(x.double())[0]
    assert double.dtype == torch.float64 and expected.dtype == torch.float32
    assert torch.allclose(double.float(), single, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("width", [8, 12])  # rows of 16 and of 24 bytes
def test_mixed_precision(precision, backend, threads, width):
    """Conformance: under autocast the routing is that of single precision to the last
    bit, answers and gradients agree to a few of the low precision's steps, and all
    have the type of the parameters, whatever the type of the examples is. The experts
    keep single precision only where the grouped product does not take the lower one.
    """
    torch.set_num_threads(threads)
    layer = make(6, 2, d=width, h=2 * width, out=width, backend=backend)
    lowered = backend != "grouped" or (precision == torch.bfloat16 and width == 8)
    x = drawn(64, width).to(precision).float().requires_grad_()

    def results(x):
        y, routing = layer(x, generator())
        loss = y.square().mean() + balance_loss(routing)
        return y, routing, gradients(layer, x, loss)

    y, routing, exact = results(x)
    steps = 8 * torch.finfo(precision).eps
    with torch.autocast("cpu", precision):
        mixed = [results(x), results(x.to(precision))]
    for y_mixed, routing_mixed, low in mixed:
        assert torch.equal(routing_mixed.chosen, routing.chosen)
        assert torch.equal(routing_mixed.weights, routing.weights)
        assert y_mixed.dtype == torch.float32
        difference = (y_mixed - y).abs().max()
        assert difference < steps * y.abs().max() and bool(difference > 0) == lowered
        for name in dict(layer.named_parameters()):
            assert low[name].dtype == torch.float32
            difference = (low[name] - exact[name]).abs().max()
            assert difference < steps * exact[name].abs().max(), name


def test_mixed_precision_leaves_double_precision_alone():
    """Limit: as elsewhere in torch, autocast does not touch a layer in doubles."""
    layer = make(noise=False, dtype=torch.float64)
    x = drawn(20, 8, dtype=torch.float64)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)[0]
    assert torch.equal(layer(x)[0], y) and y.dtype == torch.float64


@pytest.mark.parametrize("backend", BACKENDS)
def test_equal_seeds_give_equal_bits(backend):
    """Determinism: output, routing and gradients are bitwise the same for the same
    generator, and others for another.
    """

    def once(seed):
        layer = make(40, 3, backend=backend)
        x = drawn(100, 8).requires_grad_()
        y, routing = layer(x, generator(seed))
        return [
            y,
            routing.chosen.float(),
            *gradients(layer, x, (y**2).sum() + balance_loss(routing)).values(),
        ]

    assert all(torch.equal(a, b) for a, b in zip(once(1), once(1), strict=True))
    assert not torch.equal(once(1)[0], once(2)[0])


def test_arguments_are_left_alone():
    """Conformance: the examples are not changed, neither by the call nor by what is
    done to the answer.
    """
    layer = make()
    x = drawn(10, 8)
    before = x.clone()
    layer(x, generator())[0].add_(1)
    assert torch.equal(x, before)


@pytest.mark.slow
# torch's compiler looks at the attribute
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_it_compiles_with_breaks():
    """Conformance: `torch.compile` gives the same answers; one graph is impossible,
    because counts are known only at run time.
    """
    layer = make(noise=False)
    x = drawn(10, 8)
    assert torch.allclose(torch.compile(layer, backend="eager")(x)[0], layer(x)[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "k must lie between 1 and the 6 experts; got 0"),
        ({"k": 7}, "k must lie between 1 and the 6 experts; got 7"),
        ({"experts": 0}, "width and experts must be at least 1; got 8 and 0"),
        ({"width": 0}, "width and experts must be at least 1"),
        ({"hidden": 0}, "hidden and out must be at least 1; got 6, 8, 0 and 8"),
        ({"out": 0}, "hidden and out must be at least 1"),
        ({"backend": "cuda"}, "no backend 'cuda'; there are: auto, grouped, padded"),
    ],
)
def test_bad_settings_are_named(settings, message):
    """Errors name the culprit and what is allowed."""
    with pytest.raises(ValueError, match=message):
        MixtureOfExperts(
            **{
                "width": 8,
                "experts": 6,
                "k": 2,
                "hidden": 12,
                "generator": generator(),
                **settings,
            }
        )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3, 7), r"must have shape \(…, 8\); got \(3, 7\)"),
        (torch.zeros(()), r"must have shape \(…, 8\); got \(\)"),
        (torch.zeros(0, 8), r"at least one example; got shape \(0, 8\)"),
        (torch.full((2, 8), torch.nan), "must be finite; 16 of 16 values are not"),
        (torch.tensor([[torch.inf] + [0.0] * 7]), "must be finite; 1 of 8"),
    ],
)
def test_bad_examples_are_named(x, message):
    """Errors name what is wrong with a batch."""
    with pytest.raises(ValueError, match=message):
        make()(x, generator())


def test_training_without_a_generator_is_refused():
    """The noise is somebody's choice: no hidden generator."""
    with pytest.raises(ValueError, match="pass generator="):
        make()(drawn(3, 8))


def test_the_start_keeps_the_size_of_a_signal():
    """Equation: experts start with W ~ N(0, 2/d) and N(0, 1/h), so that answers to unit
    noise have about unit variance.
    """
    experts = Experts(20, 64, 128, 32, generator=generator())
    assert experts.everyone(drawn(200, 64)).var().item() == pytest.approx(1, rel=0.1)
