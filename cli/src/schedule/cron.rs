//! Cron expressions in AWS's grammar: six fields, with `L`, `W`, `#` and `?`.
//!
//! They match local times; `mod.rs` turns these into instants of a time zone.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based>

use std::{collections::BTreeSet, ops::RangeInclusive, str::FromStr};

use jiff::civil::{Date, DateTime};

use super::ExpressionError;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// From 1, as AWS counts them.
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const SATURDAY: i16 = 7;
const SUNDAY: i16 = 1;

/// A cron expression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Days,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// The days: one of the two fields is `?`.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Days {
    OfMonth(Vec<MonthDay>),
    OfWeek(Vec<Weekday>),
}

/// An item of the day of the month.
#[derive(Clone, Debug, Eq, PartialEq)]
enum MonthDay {
    Any(BTreeSet<i16>),
    /// `L`.
    Last,
    /// `15W`: the weekday nearest to it in the same month.
    NearestWeekday(i16),
    /// `LW`.
    LastWeekday,
}

/// An item of the day of the week.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Weekday {
    Any(BTreeSet<i16>),
    /// `6L`: the month's last one.
    Last(i16),
    /// `6#3`: the month's third one.
    Nth(i16, i16),
}

/// A field: its name with an article, its numbers and the names of these.
struct Field {
    name: &'static str,
    range: RangeInclusive<i16>,
    names: &'static [&'static str],
    expected: &'static str,
}

const MINUTE: Field = Field { name: "a minute", range: 0..=59, names: &[], expected: "0 to 59 and `, - * /`" };
const HOUR: Field = Field { name: "an hour", range: 0..=23, names: &[], expected: "0 to 23 and `, - * /`" };
const MONTH: Field =
    Field { name: "a month", range: 1..=12, names: &MONTHS, expected: "1 to 12 or JAN to DEC and `, - * /`" };
const YEAR: Field = Field { name: "a year", range: 1970..=2199, names: &[], expected: "1970 to 2199 and `, - * /`" };
const MONTH_DAY: Field =
    Field { name: "a day of the month", range: 1..=31, names: &[], expected: "1 to 31 and `, - * ? / L W`" };
const WEEKDAY: Field = Field {
    name: "a day of the week",
    range: 1..=7,
    names: &WEEKDAYS,
    expected: "1 (Sunday) to 7 or SUN to SAT and `, - * ? L #`",
};

impl Cron {
    /// The first local time after `after`, to the minute; `None` after the last year.
    pub(super) fn next(&self, after: DateTime) -> Option<DateTime> {
        let after_minute = i16::from(after.hour()) * 60 + i16::from(after.minute());
        let mut date = after.date();
        if let Some(time) = self.next_time(date, after_minute) {
            return Some(time);
        }
        loop {
            date = self.skip(date.tomorrow().ok()?)?;
            if let Some(time) = self.next_time(date, -1) {
                return Some(time);
            }
        }
    }

    /// The first date from `date` on whose year and month match.
    fn skip(&self, mut date: Date) -> Option<Date> {
        loop {
            if date.year() > *YEAR.range.end() {
                return None;
            }
            date = if !self.years.contains(&date.year()) {
                date.last_of_year().tomorrow().ok()?
            } else if !self.months.contains(&date.month().into()) {
                date.last_of_month().tomorrow().ok()?
            } else {
                return Some(date);
            };
        }
    }

    /// The first time of a day after a minute of it.
    fn next_time(&self, date: Date, after: i16) -> Option<DateTime> {
        let matches =
            self.years.contains(&date.year()) && self.months.contains(&date.month().into()) && self.days.contain(date);
        if !matches {
            return None;
        }
        let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        let (hour, minute) = times.into_iter().find(|(hour, minute)| hour * 60 + minute > after)?;
        Some(date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0))
    }
}

