"""alignloss beside numpy: standard normals and joint draws of a model, interleaved in one run.

    python3 benches/peers/compare_sampling.py [ROUNDS]

Needs numpy, and builds the Rust benchmark first. One thread each. Prints medians over the rounds and their ratio, alignloss /
numpy, and for alignloss the time of a model's draws over that of their normals and matrix products alone.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
import numpy as np  # after the number of threads is set

ROOT = Path(__file__).resolve().parents[2]
OURS = ["cargo", "bench", "--quiet", "--bench", "sampling", "--", "--json"]
# As in benches/sampling.rs.
NORMALS = 16384
BATCH = 4096
SECONDS = 0.5
# (channels, shared, private)
SIZES = [(16, 4, 4), (64, 8, 8), (256, 16, 16)]
PRECISIONS = {"f64": np.float64, "f32": np.float32}


def ours(*arguments):
    output = subprocess.run([*OURS, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.strip().splitlines()]


def shortest(work):
    """Seconds of the fastest call within SECONDS, after a first one that is not counted."""
    work()
    best, begin = float("inf"), time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def numpy_normals(dtype):
    generator, values = np.random.default_rng(0), np.empty(NORMALS, dtype)
    return NORMALS / shortest(lambda: generator.standard_normal(out=values, dtype=dtype)) / 1e6


def numpy_model(n, k, p, dtype):
    """Draws of (x_1, x_2, s): latents, loadings times latents, independent noise; samples are rows, numpy's order."""
    generator = np.random.default_rng(0)
    loadings = [generator.standard_normal((k + 2 * p, n)).astype(dtype) for _ in range(2)]
    noise = dtype(0.1**0.5)

    def draw():
        latents = generator.standard_normal((BATCH, k + 2 * p), dtype=dtype)
        sensors = [latents @ loading for loading in loadings]
        for x in sensors:
            x += noise * generator.standard_normal((BATCH, n), dtype=dtype)
        return sensors, latents[:, :k].copy()

    return BATCH / shortest(draw) / 1e6


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results, shares = {}, {}

    def record(name, mine, peer):
        results.setdefault(name, []).append((mine, peer))

    for _ in range(rounds):
        for line in ours("normals", str(SECONDS)):
            precision = line["precision"]
            record(f"normals {precision}", line["million_per_second"], numpy_normals(PRECISIONS[precision]))
        for line in ours("model", str(SECONDS)):
            n, precision = line["n"], line["precision"]
            k, p = next((k, p) for size, k, p in SIZES if size == n)
            name = f"model n={n} {precision}"
            record(name, line["million_samples_per_second"], numpy_model(n, k, p, PRECISIONS[precision]))
            shares.setdefault(name, []).append(line["over_normals_and_products"])
    print(f"million a second {'alignloss':>12} {'numpy':>8} {'ratio':>6} {'over normals + products':>24}   median of {rounds}")
    for name, pairs in results.items():
        mine, peer = (statistics.median(column) for column in zip(*pairs))
        ratio = statistics.median(a / b for a, b in pairs)
        share = f"{statistics.median(shares[name]):.2f}" if name in shares else ""
        print(f"{name:16} {mine:12.2f} {peer:8.2f} {ratio:6.2f} {share:>24}")


if __name__ == "__main__":
    main()
