//! Tables: rows under a header, in columns as wide as their content.

use super::Report;
use crate::printable::printable;

impl Report {
    /// Writes a table to stdout; an empty header is left out.
    pub(crate) fn table(&self, header: &[&str], rows: &[Vec<String>]) {
        lines(header, rows).iter().for_each(|line| self.answer_line(line));
    }

    /// Writes a table to stderr, among the progress lines.
    pub(crate) fn summary(&self, header: &[&str], rows: &[Vec<String>]) {
        if self.volume >= super::Volume::Normal {
            let text: String = lines(header, rows).into_iter().map(|line| line + "\n").collect();
            self.bars.write(text.as_bytes());
        }
    }
}

/// The lines of a table, printable.
pub(super) fn lines(header: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell).into_owned()).collect()).collect();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let all: Vec<&Vec<String>> = (!header.is_empty()).then_some(&header).into_iter().chain(&rows).collect();
    let columns = all.iter().map(|row| row.len()).max().unwrap_or_default();
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &&Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let rows = [vec!["eu-west-1".to_owned(), "größe".to_owned(), "x".to_owned()], vec!["us".to_owned()]];
        assert_eq!(lines(&["region", "is", ""], &rows), ["region     is", "eu-west-1  größe  x", "us"]);
        assert_eq!(lines(&[], &rows[1..]), ["us"]);
    }
}
