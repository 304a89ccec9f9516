//! The numbers beside a chart, and where a value stands between them.

use bigdecimal::{BigDecimal, RoundingMode};
use nowpayments::Amount;

/// About so many lines the grid has above its ground.
const LINES: u8 = 4;

/// The values of the grid: from nothing to no less than the largest value.
pub(super) struct Axis {
    pub(super) ticks: Vec<Amount>,
    top: BigDecimal,
}

impl Axis {
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a Amount>, whole: bool) -> Self {
        let most = values.max().cloned().unwrap_or_default();
        let step = step(&most, whole);
        let mut ticks = vec![Amount::zero()];
        let mut top = Amount::zero();
        while top < most || ticks.len() < 2 {
            top += &step;
            ticks.push(top.clone());
        }
        let top = top.as_decimal().clone();
        Self { ticks, top }
    }

    /// How far up a value stands when the top is so high.
    pub(super) fn place(&self, value: &Amount, height: i32) -> i32 {
        let place = value.as_decimal() * BigDecimal::from(height) / &self.top;
        let whole = place.with_scale_round(0, RoundingMode::HalfEven);
        // No value stands above the top.
        whole.to_plain_string().parse().unwrap_or(height)
    }
}

/// A step of 1, 2 or 5 times a power of ten, of which a few reach the largest value.
fn step(most: &Amount, whole: bool) -> Amount {
    let powers = |decimals: u32| [1, 2, 5].map(|digit| Amount::of_units(digit, decimals));
    let tens = |power: u32| [1, 2, 5].map(|digit| Amount::of_units(digit * 10_i128.pow(power), 0));
    let small = (1..=if whole { 0 } else { Amount::MAX_DECIMALS }).rev().flat_map(powers);
    let large = (0..=Amount::MAX_WHOLE_DIGITS).flat_map(tens);
    let reaches = |step: &Amount| step.as_decimal() * BigDecimal::from(LINES) >= *most.as_decimal();
    match most.is_zero() {
        true => Amount::of_units(1, 0),
        false => small.chain(large).find(reaches).unwrap_or_else(|| most.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(most: &str, whole: bool) -> Vec<String> {
        Axis::of([most.parse().unwrap()].iter(), whole).ticks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_grid_has_round_numbers_up_to_the_largest_value() {
        assert_eq!(ticks("0", true), ["0", "1"]);
        assert_eq!(ticks("1", true), ["0", "1"]);
        assert_eq!(ticks("3", true), ["0", "1", "2", "3"]);
        assert_eq!(ticks("24.9", false), ["0", "10", "20", "30"]);
        assert_eq!(ticks("0.00000007", false), ["0", "0.00000002", "0.00000004", "0.00000006", "0.00000008"]);
        assert_eq!(ticks("1000000", false), ["0", "500000", "1000000"]);
    }

    #[test]
    fn a_value_stands_where_it_belongs() {
        let value = |text: &str| text.parse::<Amount>().unwrap();
        let axis = Axis::of([value("100")].iter(), false);
        let places = ["0", "25", "50", "100"].map(|text| axis.place(&value(text), 200));
        assert_eq!(places, [0, 50, 100, 200]);
    }
}
