//! Whether the printed policy allows all that a stage's commands do, and CloudFormation in their name.

use serde_json::{Value, json};

use crate::{
    account::{Account, eventually},
    app,
    stage::{Stage, TAG, fail},
};

/// The name of the role's one policy.
const POLICY: &str = "printed";

/// A role that may do what a policy allows and nothing else; it is deleted at the end.
#[derive(Debug)]
struct Role<'a> {
    account: &'a Account,
    name: String,
}

impl<'a> Role<'a> {
    fn new(account: &'a Account, name: String, policy: &str) -> Self {
        let caller = account.aws(&["sts", "get-caller-identity"]);
        let partition = caller["Arn"].as_str().unwrap().split(':').nth(1).unwrap();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{}:root", caller["Account"].as_str().unwrap()) },
            "Action": "sts:AssumeRole",
        }] });
        let tag = format!("Key={TAG},Value=policy");
        let create = ["iam", "create-role", "--role-name", &name, "--tags", &tag];
        account.aws(&[&create[..], &["--assume-role-policy-document", &trust.to_string()]].concat());
        let role = Self { account, name };
        let put = ["iam", "put-role-policy", "--role-name", &role.name, "--policy-name", POLICY];
        account.aws(&[&put[..], &["--policy-document", policy]].concat());
        role
    }

    /// Credentials of a session, as variables.
    fn credentials(&self) -> Vec<(&'static str, String)> {
        let arn = self.account.aws(&["iam", "get-role", "--role-name", &self.name])["Role"]["Arn"].clone();
        let assume = ["sts", "assume-role", "--role-arn", arn.as_str().unwrap(), "--role-session-name", "probe"];
        let answer: Value = eventually("the role can be assumed", || self.account.try_aws(&assume));
        let text = |key: &str| answer["Credentials"][key].as_str().unwrap().to_owned();
        vec![
            ("AWS_ACCESS_KEY_ID", text("AccessKeyId")),
            ("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")),
            ("AWS_SESSION_TOKEN", text("SessionToken")),
        ]
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let policy = ["iam", "delete-role-policy", "--role-name", &self.name, "--policy-name", POLICY];
        let role = ["iam", "delete-role", "--role-name", &self.name];
        // The role goes only without its policy, which may not have been put yet.
        let _ = self.account.try_aws(&policy);
        if let Err(error) = self.account.try_aws(&role) {
            fail(&format!("role `{}` may still exist, and costs nothing: {error}", self.name));
        }
    }
}

/// Costs less than a cent: a stack for ten minutes before each gateway, one after the other.
#[test]
#[ignore = "creates stacks and a role in a real account; see docs/with-an-account.md"]
fn printed_policy_alone_suffices() {
    let owner = Account::from_environment();
    for api in ["rest", "http", "function_url"] {
        let settings = format!("api = \"{api}\"\nhealth_check = \"/health\"\nkeep_warm = true\ntracing = \"active\"");
        let mut stage = Stage::of(owner.clone(), "policy", &settings);
        let role = Role::new(&owner, stage.project.clone(), &stage.ok(&["policy", "deploy"]));
        stage.account = owner.with_credentials(role.credentials());
        let stack = stage.stack();
        // The policy reaches the services one after the other.
        eventually("the policy is in force", || {
            match stage.account.try_aws(&["cloudformation", "describe-stacks", "--stack-name", &stack]) {
                Err(error) if error.contains("AccessDenied") => Err(error),
                _ => Ok(()),
            }
        });
        let url = stage.deploy("one");
        stage.expect(&url, "/", 200, "one ");
        stage.set(&settings.replace("true", "false"));
        assert_eq!(stage.deploy("two"), url);
        stage.expect(&url, "/", 200, "two ");
        let crash = app::zip("crash");
        let failed = stage.run(&["update", "--yes", "--zip", crash.to_str().unwrap()]);
        assert_eq!(failed.code, Some(1), "{}", failed.stderr);
        assert!(!failed.stderr.contains("not authorized"), "{}", failed.stderr);
        for command in [&["rollback", "--yes"][..], &["status"], &["releases"], &["url"]] {
            stage.ok(command);
        }
        stage.expect(&url, "/", 200, "one ");
        stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    }
}
