//! Rows and records in the form that was asked for: aligned, tab-separated, JSON, CSV or names only.

use std::fmt::Write;

use comfy_table::{Attribute, Cell as Boxed, Color, ColumnConstraint, ContentArrangement, Row, Table, presets};
use serde::Serialize;

use super::failure::Failure;
use super::output::{Format, Output};
use super::safe;
use crate::base::csv;

/// How a cell looks; every tone has a word in the text beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Active,
    Faint,
}

impl Tone {
    const fn color(self) -> Option<Color> {
        match self {
            Self::Plain => None,
            Self::Good => Some(Color::DarkGreen),
            Self::Bad => Some(Color::DarkRed),
            Self::Active => Some(Color::DarkCyan),
            Self::Faint => Some(Color::DarkGrey),
        }
    }

    /// The start of the colour as a terminal understands it.
    #[must_use]
    pub const fn sequence(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[31m",
            Self::Active => "\x1b[36m",
            Self::Faint => "\x1b[90m",
        }
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

impl Cell {
    #[must_use]
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, tone: Tone::Plain }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), tone: Tone::Plain }
    }
}

/// One column of a list.
pub struct Column<T> {
    pub title: &'static str,
    pub cell: fn(&T, &Output) -> Cell,
    /// Shown only with `-o wide` and `-o csv`.
    pub wide: bool,
}

/// A column that is always shown.
pub const fn column<T>(title: &'static str, cell: fn(&T, &Output) -> Cell) -> Column<T> {
    Column { title, cell, wide: false }
}

/// A column for those who ask for more.
pub const fn wide<T>(title: &'static str, cell: fn(&T, &Output) -> Cell) -> Column<T> {
    Column { title, cell, wide: true }
}

