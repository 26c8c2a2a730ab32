//! Rules of the gateway's access log.

use super::{
    super::{Api, Stage},
    Rules, context_variable,
};

impl Rules<'_> {
    pub(super) fn access_log(&mut self) {
        let Some(format) = self.stage.access_log_format() else { return };
        if self.stage.api == Api::FunctionUrl {
            let sentence = "a Function URL has no access log; `zappa-rs tail --http` shows its requests";
            self.fault(["access_log"], sentence);
        } else if !["$context.requestId", "$context.extendedRequestId"].iter().any(|id| format.contains(id)) {
            let sentence = "a line needs `$context.requestId` or `$context.extendedRequestId`";
            self.fault(["access_log", "format"], sentence);
        } else if format.contains('\n') {
            self.fault(["access_log", "format"], "each request is one line; take the line break out");
        }
    }
}

/// Warnings of variables that the API does not know.
pub(super) fn warnings(stage: &Stage, name: &str) -> Vec<String> {
    let format = stage.access_log_format().filter(|_| stage.api != Api::FunctionUrl).unwrap_or_default();
    let unknown = context_variable::unknown_in_log(stage.api, &format).into_iter();
    let sentence = |(variable, meant): (&str, Option<&str>)| {
        let end = meant.map_or_else(
            || ", and the log may have `-` in its place".to_owned(),
            |meant| format!("; did you mean `$context.{meant}`?"),
        );
        format!(
            "stage `{name}`: `$context.{variable}` of `access_log` is none of the variables that AWS lists for this API{end}"
        )
    };
    unknown.map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::super::warnings_of_lines;

    #[test]
    fn a_variable_that_is_none_is_a_warning() {
        for (stage, expected) in [
            ("access_log = true", None),
            ("api = \"http\"\naccess_log = true", None),
            (
                "access_log = { format = \"$context.requestId $context.identity.sourceIP\" }",
                Some("did you mean `$context.identity.sourceIp`?"),
            ),
            ("access_log = { format = \"$context.requestId $context.zzz\" }", Some("the log may have `-`")),
        ] {
            let found = warnings_of_lines(stage);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{stage}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{stage}: {found:?}");
        }
    }
}
