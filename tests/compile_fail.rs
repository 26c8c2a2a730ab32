//! What the compiler says to a program that does not compile: one message with the way out.
//!
//! `TRYBUILD=overwrite cargo test --test compile_fail` writes the messages anew.

#[test]
fn what_cannot_be_served_is_told_with_the_way_out() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
