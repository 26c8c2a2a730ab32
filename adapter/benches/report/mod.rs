//! A Markdown table of figures on standard output, in the form of `docs/benchmarks.md`.

/// A Markdown table.
#[derive(Debug)]
pub(crate) struct Table {
    text: String,
}

impl Table {
    /// Creates a table with these columns; all but the first are aligned to the right.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let rule = "|---".to_owned() + &"|---:".repeat(columns.len().saturating_sub(1)) + "|\n";
        Self { text: format!("| {} |\n{rule}", columns.join(" | ")) }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[String]) {
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    /// Prints the table under a heading.
    #[expect(clippy::print_stdout, reason = "standard output is where a benchmark's figures go")]
    pub(crate) fn print(self, heading: &str) {
        println!("\n### {heading}\n\n{}", self.text);
    }
}
