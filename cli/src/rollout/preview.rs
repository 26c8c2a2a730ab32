//! The preview of a rollout: a change set that is created, read and deleted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Deployed, DomainRollout, Error, Marked, Mode, Phase, PhaseCell, RolloutRequest, Unseen, change::StackChange,
    endpoint_outlook, position, stack_state::StackState, wanted,
};
use crate::{
    aws::{self, Replacement, Stack},
    plan,
    progress::Progress,
    template::{DomainService, claimed_domain},
};

/// The changes that a deploy would make.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Preview {
    pub(crate) changes: Vec<Previewed>,
    #[serde(flatten)]
    pub(crate) unseen: Unseen,
    /// What it would do about domains, in words.
    pub(crate) domain: Vec<String>,
}

/// One resource.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Previewed {
    pub(crate) change: aws::Action,
    pub(crate) kind: String,
    pub(crate) logical_id: String,
    /// Whether the resource is replaced by a new one.
    pub(crate) replacement: Replacement,
    /// What of it changes.
    pub(crate) properties: Vec<String>,
}

/// Asks CloudFormation; nothing is uploaded and nothing stays. The other regions of the bucket's markers are returned too,
/// with those that a first deploy would mark.
///
/// # Errors
/// The same obstacles that a deploy would meet, and those that it would clear away.
pub(crate) async fn preview(
    region: &aws::Region,
    request: &RolloutRequest<'_>,
    progress: &dyn Progress,
) -> Result<(Preview, Marked), Error> {
    let deployed = Deployed::inspect(region, request.identity, request.stage).await?;
    let mut marked = deployed.marked();
    let is_first = request.is_first(&deployed);
    let search = async {
        Ok(if is_first {
            request.search.found(region, request.identity, request.regions).await
        } else {
            BTreeMap::new()
        })
    };
    let (preview, found) = tokio::try_join!(changes(region, request, deployed, progress), search)?;
    marked.regions.extend(found.into_keys());
    Ok((preview, marked))
}

/// The changes from the deployed state to the wanted one.
async fn changes(
    region: &aws::Region,
    request: &RolloutRequest<'_>,
    mut deployed: Deployed,
    progress: &dyn Progress,
) -> Result<Preview, Error> {
    let RolloutRequest { identity, stage, record, mode, .. } = request;
    let name = identity.stack();
    match &deployed.stack {
        Some(stack) if is_recreated(stack)? => {
            progress.warning(&format!("stack `{name}` is {}; a deploy deletes and recreates it", stack.status), None);
            return Ok(from_templates(None, &record.template));
        }
        None if *mode != Mode::Deploy => {
            return Err(Error::NotDeployed { stack: name, region: region.name().to_owned() });
        }
        _ => {}
    }
    deployed.read_live(region).await?;
    let mut wanted = record.clone();
    // Previewed as if the domain led to the stage already: by what is live in the end.
    wanted::resolve(region, identity, &deployed, *mode, true, &mut wanted).await?;
    deployed.read_keys(region, identity, stage, *mode, &wanted.template).await?;
    let (live, wanted) = (deployed.live.as_ref(), &wanted.template);
    position::check(live, wanted, stage)?;
    let unseen = Unseen::detect(region, identity, stage, &deployed, record).await?;
    let phase = PhaseCell::default();
    let service = DomainService::of(stage.api);
    let home = DomainRollout::home(region, service);
    let work = DomainRollout { region: home, service, identity, stage, progress, phase: &phase };
    let claimed = live.and_then(claimed_domain);
    let mut domain = match mode {
        Mode::Deploy | Mode::Update => work.outlook(stage.domain().as_ref(), claimed, deployed.stack.as_ref()).await?,
        Mode::CodeOnly | Mode::Rollback => Vec::new(),
    };
    domain.extend(endpoint_outlook(live, wanted).map(str::to_owned));
    if live == Some(wanted) {
        return Ok(Preview { unseen, domain, ..Preview::default() });
    }
    // Previewed as the last change of a deploy, which goes from what is live to what is wanted.
    let change = StackChange::new(identity, stage, live, wanted, Phase::Switching, &deployed.keys);
    if !change.is_inline() {
        progress.warning(
            "the template is too long to ask CloudFormation without uploading it; these are the differences between the templates",
            None,
        );
        return Ok(Preview { unseen, domain, ..from_templates(live, wanted) });
    }
    let set = region.create_change_set(&change.request(None)).await?;
    // Asking about a stack that does not exist makes an empty one, which goes with the change set.
    region.discard(&set, change.kind).await?;
    Ok(Preview { changes: set.changes.into_iter().map(Previewed::new).collect(), unseen, domain })
}

impl Previewed {
    fn new(change: aws::ResourceChange) -> Self {
        Self {
            change: change.action,
            kind: change.kind,
            logical_id: change.logical_id,
            replacement: change.replacement,
            properties: change.details.into_iter().map(|detail| detail.target).collect(),
        }
    }

    /// What a reader has to know beside the resource: whether it is replaced, else what of it changes.
    pub(crate) fn detail(&self) -> String {
        match self.replacement {
            Replacement::Always => "replaced".to_owned(),
            Replacement::Conditional => "perhaps replaced".to_owned(),
            Replacement::Never => self.properties.join(", "),
        }
    }
}

/// Whether a deploy deletes and recreates a stack in this state.
///
/// # Errors
/// A deploy would have to wait for the stack, or roll it back first.
fn is_recreated(stack: &Stack) -> Result<bool, Error> {
    let (name, status) = (stack.name.clone(), stack.status.0.clone());
    match StackState::of(stack.status.as_str()) {
        StackState::None => Ok(false),
        StackState::MustRecreate | StackState::Deleting | StackState::Deleted => Ok(true),
        StackState::RollbackFailed | StackState::UpdateFailed | StackState::Unknown => {
            Err(Error::Stuck { stack: name, status, cause: None })
        }
        StackState::Busy => Err(Error::Busy { stack: name, status, by: None, since: stack.last_updated }),
    }
}

/// The preview from the differences of the two templates alone.
fn from_templates(live: Option<&serde_json::Value>, wanted: &serde_json::Value) -> Preview {
    let found = plan::difference(live.unwrap_or(&serde_json::Value::Null), wanted);
    let changes = found.into_iter().map(|found| Previewed {
        change: match found.change {
            plan::Change::Add => aws::Action::Add,
            plan::Change::Modify => aws::Action::Modify,
            plan::Change::Remove => aws::Action::Remove,
        },
        kind: found.kind,
        logical_id: found.logical_id,
        replacement: Replacement::default(),
        properties: found.properties,
    });
    Preview { changes: changes.collect(), ..Preview::default() }
}
