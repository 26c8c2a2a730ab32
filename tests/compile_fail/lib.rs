//! A package needs a target that is not a test.
