//! The time as API Gateway writes it: `12/Mar/2020:19:03:58 +0000`.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes a time, given in milliseconds since 1970.
pub(super) fn format(epoch_millis: u64) -> String {
    let seconds = epoch_millis / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let name = MONTHS.get(month).unwrap_or(&"Dec");
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
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