impl Output {
    /// Writes rows. The first column names the row.
    pub fn rows<T: Serialize>(&self, rows: &[T], columns: &[Column<T>]) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(&rows),
            Format::Jsonl => rows.iter().try_for_each(|row| self.json(row)),
            Format::Name => {
                let Some(first) = columns.first() else { return Ok(()) };
                rows.iter().try_for_each(|row| self.line(&self.shown(&(first.cell)(row, self).text)))
            }
            Format::Csv => {
                let titles: Vec<String> = columns.iter().map(|column| column.title.to_ascii_lowercase().replace(' ', "_")).collect();
                self.line(&csv::record(&titles))?;
                rows.iter().try_for_each(|row| {
                    let cells: Vec<String> = columns.iter().map(|column| (column.cell)(row, self).text).collect();
                    self.line(&self.shown(&csv::record(&cells)))
                })
            }
            Format::Table | Format::Wide => {
                let shown: Vec<&Column<T>> = columns.iter().filter(|column| !column.wide || self.format == Format::Wide).collect();
                let titles: Vec<&str> = shown.iter().map(|column| column.title).collect();
                let cells: Vec<Vec<Cell>> = rows.iter().map(|row| shown.iter().map(|column| (column.cell)(row, self)).collect()).collect();
                self.grid(&titles, &cells)
            }
        }
    }

    /// Writes a grid of cells, whatever the format: for parts of a larger answer.
    pub fn grid(&self, titles: &[&str], rows: &[Vec<Cell>]) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        self.line(&self.grid_text(titles, rows))
    }

    /// A grid as text without the last newline.
    #[must_use]
    pub fn grid_text(&self, titles: &[&str], rows: &[Vec<Cell>]) -> String {
        if self.stdout.terminal { self.aligned(titles, rows) } else { tabbed(titles, rows) }
    }

    fn aligned(&self, titles: &[&str], rows: &[Vec<Cell>]) -> String {
        let mut table = Table::new();
        let width = table.width().unwrap_or(100);
        table.load_style(presets::NOTHING).set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_truncation_indicator(self.symbol("…", "..."));
        if self.stdout.color {
            table.enforce_styling()
        } else {
            table.force_no_tty()
        };
        if !titles.is_empty() {
            table.set_header(titles.iter().map(|title| Boxed::new(title).add_attribute(Attribute::Bold)));
        }
        for cells in rows {
            let mut row = Row::from(cells.iter().map(|cell| {
                let boxed = Boxed::new_owned(one_line(&safe::plain(&cell.text)));
                cell.tone.color().map_or(boxed.clone(), |color| boxed.fg(color))
            }));
            if self.format != Format::Wide {
                row.max_height(1);
            }
            table.add_row(row);
        }
        // The column that names the row is never cut: people copy from it.
        let first = rows.iter().filter_map(|row| row.first()).map(|cell| cell.text.chars().count()).max().unwrap_or(0);
        if let (Some(column), true) = (table.column_mut(0), first < usize::from(width) / 2) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        let last = table.column_count().saturating_sub(1);
        for at in 0..=last {
            if let Some(column) = table.column_mut(at) {
                column.set_padding((0, 2));
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// Writes labelled values, one a line; the labels are aligned on a terminal.
    pub fn fields(&self, fields: &[(&str, Cell)]) -> Result<(), Failure> {
        for line in self.field_lines(fields) {
            self.line(&line)?;
        }
        Ok(())
    }

    /// Labelled values as lines; those without a value are left out.
    #[must_use]
    pub fn field_lines(&self, fields: &[(&str, Cell)]) -> Vec<String> {
        let kept = || fields.iter().filter(|(_, cell)| !cell.text.is_empty());
        if !self.stdout.terminal {
            return kept().map(|(label, cell)| format!("{label}\t{}", one_line(&cell.text))).collect();
        }
        let width = kept().map(|(label, _)| columns_of(label)).max().unwrap_or(0);
        kept()
            .map(|(label, cell)| {
                let pad = " ".repeat(width - columns_of(label) + 2);
                let text = safe::plain(&cell.text).replace('\n', &format!("\n{}", " ".repeat(width + 2)));
                self.painted(label, Tone::Faint) + &pad + &self.painted(&text, cell.tone)
            })
            .collect()
    }

    /// A text of ours in a tone, when colours are wanted on standard output.
    #[must_use]
    pub fn painted(&self, text: &str, tone: Tone) -> String {
        if self.stdout.color && tone != Tone::Plain { format!("{}{text}\x1b[0m", tone.sequence()) } else { text.to_owned() }
    }
}

/// Columns that a short label takes on a terminal: CJK characters take two.
fn columns_of(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

fn one_line(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn tabbed(titles: &[&str], rows: &[Vec<Cell>]) -> String {
    let mut text = titles.join("\t");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| one_line(&cell.text)).collect();
        let newline = if text.is_empty() { "" } else { "\n" };
        // Writing to a string cannot fail.
        let _always_fine = write!(text, "{newline}{}", cells.join("\t"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::output::{Stream, plain_output};
    use super::*;

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec!["report".into(), Cell::toned("✓ published", Tone::Good), "a\tb\nc".into()],
            vec!["数据".into(), "draft".into(), "\x1b[2Jx".into()],
        ]
    }

    #[test]
    fn a_pipe_gets_tabs_and_the_bytes_as_they_are() {
        let text = plain_output(Format::Table).grid_text(&["NAME", "STATE", "TEXT"], &rows());
        assert_eq!(text, "NAME\tSTATE\tTEXT\nreport\t✓ published\ta b c\n数据\tdraft\t\x1b[2Jx");
    }

    #[test]
    fn a_terminal_gets_columns_and_nothing_it_obeys() {
        let output = Output { stdout: Stream { terminal: true, color: false }, ..plain_output(Format::Table) };
        let text = output.grid_text(&["NAME", "STATE", "TEXT"], &rows());
        assert_eq!(text, "NAME    STATE        TEXT\nreport  ✓ published  a b c\n数据    draft        \\x1b[2Jx");
        let colored = Output { stdout: Stream { terminal: true, color: true }, ..output };
        let text = colored.grid_text(&["NAME", "STATE", "TEXT"], &rows());
        assert!(text.contains("\x1b[38;5;2m✓ published") && !text.contains("\x1b[2J"), "{text:?}");
    }

    #[test]
    fn records_are_labelled() {
        let fields = [("id", Cell::from("run_1")), ("状态", Cell::from("done")), ("none", Cell::default())];
        assert_eq!(plain_output(Format::Table).field_lines(&fields), ["id\trun_1", "状态\tdone"]);
        let output = Output { stdout: Stream { terminal: true, color: false }, ..plain_output(Format::Table) };
        assert_eq!(output.field_lines(&fields), ["id    run_1", "状态  done"]);
    }
}
