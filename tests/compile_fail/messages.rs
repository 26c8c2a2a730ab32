//! What the compiler says to a program that cannot be served: one message with the way out.
//!
//! `TRYBUILD=overwrite cargo test -p zappa-rs-compile-fail` regenerates the messages.

#[test]
fn what_cannot_be_served_is_named_with_the_way_out() {
    trybuild::TestCases::new().compile_fail("programs/*.rs");
}
