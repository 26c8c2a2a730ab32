//! A new file in `migrations` is a reason to compile again.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
