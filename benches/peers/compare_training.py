"""alignloss-train beside PyTorch: steps of training a second, interleaved in one run, on this CPU.

    python3 benches/peers/compare_training.py [ROUNDS] [SECONDS]

Needs PyTorch, and builds alignloss-train first (without its GPU part). Both draw fresh batches, go forward and back through two
perceptrons, and move them by Adam. Prints medians over the rounds, their ratio (alignloss / PyTorch), and our share of this
machine's peak in single-precision products, measured in the same run by PyTorch's own.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ["cargo", "run", "--quiet", "--release", "-p", "alignloss-train", "--", "bench", "--json", "--quiet"]
PEER = [sys.executable, str(ROOT / "benches/peers/training_step.py")]
# (batch, inputs, widths, dimension)
CASES = [(512, 128, "256,256", 32), (256, 15, "128,128", 5), (1024, 128, "512,512", 64)]


def run(command):
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def peak():
    """GFLOP/s of a large single-precision product on all cores."""
    import torch

    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    best = 0.0
    for _ in range(10):
        start = time.perf_counter()
        a @ b
        best = max(best, 2 * 1024**3 / (time.perf_counter() - start) / 1e9)
    return best


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = sys.argv[2] if len(sys.argv) > 2 else "3"
    rates, shares = {}, {}
    for _ in range(rounds):
        for batch, inputs, widths, dim in CASES:
            flags = ["--batch", str(batch), "--inputs", str(inputs), "--widths", widths, "--dim", str(dim), "--seconds", seconds]
            ours, peer = run(OURS + flags), run(PEER + flags)
            name = f"B={batch} {inputs}-{widths.replace(',', '-')}-{dim}"
            rates.setdefault(name, []).append((ours["steps_per_second"], peer["steps_per_second"]))
            shares.setdefault(name, []).append(ours["gigaflops"] / peak())
    print(f"{'steps a second':24} {'alignloss':>10} {'PyTorch':>9} {'ratio':>6} {'of peak':>8}   median of {rounds} rounds")
    for name, pairs in rates.items():
        ours, peer = (statistics.median(column) for column in zip(*pairs))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{name:24} {ours:10.1f} {peer:9.1f} {ratio:6.2f} {statistics.median(shares[name]):8.0%}")


if __name__ == "__main__":
    main()
