//! From an AWS gateway's event to an [`http::Request`], through your service, and back to the answer the gateway expects.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod contract;
