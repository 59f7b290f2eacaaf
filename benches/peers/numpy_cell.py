#!/usr/bin/env python3
"""What one would write in numpy/scipy for the quantities of `alignloss eval` (without theorem verdicts).

A peer for the benchmarks: idiomatic float64, Cholesky whitening, one SVD per matrix.

    python3 numpy_cell.py --n 64 --k 8 --p 8 --repeat 50     median seconds of one cell
    python3 numpy_cell.py --grid                             a 30 x 12 x 5 grid on two processes

Both print one JSON line.  BLAS threads are 1 per process unless --blas-threads says otherwise.
Tested with Python 3.11, numpy 2.4.6, scipy 1.17.1.
"""
import argparse
import json
import multiprocessing
import os
import platform
import sys
import time


def _blas_threads():
    for i, a in enumerate(sys.argv):
        if a == "--blas-threads" and i + 1 < len(sys.argv):
            return sys.argv[i + 1]
        if a.startswith("--blas-threads="):
            return a.split("=", 1)[1]
    return "1"


if __name__ == "__main__":  # before numpy is imported
    for _v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[_v] = _blas_threads()

import numpy as np
import scipy
from scipy.linalg import cho_factor, cho_solve, cholesky, eigh, eigvalsh, solve_triangular, svd, svdvals

OBJECTIVES = ["linear-contrastive", "spectral", "cca", "prediction", "pca"]


def logdet_spd(a):
    return 2.0 * np.log(np.diag(np.linalg.cholesky(a))).sum()


def gaussian(syy, logdet_y, explained):
    """I(z;y) in nats and mmse(y|z), given Cov(E[y|z])."""
    resid = syy - explained
    return 0.5 * (logdet_y - logdet_spd(resid)), np.trace(resid)


