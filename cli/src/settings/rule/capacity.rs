//! Rules of provisioned concurrency.

use super::{
    super::{Provisioned, ProvisionedRange},
    Rules,
    schedule::is_zone,
};
use crate::schedule::Expression;

/// What target tracking takes of `LambdaProvisionedConcurrencyUtilization`.
/// <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>
const UTILIZATION: std::ops::RangeInclusive<f64> = 0.1..=0.9;

impl Rules<'_> {
    pub(super) fn capacity(&mut self) {
        let stage = self.stage;
        let main = (Vec::new(), &stage.provisioned_concurrency, stage.reserved_concurrency);
        let further = stage.functions.iter().enumerate().map(|(index, function)| {
            let place = vec!["functions".to_owned(), index.to_string()];
            (place, &function.provisioned_concurrency, function.reserved_concurrency)
        });
        let all: Vec<_> = [main].into_iter().chain(further).collect();
        for (mut place, provisioned, reserved) in all {
            let Some(provisioned) = provisioned else { continue };
            place.push("provisioned_concurrency".to_owned());
            let faults = provisioned.range().map(range_faults).unwrap_or_default();
            for sentence in faults.into_iter().chain(reservation_fault(provisioned, reserved)) {
                let place: Vec<&str> = place.iter().map(String::as_str).collect();
                self.fault_at(&place, sentence);
            }
        }
    }
}

fn reservation_fault(provisioned: &Provisioned, reserved: Option<u32>) -> Option<String> {
    let (most, reserved) = (provisioned.max(), reserved?);
    (most >= reserved).then(|| {
        format!(
            "`reserved_concurrency` is {reserved} and must be more than `provisioned_concurrency`, {most}: a candidate is \
             invoked beside the version that serves"
        )
    })
}

fn range_faults(range: &ProvisionedRange) -> Vec<String> {
    let mut faults = Vec::new();
    if range.min > range.max {
        faults.push(format!("`min` is {} and `max` {}: the least is not above the most", range.min, range.max));
    }
    if range.utilization.is_some_and(|share| !UTILIZATION.contains(&share)) {
        faults.push(format!("`utilization` is a share from {} to {}", UTILIZATION.start(), UTILIZATION.end()));
    }
    if range.utilization.is_none() && range.schedules.is_empty() {
        let sentence = "nothing moves between `min` and `max`: set `utilization` or `schedules`, or write one number";
        faults.push(sentence.to_owned());
    }
    for schedule in &range.schedules {
        let expression = &schedule.expression;
        if let Err(error) = expression.parse::<Expression>() {
            faults.push(error.to_string());
        }
        if let Some(zone) = schedule.timezone.as_ref().filter(|zone| !is_zone(zone)) {
            faults.push(format!("`{zone}` is not a time zone, such as `Europe/Berlin`"));
        }
        match (schedule.min, schedule.max) {
            (None, None) => faults.push(format!("`{expression}` changes nothing: it needs `min` or `max`")),
            (Some(min), max) if min > max.unwrap_or(u32::MAX) => {
                faults.push(format!("`min` of `{expression}` is above its `max`"));
            }
            _ => {}
        }
    }
    faults
}
