"""The report of a recovery: what came back, from what, by whom, in which state, and what is missing. Pure.

It is made of what the plan says and what the run found, and of nothing else: a volume is told as mounted because its
step was verified on the host, at the time that stands beside it. `values` · `making` it · `words` that are derived.
"""

from recovery.report.making import make_report
from recovery.report.values import Act, Report, StepTold, Told, Volume

__all__ = ["Act", "Report", "StepTold", "Told", "Volume", "make_report"]
