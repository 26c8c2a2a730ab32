//! Rules of Managed Instances and tenant isolation, and of what does not go together with them.

use super::{
    super::{Api, KeepWarm, LogFormat},
    Rules,
    arn::Arn,
};

/// The least memory on Managed Instances, in MB.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-capacityproviderconfig.html>
const MIN_MEMORY: u32 = 2048;

impl Rules<'_> {
    pub(super) fn managed_instances(&mut self) {
        let stage = self.stage;
        let Some(managed) = &stage.managed_instances else { return };
        if let Some(provider) = self.in_region(&["managed_instances", "capacity_provider"], &managed.capacity_provider)
            && let Some(sentence) = self.provider_fault(provider)
        {
            self.fault(["managed_instances", "capacity_provider"], sentence);
        }
        if stage.vpc.is_some() {
            self.fault(["vpc"], "`vpc` does not go with `managed_instances`: the capacity provider has the VPC");
        }
        let provisioned = stage.functions.iter().any(|function| function.provisioned_concurrency.is_some());
        if provisioned || stage.provisioned_concurrency.is_some() {
            let sentence =
                "`provisioned_concurrency` does not go with `managed_instances`, which are there before the requests";
            self.fault(["provisioned_concurrency"], sentence);
        }
        let further = stage.functions.iter().filter_map(|function| function.memory_size);
        let of_authorizers = stage.authorizers.values().filter_map(|authorizer| authorizer.memory_size);
        let memory = further.chain(of_authorizers).chain([stage.memory_size]).min();
        if let Some(memory) = memory.filter(|memory| *memory < MIN_MEMORY) {
            let sentence = format!("`memory_size` is {memory}, and Managed Instances take {MIN_MEMORY} at least");
            self.fault(["memory_size"], sentence);
        }
        if stage.log_format != LogFormat::Json {
            self.fault(["log_format"], "Managed Instances write logs as JSON: requests share a process");
        }
    }

    fn provider_fault(&self, provider: &str) -> Option<String> {
        const KIND: &str = "AWS::Lambda::CapacityProvider";
        if let Some(resource) = self.stage.resources.get(provider) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            return (found != KIND).then(|| format!("resource `{provider}` is `{found}`, not `{KIND}`"));
        }
        let arn = Arn::parse(provider).filter(|arn| {
            arn.service == "lambda"
                && arn.resource.strip_prefix("capacity-provider:").is_some_and(|name| !name.is_empty())
        });
        match arn {
            Some(arn) => arn.region_fault(provider, self.region),
            None => {
                Some(format!("`{provider}` is neither an `{KIND}` of `resources` nor the ARN of a capacity provider"))
            }
        }
    }

    /// <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html>
    pub(super) fn tenancy(&mut self) {
        let stage = self.stage;
        let Some(tenancy) = &stage.tenancy else { return };
        if tenancy.expression().is_none() {
            let sentence = format!(
                "`{}` is no place of a tenant: `header.x-tenant-id`, `query.tenant` or `context.authorizer.tenant`",
                tenancy.tenant
            );
            self.fault(["tenancy", "tenant"], sentence);
        }
        if stage.api != Api::Rest {
            let sentence = format!(
                "`tenancy` needs `api = \"rest\"`: `{}` cannot tell Lambda the tenant of a request",
                stage.api.word()
            );
            self.fault(["tenancy"], sentence);
        }
        let schedules = stage.schedules.iter().any(|schedule| schedule.further().is_none());
        let events = stage.events.iter().any(|source| source.further().is_none());
        for (setting, is_set) in [
            ("provisioned_concurrency", stage.provisioned_concurrency.is_some()),
            ("keep_warm", stage.keep_warm != KeepWarm::default()),
            ("websocket", stage.websocket.is_some()),
            ("schedules", schedules),
            ("events", events),
        ] {
            if is_set {
                let rest = match setting {
                    "schedules" | "events" => "; a further function, `function = \"NAME\"`, takes them",
                    _ => "",
                };
                self.fault([setting], format!("`{setting}` does not go with `tenancy`: it has no tenant{rest}"));
            }
        }
    }
}