class Model:
    """Population covariances (S11, S12, S22) and what every cell of the model shares, computed once.

    targets: list of (name, Syy, Sy1, Sy2)."""

    def __init__(self, model_covs, targets):
        self.S11, self.S12, self.S22 = model_covs
        self.targets = targets
        self.n1, self.n2 = self.S12.shape
        self.L1 = cholesky(self.S11, lower=True, check_finite=False)
        self.L2 = cholesky(self.S22, lower=True, check_finite=False)
        self.half = solve_triangular(self.L1, self.S12, lower=True, check_finite=False)
        self.T = solve_triangular(self.L2, self.half.T, lower=True, check_finite=False).T
        self._cache = {}
        self.Ut, self.rho, self.Vt = svd(self.T, full_matrices=False, check_finite=False)
        self.rho = np.minimum(self.rho, 1.0)
        self.mi_x = -0.5 * np.log1p(-self.rho**2).sum()
        joint = np.block([[self.S11, self.S12], [self.S12.T, self.S22]])
        Lj = cho_factor(joint, lower=True, check_finite=False)
        self.x = []
        for _, Syy, Sy1, Sy2 in targets:
            ld = logdet_spd(Syy)
            row = {}
            for key, L, Syx in (
                ("x1", (self.L1, True), Sy1),
                ("x2", (self.L2, True), Sy2),
                ("x12", Lj, np.hstack([Sy1, Sy2])),
            ):
                row[key] = gaussian(Syy, ld, Syx @ cho_solve(L, Syx.T, check_finite=False))
            self.x.append((ld, row))
        # targets with no covariance with the other modality, per encoder
        scale = [np.abs(Sy1).max(initial=0) + np.abs(Sy2).max(initial=0) for _, _, Sy1, Sy2 in targets]
        self.private = [
            [np.abs(t[3 - m]).max() <= 1e-12 * s < np.abs(t[2 + m]).max() for t, s in zip(targets, scale)]
            for m in (0, 1)
        ]

    def memo(self, key, make):
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    @property
    def svd12(self):
        return self.memo("svd12", lambda: svd(self.S12, full_matrices=False, check_finite=False))

    @property
    def sigma12(self):
        if "svd12" in self._cache:
            return self.svd12[1]
        return self.memo("sigma12", lambda: svdvals(self.S12, check_finite=False))

    def encoders(self, objective, d):
        if objective == "linear-contrastive":
            U, s, Vt = self.svd12
            r = np.sqrt(s[:d])[:, None]
            return r * U[:, :d].T, r * Vt[:d]
        if objective in ("spectral", "infonce", "cca"):
            W1 = solve_triangular(self.L1, self.Ut[:, :d], trans="T", lower=True, check_finite=False).T
            W2 = solve_triangular(self.L2, self.Vt[:d].T, trans="T", lower=True, check_finite=False).T
            if objective == "cca":
                return W1, W2
            r = np.sqrt(self.rho[:d])[:, None]
            return r * W1, r * W2
        if objective == "prediction":
            U, _, Vt = self.memo("svd10", lambda: svd(self.half, full_matrices=False, check_finite=False))
            return solve_triangular(self.L1, U[:, :d], trans="T", lower=True, check_finite=False).T, Vt[:d]
        if objective == "pca":
            w = [self.memo(("eig", m), lambda s=s: eigh(s, check_finite=False)[1]) for m, s in enumerate((self.S11, self.S22))]
            W1, W2 = (v[:, : -d - 1 : -1].T for v in w)
            sign = np.sign(np.einsum("ij,jk,ik->i", W1, self.S12, W2))
            return W1, np.where(sign < 0, -1.0, 1.0)[:, None] * W2
        raise ValueError(objective)

    def value(self, objective, W1, W2, R, C11, C12, C22):
        if objective == "linear-contrastive":
            return -np.trace(C12) + 0.5 * np.sum((W1 @ W1.T) * (W2 @ W2.T))
        if objective in ("spectral", "infonce"):
            v = -2.0 * np.trace(C12) + np.sum(C11 * C22)
            return v if objective == "spectral" else 0.5 * v
        if objective == "cca":
            return np.trace(C12)
        if objective == "prediction":
            return np.trace(self.S22) - np.sum((R[0].T @ W1 @ self.S12) ** 2)
        explained = np.sum((R[0].T @ W1 @ self.S11) ** 2) + np.sum((R[1].T @ W2 @ self.S22) ** 2)
        return np.trace(self.S11) + np.trace(self.S22) - explained

    def cell(self, objective, d):
        W1, W2 = self.encoders(objective, d)
        C11, C12, C22 = W1 @ self.S11 @ W1.T, W1 @ self.S12 @ W2.T, W2 @ self.S22 @ W2.T
        C11, C22 = (C11 + C11.T) / 2, (C22 + C22.T) / 2
        R, H = [], []  # whitening R (d x rank) and symmetric H = (W S W')^{-1/2}; null directions (d > rank) are dropped
        for C in (C11, C22):
            w, v = eigh(C, check_finite=False)
            keep = w > 1e-12 * w[-1]
            v, root = v[:, keep], np.sqrt(w[keep])
            R.append(v / root)
            H.append((v / root) @ v.T)
        c = R[0].T @ C12 @ R[1]
        r1, r2 = c.shape
        s = np.minimum(svdvals(c, check_finite=False), 1.0)
        joint = cho_factor(np.block([[np.eye(r1), c], [c.T, np.eye(r2)]]), lower=True, check_finite=False)
        C = H[0] @ C12 @ H[1]
        diff = H[0] @ C11 @ H[0] + H[1] @ C22 @ H[1] - C - C.T
        out = {
            "objective": objective,
            "dim": d,
            "canonical_correlations": self.rho,
            "cross_covariance_singular_values": self.sigma12,
            "encoders": [W1, W2],
            "objective_value": self.value(objective, W1, W2, R, C11, C12, C22),
            "alignment": {
                "error": np.trace(diff),
                "error_op": np.sqrt(max(eigvalsh(diff, check_finite=False)[-1], 0.0)),
                "floor": 2.0 * np.sum(1.0 - self.rho[:d]),
                "mi_x1_x2": self.mi_x,
                "mi_z1_z2": -0.5 * np.log1p(-(s**2)).sum(),
            },
            "targets": [],
            "capacity": [],
        }
        for t, (name, Syy, Sy1, Sy2) in enumerate(self.targets):
            ld, row = self.x[t]
            row = dict(row)
            Z1, Z2 = Sy1 @ W1.T, Sy2 @ W2.T
            Q1, Q2 = Z1 @ R[0], Z2 @ R[1]
            Q = np.hstack([Q1, Q2])
            row["z1"] = gaussian(Syy, ld, Q1 @ Q1.T)
            row["z2"] = gaussian(Syy, ld, Q2 @ Q2.T)
            row["z12"] = gaussian(Syy, ld, Q @ cho_solve(joint, Q.T, check_finite=False))
            var = np.trace(Syy)
            mi = {k: v[0] for k, v in row.items()}
            mmse = {k: v[1] for k, v in row.items()}
            pid = None
            if Syy.shape[0] == 1:
                red = min(mi["x1"], mi["x2"])
                u1, u2 = mi["x1"] - red, mi["x2"] - red
                pid = {"redundancy": red, "unique1": u1, "unique2": u2, "synergy": mi["x12"] - u1 - u2 - red}
            out["targets"].append(
                {
                    "name": name,
                    "dimension": Syy.shape[0],
                    "mi": mi,
                    "mmse": mmse,
                    "r2": {k: 1.0 - v / var for k, v in mmse.items()},
                    "sigma": {k: np.sqrt(max(v, 0.0)) for k, v in mmse.items()},
                    "information_loss": {f"z{i}": mi[f"x{i}"] - mi[f"z{i}"] for i in ("1", "2", "12")},
                    "pid": pid,
                }
            )
            for m, (W, Z, Sx, Lo) in enumerate(((W1, Z1, self.S12, self.L2), (W2, Z2, self.S12.T, self.L1))):
                if self.private[m][t]:
                    G = solve_triangular(Lo, (H[m] @ W @ Sx).T, lower=True, check_finite=False)
                    K = G.T @ G
                    ZH = Z @ H[m]
                    P = ZH.T @ np.linalg.solve(Syy, ZH)
                    out["capacity"].append(
                        {
                            "target": name,
                            "encoder": m + 1,
                            "aligned": np.trace(K),
                            "private": np.trace(P),
                            "dim": d,
                            "max_eigenvalue": eigvalsh(K + P, check_finite=False)[-1],
                        }
                    )
        return out


