"""alignloss beside numpy and PyTorch: one Adam step of symmetric InfoNCE, interleaved in one run.

    python3 benches/peers/compare_sgd_step.py [ROUNDS] [SECONDS]

Needs numpy; PyTorch (CPU) is compared where it can be imported. Builds the Rust benchmark first. Prints steps per second (the
best block of the round, median over the rounds), the ratios, the share of the step's time that exponentials take, and the share
of this machine's matrix-product peak, measured in the same run.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = [sys.executable, str(ROOT / "benches/peers/sgd_step.py")]
OURS = ["cargo", "bench", "--quiet", "--bench", "sgd_step", "--", "--json"]
BATCHES = [128, 512, 2048]
# Losses after the first steps agree to rounding: relative difference, for each precision.
AGREEMENT = {"f64": 1e-9, "f32": 1e-3}


def run(command, threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **{name: str(threads) for name in names}}
    output = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def has_torch():
    return subprocess.run([sys.executable, "-c", "import torch"], capture_output=True).returncode == 0


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = sys.argv[2] if len(sys.argv) > 2 else "1"
    backends = ["numpy"] + (["torch"] if has_torch() else [])
    print(f"steps/s, median over {rounds} rounds of the best block; peers: {', '.join(backends)}")
    print(f"{'':20} {'alignloss':>9} " + " ".join(f"{name:>8} ratio" for name in backends) + "  no exp  exp share  of peak")
    for precision in ("f64", "f32"):
        for threads in (1, 2):
            for batch in BATCHES:
                flags = ["--precision", precision, "--batch", str(batch), "--threads", str(threads), "--seconds", seconds]
                ours, peers = [], {name: [] for name in backends}
                for _ in range(rounds):
                    ours.append(run(OURS + flags, threads))
                    for name in backends:
                        peers[name].append(run(PEER + ["--backend", name] + flags, threads))
                        difference = abs(peers[name][-1]["loss"] / ours[-1]["loss"] - 1.0)
                        if difference > AGREEMENT[precision]:
                            sys.exit(f"{name} {precision} B={batch}: losses differ by {difference:.1e}")
                median = lambda rows, key: statistics.median(row[key] for row in rows)
                best = median(ours, "best")
                share = median(ours, "best") / median(ours, "best_without_exponential")
                peak = best * median(ours, "step_gflop") / (threads * median(ours, "peak_gflops"))
                columns = " ".join(f"{median(peers[n], 'best'):8.0f} {best / median(peers[n], 'best'):5.2f}" for n in backends)
                print(
                    f"{precision} {threads} thr B={batch:<5} {best:9.0f} {columns}  {share:6.2f} {1 - share:9.0%} {peak:8.0%}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
