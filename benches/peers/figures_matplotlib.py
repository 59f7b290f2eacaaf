"""Draws three of our figures with matplotlib from the same results, as well as it can: the other side of a look at both.

    alignloss figures canonical-correlation phase-diagram pareto
    python3 benches/peers/figures_matplotlib.py OUT [RESULTS]
"""

import csv
import pathlib
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

COLOURS = ["#0072B2", "#D55E00", "#009E73"]
DASHES = ["-", "--", "-."]
STYLE = {
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "font.size": 7.6,
    "axes.titlesize": 8.4,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.25,
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
}
COLUMN_INCHES = 3.4


def rows(results, experiment, **wanted):
    """The rows of an experiment whose columns have the wanted values."""
    for part in sorted((results / experiment).glob("part-*.csv")):
        with part.open() as file:
            for row in csv.DictReader(file):
                if all(row[column] == value for column, value in wanted.items()):
                    yield row


def column(table, name):
    return np.array([float(row[name] or "nan") for row in table])


def save(figure, out, name):
    for extension in ("png", "pdf"):
        figure.savefig(out / f"{name}.{extension}", dpi=300)
    plt.close(figure)


def information_loss(results, out):
    table = list(rows(results, "canonical-correlation", target="private 1"))
    figure, axes = plt.subplots(figsize=(COLUMN_INCHES, 2.6))
    for index, angle in enumerate(["15", "30", "60"]):
        own = [row for row in table if row["model.angle_degrees"] == angle]
        x = column(own, "canonical_correlation.1")
        order = np.argsort(x)
        label = rf"$\theta = {angle}°$"
        axes.plot(x[order], column(own, "information_loss.z1")[order], DASHES[index], color=COLOURS[index], label=label)
        bound = column(own, "leakage:information_loss.z1")[order]
        axes.plot(x[order], bound, "k", linestyle=(0, (3, 2)), linewidth=0.9, label=None if index else "at least lost (leakage)")
    axes.set(xlabel=r"canonical correlation $\rho_1$", ylabel="information loss of $z_1$ (nats)")
    axes.set_title("The better the sensors align,\nthe less private information is left")
    axes.legend()
    save(figure, out, "canonical-correlation-loss")


def pareto(results, out):
    table = list(rows(results, "pareto", target="private 1"))
    figure, axes = plt.subplots(figsize=(COLUMN_INCHES, 2.5))
    for index, (angle, marker) in enumerate(zip(["30", "60", "90"], "os^")):
        own = [row for row in table if row["model.angle_degrees"] == angle]
        x, y = column(own, "alignment.mi_z1_z2"), column(own, "mi.z1")
        axes.plot(x, y, marker, color=COLOURS[index], markersize=3, alpha=0.6, markeredgewidth=0, label=rf"$\theta = {angle}°$")
    axes.set(xlabel="cross-modal $I(z_1; z_2)$ (nats)", ylabel="private $I(z_1; u_1)$ (nats)")
    axes.set_title("The Pareto frontier of alignment and fidelity")
    axes.legend()
    save(figure, out, "pareto")


def phase_diagram(results, out):
    objectives = ["cca", "prediction", "linear-contrastive"]
    names = ["CCA", "prediction", "linear-contrastive"]
    table = list(rows(results, "phase-diagram", target="shared"))
    xs = np.unique(column(table, "model.nuisance_correlation"))
    ys = np.unique(column(table, "model.private_std"))
    kept, margin = {}, {}
    for objective in objectives:
        own = [row for row in table if row["objective"] == objective]
        place = (
            np.searchsorted(ys, column(own, "model.private_std")),
            np.searchsorted(xs, column(own, "model.nuisance_correlation")),
        )
        kept[objective], margin[objective] = np.zeros((len(ys), len(xs))), np.full((len(ys), len(xs)), np.nan)
        kept[objective][place] = column(own, "r2.z1") > 0.2
        margin[objective][place] = column(own, "selection:selection.margin")
    code = sum(kept[objective] * 2**bit for bit, objective in enumerate(objectives))
    values = np.unique(code)
    colours = ["#E3B5CF", "#A9D8F2", "#F7E9A0", "#E07B3A", "#1B7A5A", "#5B3A6E", "#D9D9D9", "#1F6FA8"]

    def name(value):
        owners = [names[bit] for bit in range(3) if int(value) >> bit & 1]
        return {0: "none keeps the signal", 3: "all keep the signal"}.get(len(owners), ", ".join(owners))

    figure, axes = plt.subplots(figsize=(COLUMN_INCHES, 3.4))
    index = np.searchsorted(values, code)
    chosen = [colours[int(value)] for value in values]
    axes.pcolormesh(
        xs / 0.4, ys, index, cmap=ListedColormap(chosen), norm=BoundaryNorm(np.arange(len(values) + 1) - 0.5, len(values)), rasterized=True
    )
    handles = [Patch(color=colour, label=name(value)) for colour, value in zip(chosen, values)]
    for style, objective, label in zip(["-", "--", ":"], objectives, names):
        axes.contour(xs / 0.4, ys, margin[objective], levels=[0], colors="k", linestyles=style, linewidths=1.2)
        handles.append(plt.Line2D([], [], color="k", linestyle=style, label=f"theory: {label}"))
    axes.set(xscale="log", yscale="log", xlabel=r"correlation ratio $\rho_n / \rho_s$", ylabel="scale ratio $t_n / t_s$")
    axes.grid(visible=False)
    axes.set_title("Align or predict: who keeps the signal")
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    save(figure, out, "phase-diagram")


def main():
    out = pathlib.Path(sys.argv[1])
    results = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "results")
    out.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update(STYLE)
    for draw in (information_loss, phase_diagram, pareto):
        start = time.perf_counter()
        draw(results, out)
        print(f"{draw.__name__}: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
