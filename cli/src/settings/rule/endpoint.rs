//! Rules of the API's own endpoint.

use super::{super::Api, Rules};

impl Rules<'_> {
    /// Refuses to close an endpoint beside which there is no other.
    pub(super) fn default_endpoint(&mut self) {
        if self.stage.default_endpoint != Some(false) {
            return;
        }
        if self.stage.api == Api::FunctionUrl {
            let sentence = "a Function URL cannot be closed; the URLs of `api = \"rest\"` and `api = \"http\"` can, behind a `domain`";
            self.fault(["default_endpoint"], sentence);
        } else if self.stage.domain.is_none() && !self.is_faulty(&["domain"]) {
            let sentence =
                "`default_endpoint = false` closes the only URL of the stage; with `domain` there is another";
            self.fault(["default_endpoint"], sentence);
        }
    }
}
