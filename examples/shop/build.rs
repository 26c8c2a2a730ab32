//! A new file in `migrations` is a reason to compile again.
#![expect(clippy::print_stdout, reason = "cargo reads it")]

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
