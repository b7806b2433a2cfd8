"""What must hold of the Kullback-Leibler divergence, in every form in which it is offered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from logitproof.reference import function_named

from ..checking.balls import Balls, exact, exp, log, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Claim, Domain, Input, Property, PropertyInputs, Relation, at_most, equal
from ..domains.inputs import like, log_probabilities, probabilities
from ..domains.label_inputs import beside, shares


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

    def sides(self, given: PropertyInputs) -> tuple[_Numbers, _Numbers]:
        """Return the two distributions of some inputs."""
        labels, probs = self.is_log
        return _Numbers.of(given["y"], is_log=labels), _Numbers.of(given["q"], is_log=probs)

    def labels(self, *, positive: bool) -> Input:
        """The first argument's slot."""
        if self.is_log[0]:
            return log_probabilities("y")
        return probabilities("y") if positive else shares("y")

    def domain(self, *more: Input, positive: bool = False) -> Domain:
        """The domain of both arguments, labels positive or zeros among them, and of what else there is."""
        second = log_probabilities("q", like="y") if self.is_log[1] else beside("q", "y")
        return Domain((self.labels(positive=positive), second, *more))


def _definition(form: _Form) -> Claim:
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        labels, probs = form.sides(given)
        terms = times(labels.value, labels.log - probs.log)
        yield equal(f(form.function, given["y"], given["q"]), total(terms) if form.sums else terms)

    return claim


def _nonnegative(form: _Form) -> Claim:
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        labels, probs = form.sides(given)
        divergence = f(form.function, given["y"], given["q"])
        if form.sums:
            # log of a ball around 0 is undecided: then there is nothing to compare, and nothing to learn.
            whole, other = total(labels.value), total(probs.value)
            yield at_most(times(whole, log(whole / other)), divergence)
        else:
            yield at_most(labels.value - probs.value, divergence)
        if form.is_log[0] == form.is_log[1]:
            self_divergence = f(form.function, given["q"], given["q"])
            yield equal(
                self_divergence, exact(np.zeros(self_divergence.shape)), "a distribution does not diverge from itself"
            )

    return claim


def _gradient(form: _Form) -> Claim:
    first, second = (argument.name for argument in function_named(form.function).arguments)

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        labels, probs = form.sides(given)
        factor = per_row(exact(given["v"])) if form.sums else exact(given["v"])
        slopes = labels.log - probs.log + 1
        by_labels, by_probs = (
            f(form.function, given["y"], given["q"], quantity=f"gradient:{name}", cotangent=given["v"])
            for name in (first, second)
        )
        yield equal(by_labels, factor * (slopes * labels.value if form.is_log[0] else slopes), f"by {first}")
        pulled = labels.value if form.is_log[1] else labels.value / probs.value
        yield equal(by_probs, -factor * pulled, f"by {second}")

    return claim


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


def _properties_of(form: _Form) -> tuple[Property, ...]:
    subject = f"The divergence {form.words}" if form.sums else f"A term of the divergence {form.words}"
    symbol = "D" if form.sums else "D_i"
    return (
        Property(
            id=f"kl-definition{form.suffix}",
            statement=f"{subject} is p times the difference of the logarithms{', summed' * form.sums}; 0 where p is 0.",
            latex=f"{symbol} = {form.latex}",
            source="S0, S2",
            functions=(form.function,),
            domain=form.domain(),
            claim=_definition(form),
        ),
        Property(
            id=f"kl-nonnegative{form.suffix}",
            statement=subject
            + (
                " is not less, whatever cancels, than that of their sums: 0 where both sum to one"
                if form.sums
                else " is not less than p - q: so the divergence is not negative"
            )
            + ("." if form.is_log == (False, True) else "; it is 0 where p and q are the same."),
            latex=r"D \ge \sum_i p_i \cdot \log \frac{\sum_i p_i}{\sum_i q_i}" if form.sums else r"D_i \ge p_i - q_i",
            source="S0, S2; for any sums the log sum inequality (Cover and Thomas, theorem 2.7.1)"
            if form.sums
            else "S0, S2; follows from log t ≥ 1 - 1/t",
            functions=(form.function,),
            domain=form.domain(),
            claim=_nonnegative(form),
        ),
        Property(
            id=f"kl-gradient{form.suffix}",
            statement=f"The derivatives of {subject[0].lower()}{subject[1:]}, by both arguments.",
            latex=_gradient_latex(form).replace("D}", symbol + "}"),
            source="follows from the definition of the divergence",
            functions=(form.function,),
            domain=form.domain(like("v", "y", per_row=form.sums), positive=True),
            claim=_gradient(form),
        ),
    )


DIVERGENCE_PROPERTIES = tuple(prop for form in _FORMS for prop in _properties_of(form))
"""In the order in which they are told: by form."""
