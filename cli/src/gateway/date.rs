//! Times as API Gateway writes them: `12/Mar/2020:19:03:58 +0000`, and in claims and signatures.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes a time, given in milliseconds since 1970.
pub(super) fn format(epoch_millis: u64) -> String {
    let seconds = epoch_millis / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let name = MONTHS.get(month).unwrap_or(&"Dec");
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Writes a time, given in seconds since 1970, as Java prints a date: `Thu Mar 12 19:03:58 UTC 2020`.
pub(super) fn java(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let days = seconds / 86_400;
    let (year, month, day) = civil(days);
    let (name, of_week) = (MONTHS.get(month).unwrap_or(&"Dec"), DAYS[usize::try_from(days % 7).unwrap_or_default()]);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{of_week} {name} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year:04}")
}

/// Writes a time, given in seconds since 1970, as signatures have it: `20200312T190358Z`.
pub(super) fn basic(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", month + 1)
}

/// Reads a time as signatures have it, in seconds since 1970.
pub(super) fn parse_basic(text: &str) -> Option<u64> {
    let digits = |from: usize, to: usize| -> Option<u64> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let is_shaped = text.len() == 16 && text.get(8..9) == Some("T") && text.ends_with('Z');
    let (year, month, day) = (digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
    let (hour, minute, second) = (digits(9, 11)?, digits(11, 13)?, digits(13, 15)?);
    if !is_shaped || !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days(year, month, day)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The number of a day, counted from 1 January 1970; `None` for a date that no calendar has.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    // Years that begin in March, as below.
    let (of_year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (of_year / 400, of_year % 400);
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5 + day;
    let number = (era * 146_097 + day_of_era).checked_sub(719_469)?;
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    (civil(number) == (year, month, day)).then_some(number)
}

/// Year, month from zero and day from one, of a day counted from 1 January 1970.
fn civil(day: u64) -> (u64, usize, u64) {
    // Counted in years that begin in March, a leap day is the last of its year and disturbs no month.
    let day = day + 719_468;
    let (era, rest) = (day / 146_097, day % 146_097);
    let year = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365;
    let of_year = rest - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    (era * 400 + year + u64::from(month < 2), usize::try_from(month).unwrap_or_default(), of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_does() {
        // Epochs from `date -u -d ... +%s`.
        for (seconds, text) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_400, "29/Feb/2000:00:00:00 +0000"),
            (1_584_039_838, "12/Mar/2020:19:03:58 +0000"),
            (1_609_459_199, "31/Dec/2020:23:59:59 +0000"),
            (1_709_164_800, "29/Feb/2024:00:00:00 +0000"),
            (4_107_542_400, "01/Mar/2100:00:00:00 +0000"),
        ] {
            assert_eq!(format(seconds * 1000 + 390), text);
        }
    }

    #[test]
    fn times_of_claims_and_signatures_are_written_as_they_have_them() {
        for (seconds, java_text, basic_text) in [
            (0, "Thu Jan 01 00:00:00 UTC 1970", "19700101T000000Z"),
            (1_709_164_800, "Thu Feb 29 00:00:00 UTC 2024", "20240229T000000Z"),
            (1_759_117_400, "Mon Sep 29 03:43:20 UTC 2025", "20250929T034320Z"),
            (4_107_542_399, "Sun Feb 28 23:59:59 UTC 2100", "21000228T235959Z"),
            (253_402_300_799, "Fri Dec 31 23:59:59 UTC 9999", "99991231T235959Z"),
        ] {
            assert_eq!((java(seconds).as_str(), basic(seconds).as_str()), (java_text, basic_text));
            assert_eq!(parse_basic(basic_text), Some(seconds));
        }
        for text in [
            "",
            "20240230T000000Z",
            "20241301T000000Z",
            "20240101T240000Z",
            "2024-01-01T00:00:00Z",
            "20240101T000000",
            "20240001T000000Z",
            "+0240101T000000Z",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
    }

    #[test]
    fn days_follow_each_other() {
        let mut last = (1970, 0, 0);
        for day in 0..150_000 {
            let next = civil(day);
            let month = next.0 == last.0 && next.1 == last.1 && next.2 == last.2 + 1;
            let first = next.2 == 1 && (28..=31).contains(&last.2) && (next.0, next.1) > (last.0, last.1);
            assert!(month || first, "{last:?} {next:?}");
            last = next;
        }
    }

    #[test]
    fn a_time_beyond_every_calendar_is_no_panic() {
        assert!(format(u64::MAX).ends_with("+0000"));
    }
}
