"""What must hold of the Kullback-Leibler divergence, in every form in which it is offered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitproof.reference import function_named

from ..checking.balls import Balls, exact, exp, log, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Input, Relations, Statements, at_most, equal
from ..domains.inputs import like, log_probabilities, probabilities
from ..domains.label_inputs import beside, shares

stated = Statements()
"""In the order in which they are told: by form."""


@dataclass(frozen=True)
class _Numbers:
    """Numbers and their logarithms, whichever of the two is given exactly."""

    value: Balls
    log: Balls

    @staticmethod
    def of(array: np.ndarray, *, is_log: bool) -> _Numbers:
        """Take numbers, or logarithms, as they are; the logarithm of 0 is not asked for where it matters."""
        given = exact(array)
        if is_log:
            return _Numbers(exp(given), given)
        return _Numbers(given, log(np.where(array > 0, given, exact(1.0))))


@dataclass(frozen=True)
class _Form:
    """One function that gives the divergence: of what, and whether it sums over the classes."""

    function: str
    suffix: str
    words: str
    latex: str

    @property
    def is_log(self) -> tuple[bool, bool]:
        """Whether logarithms are given instead of labels, and of probabilities."""
        first, second = function_named(self.function).arguments
        return first.kind == "log_labels", second.kind == "log_probs"

    @property
    def sums(self) -> bool:
        """Whether the function sums over the classes."""
        return function_named(self.function).result == "row"

    @property
    def subject(self) -> str:
        """What the statements are about, as their first words."""
        return f"The divergence {self.words}" if self.sums else f"A term of the divergence {self.words}"

    @property
    def symbol(self) -> str:
        """What the formulas call it."""
        return "D" if self.sums else "D_i"

    def sides(self, y: Array, q: Array) -> tuple[_Numbers, _Numbers]:
        """Return the two distributions of some inputs."""
        labels, probs = self.is_log
        return _Numbers.of(y, is_log=labels), _Numbers.of(q, is_log=probs)

    def labels(self, *, positive: bool) -> Input:
        """The first argument's slot."""
        if self.is_log[0]:
            return log_probabilities("y")
        return probabilities("y") if positive else shares("y")

    def domain(self, *more: Input, positive: bool = False) -> Domain:
        """The domain of both arguments, labels positive or zeros among them, and of what else there is."""
        second = log_probabilities("q", like="y") if self.is_log[1] else beside("q", "y")
        return Domain((self.labels(positive=positive), second, *more))


_FORMS = (
    _Form("kl_divergence", "", "of two distributions", r"\sum_i p_i \log \frac{p_i}{q_i}"),
    _Form(
        "kl_divergence_from_log_probs",
        "-log-probs",
        "of a distribution from logarithms of another",
        r"\sum_i p_i (\log p_i - \ell_i),\quad q_i = e^{\ell_i}",
    ),
    _Form("kl_divergence_terms", "-terms", "of two distributions", r"p_i \log \frac{p_i}{q_i}"),
    _Form(
        "kl_divergence_terms_from_log_probs",
        "-terms-log-probs",
        "of a distribution from logarithms of another",
        r"p_i (\log p_i - \ell_i),\quad q_i = e^{\ell_i}",
    ),
    _Form(
        "kl_divergence_terms_from_logs",
        "-terms-logs",
        "of two distributions given by logarithms",
        r"e^{k_i} (k_i - \ell_i),\quad p_i = e^{k_i},\ q_i = e^{\ell_i}",
    ),
)


def _state_definition(form: _Form) -> None:
    @stated(
        f"kl-definition{form.suffix}",
        f"{form.subject} is p times the difference of the logarithms{', summed' * form.sums}; 0 where p is 0.",
        f"{form.symbol} = {form.latex}",
        source="S0, S2",
        functions=(form.function,),
        domain=form.domain(),
    )
    def claim(f: Functions, y: Array, q: Array) -> Relations:
        labels, probs = form.sides(y, q)
        terms = times(labels.value, labels.log - probs.log)
        yield equal(f(form.function, y, q), total(terms) if form.sums else terms)


def _state_nonnegative(form: _Form) -> None:
    least = (
        "not less, whatever cancels, than that of their sums: 0 where both sum to one"
        if form.sums
        else "not less than p - q: so the divergence is not negative"
    )
    itself = "." if form.is_log == (False, True) else "; it is 0 where p and q are the same."
    follows = "for any sums the log sum inequality (Cover and Thomas, theorem 2.7.1)"

    @stated(
        f"kl-nonnegative{form.suffix}",
        f"{form.subject} is {least}{itself}",
        r"D \ge \sum_i p_i \cdot \log \frac{\sum_i p_i}{\sum_i q_i}" if form.sums else r"D_i \ge p_i - q_i",
        source=f"S0, S2; {follows if form.sums else 'follows from log t ≥ 1 - 1/t'}",
        functions=(form.function,),
        domain=form.domain(),
    )
    def claim(f: Functions, y: Array, q: Array) -> Relations:
        labels, probs = form.sides(y, q)
        divergence = f(form.function, y, q)
        if form.sums:
            # log of a ball around 0 is undecided: then there is nothing to compare, and nothing to learn.
            whole, other = total(labels.value), total(probs.value)
            yield at_most(times(whole, log(whole / other)), divergence)
        else:
            yield at_most(labels.value - probs.value, divergence)
        if form.is_log[0] == form.is_log[1]:
            self_divergence = f(form.function, q, q)
            yield equal(
                self_divergence, exact(np.zeros(self_divergence.shape)), "a distribution does not diverge from itself"
            )


def _gradient_latex(form: _Form) -> str:
    by_labels, by_probs = form.is_log
    first = (
        r"\frac{\partial D}{\partial k_i} = p_i (\log p_i - \log q_i + 1)"
        if by_labels
        else r"\frac{\partial D}{\partial p_i} = \log p_i - \log q_i + 1"
    )
    second = (
        r"\frac{\partial D}{\partial \ell_i} = -p_i"
        if by_probs
        else r"\frac{\partial D}{\partial q_i} = -\frac{p_i}{q_i}"
    )
    return rf"{first},\quad {second}"


def _state_gradient(form: _Form) -> None:
    first, second = (argument.name for argument in function_named(form.function).arguments)

    @stated(
        f"kl-gradient{form.suffix}",
        f"The derivatives of {form.subject[0].lower()}{form.subject[1:]}, by both arguments.",
        _gradient_latex(form).replace("D}", form.symbol + "}"),
        source="follows from the definition of the divergence",
        functions=(form.function,),
        domain=form.domain(like("v", "y", per_row=form.sums), positive=True),
    )
    def claim(f: Functions, y: Array, q: Array, v: Array) -> Relations:
        labels, probs = form.sides(y, q)
        factor = per_row(exact(v)) if form.sums else exact(v)
        slopes = labels.log - probs.log + 1
        by_labels, by_probs = (
            f(form.function, y, q, quantity=f"gradient:{name}", cotangent=v) for name in (first, second)
        )
        yield equal(by_labels, factor * (slopes * labels.value if form.is_log[0] else slopes), f"by {first}")
        pulled = labels.value if form.is_log[1] else labels.value / probs.value
        yield equal(by_probs, -factor * pulled, f"by {second}")


for _form in _FORMS:
    _state_definition(_form)
    _state_nonnegative(_form)
    _state_gradient(_form)
