//! Events as AWS sends them, made from a request.
