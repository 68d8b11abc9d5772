//! Figures that have to reach something of themselves, not against another way.

use std::path::Path;

use anyhow::{Result, ensure};
use comfy_table::{Table, presets};

use super::output;
use super::targets::Bound;

/// A figure and what it has to reach. Source of the bounds: SPECIFICATION.md.
pub(super) struct Figure {
    pub(super) what: String,
    pub(super) bound: Bound,
    pub(super) reached: f64,
}

impl Figure {
    fn is_reached(&self) -> bool {
        self.bound.holds(self.reached, 0.0)
    }
}

/// Prints a table with a verdict for each figure, and renews the section of a page.
///
/// # Errors
/// When the page cannot be written, or a figure is missed.
pub(super) fn report(figures: &[Figure], page: Option<&Path>, section: &str) -> Result<()> {
    println!("{}", table(figures));
    if let Some(file) = page {
        output::write_page(file, section, &[table(figures)])?;
    }
    let missed = figures.iter().filter(|figure| !figure.is_reached()).count();
    ensure!(missed == 0, "{missed} of the targets were missed");
    Ok(())
}

fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["figure", "bound", "reached", "verdict"]);
    for figure in figures {
        let verdict = if figure.is_reached() { "reached" } else { "missed" };
        table.add_row([
            figure.what.as_str(),
            &figure.bound.to_string(),
            &format!("{:.2}", figure.reached),
            verdict,
        ]);
    }
    table
}
