"""The rules of the market in readable, slow, exact integers: what the solver and the contracts are measured against.

One function for each formula, each with its source. Nothing here is fast and nothing rounds unless the rule says so.

Sources: *BC-TMS* is "A Blockchain-based Trading Matching Scheme in Energy Internet" (Lu, Guan 2020). *Duality* is the
duality theorem of linear programming, applied to the assignment and the transportation problem, whose constraint
matrices are totally unimodular, so that integer optima and integer duals exist.
"""

from powerpact.mechanisms.satisfaction.spec.matching import dual_sum_ppm, match, uncovered_pairs
from powerpact.mechanisms.satisfaction.spec.satisfaction import (
    buyer_satisfaction_ppm,
    cost_satisfaction_ppm,
    different_persons,
    fills_both,
    income_satisfaction_ppm,
    is_eligible,
    meets_requirements,
    pair_score_ppm,
    score_ppm,
    seller_satisfaction_ppm,
)

__all__ = [
    "buyer_satisfaction_ppm",
    "cost_satisfaction_ppm",
    "different_persons",
    "dual_sum_ppm",
    "fills_both",
    "income_satisfaction_ppm",
    "is_eligible",
    "match",
    "meets_requirements",
    "pair_score_ppm",
    "score_ppm",
    "seller_satisfaction_ppm",
    "uncovered_pairs",
]
