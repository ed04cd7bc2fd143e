"""The formula language: one expression over declared names, with units, and no way to anything else.

Numbers: decimal, as 12, 0.5, 1e-3. Names: those declared, nothing more. Operators: + - * / // % **, unary + and -,
comparisons (also chained), and, or, not, `a if condition else b`; brackets. Functions: abs min max round sqrt exp log
log10 log1p floor ceil clip where, arguments by place. Metrics of a run: at_threshold(recall, 0.3), and
by_segment(recall, "hotel", "Resort"), the one place where a text stands; fraud.recall is the metric of the model fraud,
the one place of a dot. Line ends are spaces.

Differences from Python: every number is a 64-bit float; a comparison, `and`, `or` and `not` give 1 or 0 (never an
operand); halves are rounded to even as numpy does; `where` is as lazy as `if`; a written 0 goes with every unit.
"""

from metrics.core.formula.aspects import Aspect, Measured, aspect
from metrics.core.formula.errors import EvaluationError, FormulaError, LocatedError
from metrics.core.formula.estimation import Explanation, estimate, explain
from metrics.core.formula.functions import FUNCTIONS
from metrics.core.formula.parsing import Formula, parse
from metrics.core.formula.scanning import RESERVED, Token

__all__ = [
    "FUNCTIONS",
    "RESERVED",
    "Aspect",
    "EvaluationError",
    "Explanation",
    "Formula",
    "FormulaError",
    "LocatedError",
    "Measured",
    "Token",
    "aspect",
    "estimate",
    "explain",
    "parse",
]
