//! An amount of money: exact, never negative, at most as precise as it can be held.

use crate::{failure::Failure, rates::Currency};
use rust_decimal::{Decimal, RoundingStrategy};
use std::{fmt, str::FromStr};

/// Digits with at most one point in between: `12`, `12.30`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount(Decimal);

impl Amount {
    /// The same value in another currency, rounded once, to its smallest coin, half to even as banks do.
    pub(crate) fn convert(self, from: &Currency, to: &Currency) -> Result<Self, Failure> {
        self.0
            .checked_mul(to.per_euro)
            .and_then(|value| value.checked_div(from.per_euro))
            .map(|value| value.round_dp_with_strategy(to.digits, RoundingStrategy::MidpointNearestEven))
            .map(|mut value| {
                value.rescale(to.digits);
                Self(value)
            })
            .ok_or_else(|| Failure::bad_request(format!("`{self}` is too large to convert")))
    }
}

impl FromStr for Amount {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        // The parser also takes signs, underscores and a lone point; money on a wire has none of them.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let framed = !text.starts_with('.') && !text.ends_with('.');
        Decimal::from_str_exact(text)
            .ok()
            .filter(|_| plain && framed)
            .map(Self)
            .ok_or_else(|| Failure::bad_request(format!("`{text}` is not an amount such as 12.30")))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
