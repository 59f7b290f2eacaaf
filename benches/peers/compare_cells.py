"""alignloss beside numpy/scipy: single cells and the 30 x 12 x 5 grid, interleaved in one run.

    python3 benches/peers/compare_cells.py [ROUNDS]

Needs numpy and scipy, and builds the Rust benchmark first. One BLAS thread per process; the grid uses two threads
(alignloss) and two processes (numpy). Prints the medians over the rounds and their ratio, numpy / alignloss.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = [sys.executable, str(ROOT / "benches/peers/numpy_cell.py")]
OURS = ["cargo", "bench", "--quiet", "--bench", "cell", "--", "--json"]
# (n, k, p, repetitions)
CELLS = [(16, 4, 4, 200), (64, 8, 8, 50), (256, 16, 16, 20), (256, 64, 64, 20)]
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run(command):
    output = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times = {}
    for _ in range(rounds):
        for n, k, p, repeat in CELLS:
            sizes = [str(n), str(k), str(p), str(repeat)]
            flags = [flag for pair in zip(["--n", "--k", "--p", "--repeat"], sizes) for flag in pair]
            name = f"cell n={n} k={k} p={p}"
            times.setdefault(name, ([], []))[0].append(run(OURS + ["cell", *sizes])["median_seconds"])
            times[name][1].append(run(PEER + flags)["median_seconds"])
        times.setdefault("grid 30x12x5", ([], []))[0].append(run(OURS + ["grid"])["seconds"])
        times["grid 30x12x5"][1].append(run(PEER + ["--grid"])["seconds"])
    print(f"{'':24} {'alignloss ms':>13} {'numpy ms':>10} {'ratio':>6}   median of {rounds} rounds")
    for name, (ours, peer) in times.items():
        ours, peer = statistics.median(ours), statistics.median(peer)
        print(f"{name:24} {1e3 * ours:13.3f} {1e3 * peer:10.3f} {peer / ours:6.2f}")


if __name__ == "__main__":
    main()