impl Days {
    fn contain(&self, date: Date) -> bool {
        let (day, last) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let weekday = weekday(date);
        match self {
            Self::OfMonth(items) => items.iter().any(|item| match item {
                MonthDay::Any(days) => days.contains(&day),
                MonthDay::Last => day == last,
                MonthDay::NearestWeekday(wanted) => *wanted <= last && day == nearest_weekday(date, *wanted, last),
                MonthDay::LastWeekday => day == nearest_weekday(date, last, last),
            }),
            Self::OfWeek(items) => items.iter().any(|item| match item {
                Weekday::Any(days) => days.contains(&weekday),
                Weekday::Last(wanted) => weekday == *wanted && day + 7 > last,
                Weekday::Nth(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
            }),
        }
    }
}

/// The day of the week as AWS counts: 1 is Sunday.
fn weekday(date: Date) -> i16 {
    date.weekday().to_sunday_one_offset().into()
}

/// The working day nearest to a day of the date's month, never in another month.
fn nearest_weekday(date: Date, wanted: i16, last: i16) -> i16 {
    let day_of_week = (weekday(date) - 1 + wanted - i16::from(date.day())).rem_euclid(7) + 1;
    match day_of_week {
        SATURDAY if wanted == 1 => 3,
        SATURDAY => wanted - 1,
        SUNDAY if wanted == last => wanted - 2,
        SUNDAY => wanted + 1,
        _ => wanted,
    }
}

impl FromStr for Cron {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, month_days, months, weekdays, years] = fields[..] else {
            return Err(ExpressionError::FieldCount(fields.len()));
        };
        let days = match (month_days, weekdays) {
            ("?", "?") => return Err(ExpressionError::Days),
            (_, "?") => Days::OfMonth(MONTH_DAY.items(month_days, month_day)?),
            ("?", _) => Days::OfWeek(WEEKDAY.items(weekdays, week_day)?),
            _ => return Err(ExpressionError::Days),
        };
        Ok(Self {
            minutes: MINUTE.set(minutes)?,
            hours: HOUR.set(hours)?,
            days,
            months: MONTH.set(months)?,
            years: YEAR.set(years)?,
        })
    }
}

fn month_day(text: &str) -> Option<MonthDay> {
    Some(match text {
        "L" => MonthDay::Last,
        "LW" => MonthDay::LastWeekday,
        _ => match text.strip_suffix('W') {
            Some(day) => MonthDay::NearestWeekday(MONTH_DAY.number(day)?),
            None => MonthDay::Any(MONTH_DAY.span(text)?),
        },
    })
}

fn week_day(text: &str) -> Option<Weekday> {
    if let Some((day, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
        return Some(Weekday::Nth(WEEKDAY.number(day)?, nth));
    }
    Some(match text.strip_suffix('L') {
        // The last day of the week.
        Some("") => Weekday::Any(BTreeSet::from([SATURDAY])),
        Some(day) => Weekday::Last(WEEKDAY.number(day)?),
        None => Weekday::Any(WEEKDAY.span(text)?),
    })
}

impl Field {
    /// Parses a list.
    fn items<T>(&self, text: &str, item: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ExpressionError> {
        let fault = || ExpressionError::Field { field: self.name, text: text.to_owned(), expected: self.expected };
        text.split(',').map(|part| item(part).ok_or_else(fault)).collect()
    }

    /// Parses a list of numbers and ranges.
    fn set(&self, text: &str) -> Result<BTreeSet<i16>, ExpressionError> {
        Ok(self.items(text, |part| self.span(part))?.into_iter().flatten().collect())
    }

    /// `5`, `5-10`, `*`, and these with a step: `5/15` runs from 5 to the end of the field.
    fn span(&self, text: &str) -> Option<BTreeSet<i16>> {
        let (span, step) = match text.split_once('/') {
            Some((span, step)) => (span, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (text, None),
        };
        let (first, last) = match span.split_once('-') {
            _ if span == "*" => (*self.range.start(), *self.range.end()),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            None if step.is_some() => (self.number(span)?, *self.range.end()),
            None => (self.number(span)?, self.number(span)?),
        };
        // `FRI-MON` goes over the end.
        let count = *self.range.end() - *self.range.start() + 1;
        let length = (last - first).rem_euclid(count);
        let numbers = (0..=length).step_by(step.unwrap_or(1));
        Some(
            numbers
                .map(|offset| (first - self.range.start() + offset).rem_euclid(count) + self.range.start())
                .collect(),
        )
    }

    fn number(&self, text: &str) -> Option<i16> {
        if let Some(index) = self.names.iter().position(|name| *name == text) {
            return i16::try_from(index).ok().map(|index| index + self.range.start());
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| is_number && self.range.contains(number))
    }
}
