//! `zappa-rs list`: what is deployed in the account, region by region.

mod row;

use std::{sync::Arc, time::SystemTime};

use self::row::Row;
use super::{
    Context, access,
    answer::{Answer, Unavailable},
    failure,
    fleet::for_each_region,
    scope::Scope,
};
use crate::{
    args::{ListArgs, SharedArgs},
    report::{Failure, Report},
    rollout::{self, Error},
};

/// Runs `zappa-rs list`: the stacks of the project, or of every project, in all regions at once.
pub(crate) async fn run(
    args: &ListArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (is_of_all, args) = (args.is_of_all_projects(), args.stage_args());
    let scope = Scope::find(is_of_all, &args, cx).await?;
    let aws = access::connect(&access::access(scope.profile.clone(), &args, cx, report), report).await?;
    let found = for_each_region(&scope.regions, None, async |region| {
        let region = aws.in_region(&region);
        let listed = rollout::listed(&region, scope.projects()).await?;
        Ok::<_, Error>(listed.into_iter().map(|listed| Row::new(listed, &region, &scope.named)).collect::<Vec<_>>())
    })
    .await;
    let mut rows: Vec<&Row> = found.iter().filter_map(|outcome| outcome.value()).flatten().collect();
    rows.sort_by_key(|row| row.order());
    let failed = found.iter().filter_map(Unavailable::new);
    let answers: Vec<Answer<&Row>> =
        rows.into_iter().map(Answer::Known).chain(failed.map(Answer::Unavailable)).collect();
    if shared.json {
        report.document(&answers);
    } else if answers.is_empty() {
        report.answer_line(&format!("nothing is deployed in {}", scope.regions.join(", ")));
    } else {
        let now = SystemTime::now();
        let lines: Vec<_> = answers.iter().map(|answer| row::line(answer, is_of_all, now)).collect();
        report.table(&row::header(is_of_all), &lines);
    }
    failure::of_reading(&found)
}
