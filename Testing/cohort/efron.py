"""The Cox regression of one variable worked out anew: Efron's partial likelihood and Newton."""

from __future__ import annotations

import numpy as np


def efron_fit(months, events, x) -> tuple[float, float]:
    """Log hazard ratio for one unit of x, and its standard error (Efron 1977, JASA 72:557)."""
    months, events, x = np.asarray(months, float), np.asarray(events, bool), np.asarray(x, float)
    beta = 0.0
    for _ in range(100):
        score, information = _derivatives(months, events, x, beta)
        step = score / information
        beta += step
        if abs(step) < 1e-12:
            break
    else:
        raise AssertionError("Newton's method did not converge")
    return beta, 1 / np.sqrt(_derivatives(months, events, x, beta)[1])


def _derivatives(months, events, x, beta) -> tuple[float, float]:
    weight = np.exp(beta * x)
    score = information = 0.0
    for month in np.unique(months[events]):
        risk, died = months >= month, events & (months == month)
        count = int(died.sum())
        score += x[died].sum()
        for rank in range(count):
            share = risk.astype(float) - died * rank / count
            total = (share * weight).sum()
            mean = (share * weight * x).sum() / total
            score -= mean
            information += (share * weight * x**2).sum() / total - mean**2
    return score, information


def concordance(months, events, risk) -> float:
    """Harrell's index pair by pair: who has the event first should have the higher risk."""
    right = pairs = 0.0
    for i in range(len(months)):
        for j in range(len(months)):
            censored_then = months[i] == months[j] and not events[j]
            if i == j or not events[i] or not (months[i] < months[j] or censored_then):
                continue
            pairs += 1
            right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    return right / pairs
