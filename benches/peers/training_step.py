"""One step of `alignloss-train bench` in PyTorch: perceptrons, InfoNCE (cosine, learnt temperature), Adam. Prints JSON.

    python3 benches/peers/training_step.py --batch 512 --inputs 128 --widths 256,256 --dim 32 --seconds 5 [--device cuda]
"""

import argparse
import json
import time

import torch


def perceptron(sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def main():
    parser = argparse.ArgumentParser()
    for name, default in [("batch", 512), ("inputs", 128), ("dim", 32), ("threads", 0)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--widths", default="256,256")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_default_device(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    sizes = [options.inputs, *map(int, options.widths.split(",")), options.dim]
    encoders = [perceptron(sizes) for _ in range(2)]
    log_temperature = torch.nn.Parameter(torch.tensor(0.1).log())
    parameters = [p for encoder in encoders for p in encoder.parameters()] + [log_temperature]
    optimiser = torch.optim.Adam(parameters, lr=1e-3, eps=1e-8)
    labels = torch.arange(options.batch)

    def step():
        shared = torch.randn(options.batch, options.inputs)
        views = [shared + 0.5 * torch.randn_like(shared) for _ in range(2)]
        first, second = (torch.nn.functional.normalize(f(x), dim=1) for f, x in zip(encoders, views))
        logits = first @ second.T * (-log_temperature).exp()
        loss = 0.5 * (torch.nn.functional.cross_entropy(logits, labels) + torch.nn.functional.cross_entropy(logits.T, labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    # What a step leaves queued on a device counts, too.
    finish = torch.cuda.synchronize if options.device == "cuda" else lambda: None
    for _ in range(10):
        step()
    finish()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        step()
        steps += 1
        if steps % 20 == 0:
            finish()
    finish()
    rate = steps / (time.perf_counter() - start)
    print(json.dumps({"steps_per_second": rate, "threads": torch.get_num_threads(), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
