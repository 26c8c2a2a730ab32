//! The rates, as data: how much of each currency one euro bought on [`DAY`].

use crate::failure::Failure;
use rust_decimal::Decimal;

/// The date of the rates. They are samples: a real service would fetch them.
pub(crate) const DAY: &str = "2026-01-02";

/// A currency, its rate and how many digits its smallest coin has.
#[derive(Debug)]
pub(crate) struct Currency {
    pub(crate) code: &'static str,
    pub(crate) per_euro: Decimal,
    pub(crate) digits: u32,
}

/// `rate(17562, 4)` is 1.7562.
const fn rate(units: u32, scale: u32) -> Decimal {
    Decimal::from_parts(units, 0, 0, false, scale)
}

static CURRENCIES: [Currency; 8] = [
    Currency { code: "AUD", per_euro: rate(17562, 4), digits: 2 },
    Currency { code: "CHF", per_euro: rate(9304, 4), digits: 2 },
    Currency { code: "EUR", per_euro: rate(1, 0), digits: 2 },
    Currency { code: "GBP", per_euro: rate(8715, 4), digits: 2 },
    Currency { code: "JPY", per_euro: rate(18395, 2), digits: 0 },
    Currency { code: "KWD", per_euro: rate(3608, 4), digits: 3 },
    Currency { code: "SEK", per_euro: rate(108245, 4), digits: 2 },
    Currency { code: "USD", per_euro: rate(11723, 4), digits: 2 },
];

impl Currency {
    /// Finds a currency by its ISO 4217 code, in capitals or not.
    pub(crate) fn find(code: &str) -> Result<&'static Self, Failure> {
        CURRENCIES
            .iter()
            .find(|currency| currency.code.eq_ignore_ascii_case(code))
            .ok_or_else(|| Failure::unknown_currency(code))
    }
}
