//! What a run found, as a table and as lines of JSON.
//!
//! **Invariants**
//! - In every row less is better; the last column is Woodland's number divided by the least of the
//!   others': below 1, Woodland leads.
//! - A refusal is shown as such, with its reason below the table.
//!
//! What this does not do: round in the JSON.

use crate::peers::Peer;
use crate::run::{Cell, Row};
use crate::suite::MILLISECONDS;
use anyhow::Result;
use serde_json::json;
use std::fmt::Write;

/// The table, with a column a peer.
pub(crate) fn table(rows: &[Row], peers: &[Peer]) -> String {
    let mut lines = vec![heads(peers)];
    lines.extend(rows.iter().map(|row| line(row, peers)));
    laid_out(&lines) + &refusals(rows)
}

/// Lines of cells, the first of them the heads, with columns of even width.
pub(crate) fn laid_out(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let mut table = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        table += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        if number == 0 {
            let rule = widths.iter().enumerate().map(|(column, width)| {
                if column == 0 { "-".repeat(*width) } else { "-".repeat(width - 1) + ":" }
            });
            table += &format!("| {} |\n", rule.collect::<Vec<_>>().join(" | "));
        }
    }
    table
}

fn heads(peers: &[Peer]) -> Vec<String> {
    let peers = peers.iter().map(Peer::to_string);
    ["case".to_owned()]
        .into_iter()
        .chain(peers)
        .chain(["woodland / best peer".to_owned()])
        .collect()
}

fn line(row: &Row, peers: &[Peer]) -> Vec<String> {
    let mut line = vec![match row.metric.as_str() {
        "time" | "heap" => format!("{}, {}", row.case, row.unit),
        metric => format!("{}, {metric}, {}", row.case, row.unit),
    }];
    line.extend(peers.iter().map(|peer| match row.cells.get(peer) {
        Some(Cell::Median(value)) => shown(*value, &row.unit),
        Some(Cell::Refused(_)) => "refused".to_owned(),
        None => "-".to_owned(),
    }));
    line.push(ratio(row).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
    line
}

/// Woodland's by the best of the others'.
fn ratio(row: &Row) -> Option<f64> {
    let Some(Cell::Median(own)) = row.cells.get(&Peer::Woodland) else { return None };
    let others = row.cells.iter().filter(|(peer, _)| **peer != Peer::Woodland);
    let others = others.filter_map(|(_, cell)| match cell {
        Cell::Median(value) => Some(*value),
        Cell::Refused(_) => None,
    });
    others.min_by(f64::total_cmp).map(|best| own / best)
}

/// A number with as many digits as its unit is worth.
pub(crate) fn shown(value: f64, unit: &str) -> String {
    let decimals = if unit != MILLISECONDS || value >= 100.0 { 0 } else { 1 };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

pub(crate) fn refusals(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        for (peer, cell) in &row.cells {
            if let Cell::Refused(reason) = cell {
                let _ = write!(text, "\n{peer} refused \"{}\": {reason}\n", row.case);
            }
        }
    }
    text
}

/// One line for each case, metric and peer.
pub(crate) fn lines_of_json(suite: &str, rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    for row in rows {
        for (peer, cell) in &row.cells {
            let mut line = json!({
                "suite": suite, "case": row.case, "metric": row.metric, "unit": row.unit,
                "peer": peer.name(),
            });
            match cell {
                Cell::Median(median) => line["median"] = json!(median),
                Cell::Refused(reason) => {
                    line["median"] = json!(null);
                    line["refused"] = json!(reason);
                }
            }
            text += &serde_json::to_string(&line)?;
            text.push('\n');
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn row(woodland: Cell) -> Row {
        let cells = [(Peer::Loro, 20.0), (Peer::Yrs, 1234.5)];
        let mut cells: BTreeMap<Peer, Cell> =
            cells.into_iter().map(|(peer, value)| (peer, Cell::Median(value))).collect();
        cells.insert(Peer::Woodland, woodland);
        Row { case: "walk", metric: "time".to_owned(), unit: MILLISECONDS.to_owned(), cells }
    }

    #[test]
    fn the_last_column_is_woodland_by_the_best() {
        let line = line(&row(Cell::Median(50.0)), &Peer::ALL);
        assert_eq!(line, ["walk, cpu-ms", "-", "20.0", "1,234", "50.0", "2.50"]);
    }

    #[test]
    fn a_refusal_is_shown_with_its_reason() {
        let rows = [row(Cell::Refused("too large".to_owned()))];
        let table = table(&rows, &Peer::ALL);
        assert!(table.contains("refused") && table.contains("too large"), "{table}");
        let lines = lines_of_json("graph", &rows).expect("numbers and strings are JSON");
        assert!(lines.contains(r#""median":null"#) && lines.lines().count() == 3, "{lines}");
    }
}
