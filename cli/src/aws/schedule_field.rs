//! The fields of a schedule in the types of the SDK.
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html>

use aws_sdk_scheduler::{
    operation::get_schedule::GetScheduleOutput,
    types::{DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target},
};
use aws_smithy_types::{DateTime, date_time::Format};

use crate::schedule::ScheduleField;

/// A field as a text; `None` where the schedule does not have it.
pub(super) fn get(schedule: &GetScheduleOutput, field: ScheduleField) -> Option<String> {
    let date = |date: Option<&DateTime>| DateTime::from_secs(date?.secs()).fmt(Format::DateTime).ok();
    let target = schedule.target.as_ref();
    let retries = || target?.retry_policy.as_ref();
    match field {
        ScheduleField::Target => target.map(|target| target.arn.clone()),
        ScheduleField::Expression => schedule.schedule_expression.clone(),
        ScheduleField::Timezone => schedule.schedule_expression_timezone.clone(),
        ScheduleField::Start => date(schedule.start_date.as_ref()),
        ScheduleField::End => date(schedule.end_date.as_ref()),
        ScheduleField::FlexibleMinutes => {
            let window = schedule.flexible_time_window.as_ref()?;
            window.maximum_window_in_minutes.map(|minutes| minutes.to_string())
        }
        ScheduleField::Input => target?.input.clone(),
        ScheduleField::Retries => retries()?.maximum_retry_attempts.map(|count| count.to_string()),
        ScheduleField::MaxAge => retries()?.maximum_event_age_in_seconds.map(|seconds| seconds.to_string()),
        ScheduleField::DeadLetterQueue => target?.dead_letter_config.as_ref()?.arn.clone(),
    }
}

/// Sets a field, or removes it. A text that is no value of the field's type removes it.
pub(super) fn set(schedule: &mut GetScheduleOutput, field: ScheduleField, value: Option<&str>) {
    let text = value.map(str::to_owned);
    match field {
        ScheduleField::Expression => schedule.schedule_expression = text,
        ScheduleField::Timezone => schedule.schedule_expression_timezone = text,
        ScheduleField::Start => schedule.start_date = value.and_then(date),
        ScheduleField::End => schedule.end_date = value.and_then(date),
        ScheduleField::FlexibleMinutes => schedule.flexible_time_window = window(value.and_then(number)),
        _ => {
            if let Some(target) = &mut schedule.target {
                set_of_target(target, field, value);
            }
        }
    }
}

/// The same for a field of the target.
fn set_of_target(target: &mut Target, field: ScheduleField, value: Option<&str>) {
    let text = value.map(str::to_owned);
    let mut set_retries = |set: &dyn Fn(&mut RetryPolicy)| {
        set(target.retry_policy.get_or_insert_with(|| RetryPolicy::builder().build()));
    };
    match field {
        ScheduleField::Retries => set_retries(&|policy| policy.maximum_retry_attempts = value.and_then(number)),
        ScheduleField::MaxAge => set_retries(&|policy| policy.maximum_event_age_in_seconds = value.and_then(number)),
        ScheduleField::Target => target.arn = text.unwrap_or_default(),
        ScheduleField::Input => target.input = text,
        ScheduleField::DeadLetterQueue => {
            target.dead_letter_config = text.map(|arn| DeadLetterConfig::builder().arn(arn).build());
        }
        _ => {}
    }
}

fn window(minutes: Option<i32>) -> Option<FlexibleTimeWindow> {
    let mode = if minutes.is_some() { FlexibleTimeWindowMode::Flexible } else { FlexibleTimeWindowMode::Off };
    FlexibleTimeWindow::builder().mode(mode).set_maximum_window_in_minutes(minutes).build().ok()
}

fn date(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset).ok()
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}
