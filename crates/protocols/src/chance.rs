//! Probabilities of protocols that draw lots.

use quorate_kernel::Value;

use crate::card::Tail;

/// `base` to the power of `exponent`.
pub(crate) fn power(base: f64, exponent: u32) -> f64 {
    let (mut result, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        square *= square;
        rest >>= 1;
    }
    result
}

/// What all processes propose, if every one proposes and all propose the same.
pub(crate) fn unanimous(inputs: &[Option<Value>]) -> Option<Value> {
    let first = inputs.first().copied().flatten()?;
    inputs.iter().all(|input| *input == Some(first)).then_some(first)
}

/// A probability that is known exactly.
pub(crate) fn exactly(probability: f64) -> Tail {
    Tail { probability, exact: true }
}

/// A probability that is known from above.
pub(crate) fn at_most(probability: f64) -> Tail {
    Tail { probability: probability.min(1.0), exact: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_products() {
        for exponent in 0..20 {
            let product: f64 = (0..exponent).map(|_| 0.75).product();
            assert!((power(0.75, exponent) - product).abs() < 1e-12, "0.75^{exponent}");
        }
        assert!(power(0.5, u32::MAX) < 1e-300);
    }
}
