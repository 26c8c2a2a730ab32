//! Schedules of EventBridge Scheduler.

use aws_sdk_scheduler::{operation::get_schedule::GetScheduleOutput, types::ScheduleState};

use super::{Error, Region, schedule_field};
use crate::schedule::{ScheduleField, ScheduleFields};

/// A schedule of a group's listing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ListedSchedule {
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    /// The ARN of what it invokes.
    pub(crate) target: Option<String>,
}

/// A schedule with all of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Schedule(GetScheduleOutput);

/// What an update changes of a schedule; what is not named stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScheduleChange {
    pub(crate) is_enabled: Option<bool>,
    pub(crate) fields: ScheduleFields,
}

impl Schedule {
    pub(crate) fn is_enabled(&self) -> bool {
        is_enabled(self.0.state.as_ref())
    }

    /// All of its fields.
    pub(crate) fn fields(&self) -> ScheduleFields {
        ScheduleField::ALL.into_iter().map(|field| (field, schedule_field::get(&self.0, field))).collect()
    }
}

impl Region {
    /// The schedules of a group, a call for each hundred; of a group that does not exist, none.
    pub(crate) async fn list_schedules(&self, group: &str) -> Result<Vec<ListedSchedule>, Error> {
        let call = self.call("scheduler:ListSchedules", group);
        let (mut schedules, mut token) = (Vec::new(), None);
        loop {
            let list = self.scheduler().list_schedules().group_name(group).max_results(100).set_next_token(token);
            let page = match call.send(list.send()).await {
                Ok(page) => page,
                Err(error) if error.is_missing() => return Ok(schedules),
                Err(error) => return Err(error),
            };
            schedules.extend(page.schedules.into_iter().filter_map(|schedule| {
                Some(ListedSchedule {
                    name: schedule.name?,
                    is_enabled: is_enabled(schedule.state.as_ref()),
                    target: schedule.target.map(|target| target.arn),
                })
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(schedules);
            }
        }
    }

    /// A schedule of a group.
    pub(crate) async fn find_schedule(&self, group: &str, name: &str) -> Result<Option<Schedule>, Error> {
        let call = self.call("scheduler:GetSchedule", &format!("{group}/{name}"));
        match call.send(self.scheduler().get_schedule().group_name(group).name(name).send()).await {
            Ok(found) => Ok(Some(Schedule(found))),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes a schedule that was read. The call resets every field that it does not repeat, so it repeats them all.
    /// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>
    pub(crate) async fn update_schedule(&self, schedule: &Schedule, change: &ScheduleChange) -> Result<(), Error> {
        let GetScheduleOutput { group_name, name, .. } = &schedule.0;
        let subject = format!("{}/{}", group_name.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default());
        let call = self.call("scheduler:UpdateSchedule", &subject);
        match call.send(self.update_request(schedule, change).send()).await {
            // A start that has passed is refused, and no longer means anything where nothing is to run.
            Err(error) if error.is_past_start() && change.is_enabled == Some(false) => {
                call.send(self.update_request(schedule, change).set_start_date(None).send()).await?;
                Ok(())
            }
            sent => sent.map(|_| ()),
        }
    }

    /// The request of an update, with every field of the schedule.
    fn update_request(
        &self,
        Schedule(schedule): &Schedule,
        change: &ScheduleChange,
    ) -> aws_sdk_scheduler::operation::update_schedule::builders::UpdateScheduleFluentBuilder {
        let mut wanted = schedule.clone();
        for (field, value) in &change.fields {
            schedule_field::set(&mut wanted, *field, value.as_deref());
        }
        let state = change.is_enabled.map(|is_enabled| match is_enabled {
            true => ScheduleState::Enabled,
            false => ScheduleState::Disabled,
        });
        self.scheduler()
            .update_schedule()
            .set_name(wanted.name)
            .set_group_name(wanted.group_name)
            .set_schedule_expression(wanted.schedule_expression)
            .set_schedule_expression_timezone(wanted.schedule_expression_timezone)
            .set_start_date(wanted.start_date)
            .set_end_date(wanted.end_date)
            .set_description(wanted.description)
            .set_state(state.or(wanted.state))
            .set_kms_key_arn(wanted.kms_key_arn)
            .set_target(wanted.target)
            .set_flexible_time_window(wanted.flexible_time_window)
            .set_action_after_completion(wanted.action_after_completion)
    }
}

/// A schedule without a state is enabled, the default.
fn is_enabled(state: Option<&ScheduleState>) -> bool {
    state != Some(&ScheduleState::Disabled)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::canned::{Canned, region};

    fn answer(body: &Value) -> Canned {
        Canned::Answer { status: 200, headers: vec![("content-type", "application/json")], body: body.to_string() }
    }

    /// A schedule with every field that the crate's templates and a user may set.
    fn whole() -> Value {
        json!({
            "ActionAfterCompletion": "NONE",
            "Description": "by hand",
            "EndDate": 4_102_444_800_i64,
            "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5 },
            "GroupName": "shop-dev",
            "KmsKeyArn": "arn:aws:kms:eu-west-1:1:key/1",
            "Name": "nightly",
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "StartDate": 1_700_000_000_i64,
            "State": "ENABLED",
            "Target": {
                "Arn": "arn:aws:lambda:eu-west-1:1:function:shop-dev:live",
                "DeadLetterConfig": { "Arn": "arn:aws:sqs:eu-west-1:1:dead" },
                "Input": "{\"zappa_rs\":\"schedule\"}",
                "RetryPolicy": { "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 3 },
                "RoleArn": "arn:aws:iam::1:role/shop-dev",
            },
        })
    }

    /// The body of a request, but the token of the call.
    fn sent(request: &str) -> Value {
        let mut body: Value = serde_json::from_str(&request[request.find('{').unwrap()..]).unwrap();
        assert!(body.as_object_mut().unwrap().remove("ClientToken").is_some(), "{request}");
        // Numbers with or without a fraction.
        for date in ["StartDate", "EndDate"] {
            if let Some(seconds) = body[date].as_f64() {
                body[date] = json!(seconds as i64);
            }
        }
        body
    }

    /// The body that `update-schedule` has to send, with another state.
    fn with_state(state: &str) -> Value {
        let mut body = whole();
        body.as_object_mut().unwrap().remove("Name");
        body["State"] = json!(state);
        body
    }

    #[tokio::test]
    async fn an_update_repeats_every_field_that_it_does_not_change() {
        let (region, asked) =
            region("eu-west-1", vec![answer(&whole()), answer(&json!({ "ScheduleArn": "arn" }))]).await;
        let schedule = region.find_schedule("shop-dev", "nightly").await.unwrap().unwrap();
        assert!(schedule.is_enabled());
        let change = ScheduleChange { is_enabled: Some(false), ..ScheduleChange::default() };
        region.update_schedule(&schedule, &change).await.unwrap();
        let asked = asked.all();
        assert!(asked[0].starts_with("GET /schedules/nightly?groupName=shop-dev "), "{}", asked[0]);
        assert!(asked[1].starts_with("PUT /schedules/nightly "), "{}", asked[1]);
        assert_eq!(sent(&asked[1]), with_state("DISABLED"));
    }

    #[tokio::test]
    async fn an_update_sets_and_removes_the_fields_that_it_names() {
        let (region, asked) =
            region("eu-west-1", vec![answer(&whole()), answer(&json!({ "ScheduleArn": "arn" }))]).await;
        let schedule = region.find_schedule("shop-dev", "nightly").await.unwrap().unwrap();
        let found = schedule.fields();
        assert_eq!(found[&ScheduleField::Start].as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(found[&ScheduleField::FlexibleMinutes].as_deref(), Some("5"));
        let text = |text: &str| Some(text.to_owned());
        let fields = ScheduleFields::from([
            (ScheduleField::Target, text("arn:other")),
            (ScheduleField::Expression, text("rate(1 hour)")),
            (ScheduleField::Timezone, text("UTC")),
            (ScheduleField::Start, text("2024-01-01T01:00:00+01:00")),
            (ScheduleField::End, None),
            (ScheduleField::FlexibleMinutes, None),
            (ScheduleField::Input, text("{}")),
            (ScheduleField::Retries, text("7")),
            (ScheduleField::MaxAge, text("120")),
            (ScheduleField::DeadLetterQueue, None),
        ]);
        region.update_schedule(&schedule, &ScheduleChange { is_enabled: None, fields }).await.unwrap();
        let mut wanted = with_state("ENABLED");
        wanted["StartDate"] = json!(1_704_067_200_i64);
        wanted.as_object_mut().unwrap().remove("EndDate");
        wanted["FlexibleTimeWindow"] = json!({ "Mode": "OFF" });
        wanted["ScheduleExpression"] = json!("rate(1 hour)");
        wanted["ScheduleExpressionTimezone"] = json!("UTC");
        wanted["Target"] = json!({
            "Arn": "arn:other",
            "Input": "{}",
            "RetryPolicy": { "MaximumEventAgeInSeconds": 120, "MaximumRetryAttempts": 7 },
            "RoleArn": "arn:aws:iam::1:role/shop-dev",
        });
        let mut body = sent(&asked.all()[1]);
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        assert_eq!(body, wanted);
    }

    #[tokio::test]
    async fn a_start_that_has_passed_does_not_keep_a_schedule_enabled() {
        let refusal = Canned::Answer {
            status: 400,
            headers: vec![("content-type", "application/json"), ("x-amzn-errortype", "ValidationException")],
            body: json!({ "Message": "The StartDate you specify cannot be earlier than 5 minutes ago." }).to_string(),
        };
        for (is_enabled, expected) in [(false, 3), (true, 2)] {
            let answers = vec![answer(&whole()), refusal.clone(), answer(&json!({ "ScheduleArn": "arn" }))];
            let (region, asked) = region("eu-west-1", answers).await;
            let schedule = region.find_schedule("shop-dev", "nightly").await.unwrap().unwrap();
            let change = ScheduleChange { is_enabled: Some(is_enabled), ..ScheduleChange::default() };
            let updated = region.update_schedule(&schedule, &change).await;
            assert_eq!(updated.is_ok(), !is_enabled, "{updated:?}");
            assert_eq!(asked.all().len(), expected);
            if !is_enabled {
                let mut wanted = with_state("DISABLED");
                wanted.as_object_mut().unwrap().remove("StartDate");
                let mut body = sent(&asked.all()[2]);
                body.as_object_mut().unwrap().remove("StartDate").filter(|value| !value.is_null());
                assert_eq!(body, wanted);
            }
        }
    }

    #[tokio::test]
    async fn a_listing_is_read_to_its_end_and_an_absent_group_has_none() {
        let page = |name: &str, token: Option<&str>| {
            answer(&json!({
                "Schedules": [{ "Name": name, "State": "DISABLED", "Target": { "Arn": "arn:target" } }],
                "NextToken": token,
            }))
        };
        let (region_with_two, asked) = region("eu-west-1", vec![page("a", Some("next")), page("b", None)]).await;
        let listed = region_with_two.list_schedules("shop-dev").await.unwrap();
        let names: Vec<&str> = listed.iter().map(|schedule| schedule.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(!listed[0].is_enabled && listed[0].target.as_deref() == Some("arn:target"));
        assert!(asked.all()[1].contains("NextToken=next"), "{:?}", asked.all());

        let missing = Canned::Answer {
            status: 404,
            headers: vec![("content-type", "application/json"), ("x-amzn-errortype", "ResourceNotFoundException")],
            body: json!({ "Message": "Schedule group shop-dev does not exist." }).to_string(),
        };
        let (region_without, _) = region("eu-west-1", vec![missing]).await;
        assert_eq!(region_without.list_schedules("shop-dev").await.unwrap(), []);
    }
}
