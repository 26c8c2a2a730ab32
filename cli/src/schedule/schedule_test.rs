use super::*;

fn table(expression: &str, zone: &str) -> Timetable {
    let zone = TimeZone::get(zone).unwrap_or_else(|error| panic!("{zone}: {error}"));
    let expression = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
    Timetable { expression, zone, start: None, end: None }
}

/// The next times after a time, which is also when the schedule was created.
fn next(table: &Timetable, after: &str, count: usize) -> Vec<String> {
    let created: Timestamp = after.parse().unwrap();
    let mut times = Vec::new();
    let mut after = created;
    while times.len() < count {
        let Some(time) = table.next(created, after) else { break };
        assert!(time > after, "{time} is not after {after}");
        times.push(time.to_string());
        after = time;
    }
    times
}

#[test]
fn cron_expressions_fire_by_awss_grammar() {
    for (cron, after, expected) in [
        ("0/15 * * * ? *", "2027-01-01T00:14:59Z", &["2027-01-01T00:15:00Z", "2027-01-01T00:30:00Z"][..]),
        ("5-7 3,9 * * ? *", "2027-01-01T03:06:00Z", &["2027-01-01T03:07:00Z", "2027-01-01T09:05:00Z"]),
        ("0 18 ? * MON-FRI *", "2027-01-01T18:00:00Z", &["2027-01-04T18:00:00Z", "2027-01-05T18:00:00Z"]),
        // Over the end of the week: Friday, Saturday, Sunday.
        (
            "0 0 ? * FRI-SUN *",
            "2027-01-01T00:00:00Z",
            &["2027-01-02T00:00:00Z", "2027-01-03T00:00:00Z", "2027-01-08T00:00:00Z"],
        ),
        ("0 0 1 JAN,JUL ? *", "2027-01-01T00:00:00Z", &["2027-07-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
        ("0 0 L * ? *", "2028-01-31T00:00:00Z", &["2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"]),
        ("0 0 29 2 ? *", "2028-02-29T00:00:00Z", &["2032-02-29T00:00:00Z"]),
        // The 15th of May 2027 is a Saturday, that of August a Sunday.
        ("0 0 15W 5,8 ? 2027", "2027-01-01T00:00:00Z", &["2027-05-14T00:00:00Z", "2027-08-16T00:00:00Z"]),
        // Not in another month: the 1st of May 2027 is a Saturday, the 31st of January a Sunday.
        ("0 0 1W 5 ? 2027", "2027-01-01T00:00:00Z", &["2027-05-03T00:00:00Z"]),
        ("0 0 31W * ? 2027", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z", "2027-03-31T00:00:00Z"]),
        ("0 0 LW 1 ? 2027", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z"]),
        ("0 0 ? * 6L *", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"]),
        ("0 0 ? * L *", "2027-01-01T00:00:00Z", &["2027-01-02T00:00:00Z", "2027-01-09T00:00:00Z"]),
        ("0 0 ? * TUE#2 *", "2027-01-01T00:00:00Z", &["2027-01-12T00:00:00Z", "2027-02-09T00:00:00Z"]),
        // A fifth Friday: January, then April.
        ("0 0 ? * 6#5 2027", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z", "2027-04-30T00:00:00Z"]),
        ("0 0 1 1 ? 2027-2029/2", "2027-01-01T00:00:00Z", &["2029-01-01T00:00:00Z"]),
        ("0 0 30 2 ? *", "2027-01-01T00:00:00Z", &[]),
        ("0 0 1 1 ? 2026", "2027-01-01T00:00:00Z", &[]),
    ] {
        let times = next(&table(&format!("cron({cron})"), "UTC"), after, expected.len().max(1));
        assert_eq!(times, expected, "{cron}");
    }
}

#[test]
fn a_time_that_the_spring_leaves_out_is_skipped() {
    // 28 March 2027: 02:00 becomes 03:00.
    let times = next(&table("cron(30 2 * * ? *)", "Europe/Berlin"), "2027-03-27T00:00:00Z", 3);
    assert_eq!(times, ["2027-03-27T01:30:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]);
    // 14 March 2027, likewise.
    let times = next(&table("cron(30 2 * * ? *)", "America/New_York"), "2027-03-13T00:00:00Z", 2);
    assert_eq!(times, ["2027-03-13T07:30:00Z", "2027-03-15T06:30:00Z"]);
    assert!(next(&table("at(2027-03-28T02:30:00)", "Europe/Berlin"), "2027-01-01T00:00:00Z", 1).is_empty());
}

#[test]
fn a_time_that_the_autumn_repeats_fires_once() {
    // 31 October 2027: 03:00 becomes 02:00.
    let times = next(&table("cron(30 2 * * ? *)", "Europe/Berlin"), "2027-10-30T00:31:00Z", 2);
    assert_eq!(times, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
    // From within the second pass.
    let times = next(&table("cron(45 2 * * ? *)", "Europe/Berlin"), "2027-10-31T01:40:00Z", 1);
    assert_eq!(times, ["2027-11-01T01:45:00Z"]);
    // 7 November 2027: 02:00 becomes 01:00. Every half hour, not at the second 01:00 and 01:30.
    let times = next(&table("cron(0/30 * * * ? *)", "America/New_York"), "2027-11-07T05:00:00Z", 3);
    assert_eq!(times, ["2027-11-07T05:30:00Z", "2027-11-07T07:00:00Z", "2027-11-07T07:30:00Z"]);
    let times = next(&table("at(2027-10-31T02:30:00)", "Europe/Berlin"), "2027-01-01T00:00:00Z", 2);
    assert_eq!(times, ["2027-10-31T00:30:00Z"]);
}

#[test]
fn a_rate_counts_whole_days_of_24_hours_from_its_start() {
    let mut daily = table("rate(1 day)", "Europe/Berlin");
    daily.start = Some("2027-03-26T22:30:00Z".parse().unwrap());
    let times = next(&daily, "2027-03-27T22:30:00Z", 2);
    assert_eq!(times, ["2027-03-28T22:30:00Z", "2027-03-29T22:30:00Z"]);
    assert_eq!(next(&daily, "2020-01-01T00:00:00Z", 1), ["2027-03-26T22:30:00Z"]);

    // Without a start it fires when it is created.
    let created: Timestamp = "2027-01-01T00:00:07Z".parse().unwrap();
    let rate = table("rate(5 minutes)", "UTC");
    assert_eq!(rate.next(created, created - SignedDuration::from_nanos(1)), Some(created));
    assert_eq!(rate.next(created, created).unwrap().to_string(), "2027-01-01T00:05:07Z");
}

#[test]
fn nothing_fires_before_the_start_or_after_the_end() {
    let mut hourly = table("cron(0 * * * ? *)", "UTC");
    hourly.start = Some("2027-01-01T05:00:00Z".parse().unwrap());
    hourly.end = Some("2027-01-01T06:00:00Z".parse().unwrap());
    assert_eq!(next(&hourly, "2027-01-01T00:30:00Z", 9), ["2027-01-01T05:00:00Z", "2027-01-01T06:00:00Z"]);
    let mut once = table("at(2027-01-01T04:00:00)", "UTC");
    once.start.clone_from(&hourly.start);
    assert!(next(&once, "2027-01-01T00:00:00Z", 1).is_empty());
}

#[test]
fn what_scheduler_does_not_take_is_named() {
    for (text, expected) in [
        ("rate(1 minutes)", "`rate(1 minutes)` is not a rate"),
        ("rate(+5 minutes)", "is not a rate"),
        ("rate(0 minutes)", "is not a rate"),
        ("rate(5 minute)", "is not a rate"),
        ("every day", "is not a schedule"),
        ("at(2027-02-30T03:00:00)", "is not a one-time schedule"),
        ("at(2027-01-31T03:00:00Z)", "a local time without a zone"),
        ("cron(* * * * *)", "six fields (minute, hour, day of the month, month, day of the week, year), not 5"),
        ("cron(0 0 * * * *)", "one of the day of the month and the day of the week is `?`"),
        ("cron(0 0 ? * ? *)", "one of the day of the month and the day of the week is `?`"),
        ("cron(60 0 * * ? *)", "`60` is not a minute"),
        ("cron(0 24 * * ? *)", "`24` is not an hour"),
        ("cron(0 0 32 * ? *)", "`32` is not a day of the month"),
        ("cron(0 0 * 13 ? *)", "`13` is not a month"),
        ("cron(0 0 ? * 8 *)", "`8` is not a day of the week of a cron expression: 1 (Sunday) to 7"),
        ("cron(0 0 ? * mon *)", "`mon` is not a day of the week"),
        ("cron(0 0 ? * MON#6 *)", "`MON#6` is not a day of the week"),
        ("cron(0/0 0 * * ? *)", "`0/0` is not a minute"),
        ("cron(0 0 * * ? 1969)", "`1969` is not a year"),
        ("cron(0 0 * * ? 2200)", "`2200` is not a year"),
    ] {
        let error = text.parse::<Expression>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
