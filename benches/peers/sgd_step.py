#!/usr/bin/env python3
"""One Adam step of symmetric InfoNCE in numpy (gradient by hand) or PyTorch (autograd, CPU): the peer of `benches/sgd_step.rs`.

    python3 sgd_step.py --backend numpy --precision f64 --batch 512 --seconds 2 --threads 1

Prints one JSON line: steps per second (best and median of blocks), and the loss after the first steps, which the three
programs must share. Initial values and batches come from the same small generator as the Rust benchmark's.
"""
import argparse
import json
import os
import statistics
import time

PARSER = argparse.ArgumentParser()
PARSER.add_argument("--backend", choices=["numpy", "torch"], default="numpy")
PARSER.add_argument("--precision", choices=["f32", "f64"], default="f64")
PARSER.add_argument("--batch", type=int, default=512)
PARSER.add_argument("--channels", type=int, default=64)
PARSER.add_argument("--dim", type=int, default=16)
PARSER.add_argument("--seconds", type=float, default=2.0)
PARSER.add_argument("--threads", type=int, default=1)

# Steps after which the losses are compared.
COMPARED_STEPS = 10
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def uniforms(np, seed, count):
    """A linear congruential generator's numbers in [-1, 1), advanced in blocks by its own closed form."""
    multiplier, increment, mask = 6364136223846793005, 1442695040888963407, (1 << 64) - 1
    values, state = np.empty(count), seed
    for index in range(count):
        state = (state * multiplier + increment) & mask
        values[index] = (state >> 11) / float(1 << 52) - 1.0
    return values


def problem(np, args):
    """Weights d x n and batches n x B (one sample per column), as in the Rust benchmark."""
    n, d, batch = args.channels, args.dim, args.batch
    first = uniforms(np, 1, n * batch).reshape(batch, n)
    second = uniforms(np, 2, n * batch).reshape(batch, n)
    # Half of each modality is common to both.
    second[:, : n // 2] = 0.5 * second[:, : n // 2] + 0.5 * first[:, : n // 2]
    weights = [0.25 * uniforms(np, 3 + m, n * d).reshape(n, d).T for m in range(2)]
    return [first, second], weights


class NumpyStep:
    """Samples in rows, everything that can be reused is, and no array is formed twice."""

    def __init__(self, np, args):
        dtype = {"f32": np.float32, "f64": np.float64}[args.precision]
        batches, weights = problem(np, args)
        self.np = np
        self.x = [np.ascontiguousarray(x, dtype=dtype) for x in batches]
        self.weights = [np.ascontiguousarray(w.T, dtype=dtype) for w in weights]
        self.first = [np.zeros_like(w) for w in self.weights]
        self.second = [np.zeros_like(w) for w in self.weights]
        self.powers = np.empty((args.batch, args.batch), dtype)
        self.gradient = np.empty_like(self.powers)
        self.step = 0

    def __call__(self):
        np, (x1, x2), (w1, w2) = self.np, self.x, self.weights
        batch = x1.shape[0]
        z1, z2 = x1 @ w1, x2 @ w2
        powers, gradient = self.powers, self.gradient
        np.matmul(z1, z2.T, out=powers)
        positives = np.einsum("ij,ij->", z1, z2) / batch
        largest = powers.max()
        powers -= largest
        np.exp(powers, out=powers)
        rows, columns = powers.sum(axis=1), powers.sum(axis=0)
        loss = 0.5 * (np.log(rows).mean() + np.log(columns).mean()) + largest - positives - np.log(batch)
        half = 0.5 / batch
        np.add((half / rows)[:, None], (half / columns)[None, :], out=gradient)
        gradient *= powers
        gradient.flat[:: batch + 1] -= 1.0 / batch
        slopes = [x1.T @ (gradient @ z2), x2.T @ (gradient.T @ z1)]
        self.step += 1
        rate = LEARNING_RATE / (1.0 - BETA1**self.step)
        correction = 1.0 / (1.0 - BETA2**self.step)
        for weight, slope, first, second in zip(self.weights, slopes, self.first, self.second):
            first *= BETA1
            first += (1.0 - BETA1) * slope
            second *= BETA2
            second += (1.0 - BETA2) * slope * slope
            weight -= rate * first / (np.sqrt(second * correction) + EPSILON)
        return float(loss)


class TorchStep:
    """Autograd and the library's own Adam."""

    def __init__(self, np, torch, args):
        dtype = {"f32": torch.float32, "f64": torch.float64}[args.precision]
        batches, weights = problem(np, args)
        self.torch = torch
        self.x = [torch.tensor(x, dtype=dtype) for x in batches]
        self.weights = [torch.tensor(w.T.copy(), dtype=dtype, requires_grad=True) for w in weights]
        self.labels = torch.arange(args.batch)
        self.constant = float(np.log(args.batch))
        self.optimiser = torch.optim.Adam(self.weights, lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=EPSILON)

    def __call__(self):
        cross_entropy = self.torch.nn.functional.cross_entropy
        logits = (self.x[0] @ self.weights[0]) @ (self.x[1] @ self.weights[1]).T
        loss = 0.5 * (cross_entropy(logits, self.labels) + cross_entropy(logits.T, self.labels)) - self.constant
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())


def main():
    args = PARSER.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(args.threads)
    import numpy as np

    if args.backend == "numpy":
        step, version = NumpyStep(np, args), np.__version__
    else:
        import torch

        torch.set_num_threads(args.threads)
        step, version = TorchStep(np, torch, args), torch.__version__
    losses = [step() for _ in range(COMPARED_STEPS)]
    # Blocks of a few milliseconds: the best one is what the machine does when nobody disturbs it.
    start = time.perf_counter()
    step()
    block = max(1, int(0.004 / (time.perf_counter() - start)))
    rates, start = [], time.perf_counter()
    while len(rates) < 5 or time.perf_counter() - start < args.seconds:
        before = time.perf_counter()
        for _ in range(block):
            step()
        rates.append(block / (time.perf_counter() - before))
    print(json.dumps({"best": max(rates), "median": statistics.median(rates), "loss": losses[-1], "version": version}))


if __name__ == "__main__":
    main()