def cell(model_covs, objective, d, targets):
    """One cell from scratch: model_covs = (S11, S12, S22), targets = [(name, Syy, Sy1, Sy2)]."""
    return Model(model_covs, targets).cell(objective, d)


def random_model(n, k, p, private_std=1.0, noise=0.1, seed=0):
    """Gaussian loadings; targets s and u_1."""
    rng = np.random.default_rng(seed)
    A = [rng.standard_normal((n, k)) for _ in range(2)]
    B = [private_std * rng.standard_normal((n, p)) for _ in range(2)]
    S11, S22 = (A[m] @ A[m].T + B[m] @ B[m].T + noise * np.eye(n) for m in (0, 1))
    targets = [
        ("s", np.eye(k), A[0].T, A[1].T),
        ("u_1", np.eye(p), B[0].T, np.zeros((p, n))),
    ]
    return (S11, A[0] @ A[1].T, S22), targets


def grid_model(std):
    """All 60 cells of one model of the grid; returns the tidy rows a sweep would keep."""
    covs, targets = random_model(16, 6, 6, private_std=std)
    model = Model(covs, targets)
    rows = []
    for objective in OBJECTIVES:
        for d in range(1, 13):
            c = model.cell(objective, d)
            head = [std, objective, d, c["objective_value"], *c["alignment"].values()]
            caps = {(x["target"], x["encoder"]): x for x in c["capacity"]}
            for t in c["targets"]:
                cap = caps.get((t["name"], 1), {})
                rows.append(
                    head
                    + [t["name"]]
                    + [v for q in ("mi", "mmse", "r2", "sigma", "information_loss") for v in t[q].values()]
                    + [cap.get("aligned"), cap.get("private"), cap.get("max_eigenvalue")]
                )
    return rows


def _warm(_):
    grid_model(1.0)
    time.sleep(0.2)  # so that every process of the pool takes one


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--n", type=int, default=16)
    a.add_argument("--k", type=int, default=4)
    a.add_argument("--p", type=int, default=4)
    a.add_argument("--dim", type=int, help="default k")
    a.add_argument("--objective", default="cca", choices=OBJECTIVES + ["infonce"])
    a.add_argument("--repeat", type=int, default=20)
    a.add_argument("--grid", action="store_true")
    a.add_argument("--processes", type=int, default=2)
    a.add_argument("--blas-threads", default="1")
    a = a.parse_args()
    info = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas_threads": int(a.blas_threads),
    }
    if a.grid:
        stds = np.geomspace(0.1, 3.0, 30).tolist()
        with multiprocessing.Pool(a.processes) as pool:
            pool.map(_warm, range(a.processes), chunksize=1)  # start-up and first-call costs are not counted
            start = time.perf_counter()
            rows = [r for part in pool.imap(grid_model, stds, chunksize=1) for r in part]
            seconds = time.perf_counter() - start
        cells = len(stds) * 12 * len(OBJECTIVES)
        assert len(rows) == 2 * cells
        print(json.dumps({"peer": "numpy", "bench": "grid", "cells": cells, "processes": a.processes,
                          "seconds": seconds, "seconds_per_cell": seconds / cells, **info}))
        return
    d = a.dim or a.k
    covs, targets = random_model(a.n, a.k, a.p)
    times = []
    for i in range(a.repeat + 1):  # the first is a warm-up
        start = time.perf_counter()
        cell(covs, a.objective, d, targets)
        times.append(time.perf_counter() - start)
    print(json.dumps({"peer": "numpy", "bench": "cell", "n": a.n, "k": a.k, "p": a.p, "objective": a.objective, "dim": d,
                      "repeat": a.repeat, "median_seconds": float(np.median(times[1:])), "min_seconds": min(times[1:]), **info}))


if __name__ == "__main__":
    main()
