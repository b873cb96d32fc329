//! What a run found, as a table and as lines of JSON.
//!
//! **Invariants**
//! - A ratio is Woodland's number by another's. Where the unit is `/s` more is better, elsewhere
//!   less is.
//!
//! What this does not do: round in the JSON.

use crate::run::Row;
use crate::stores::Name;
use anyhow::Result;
use serde_json::json;

/// The table, with a column a store and a column a ratio.
pub(crate) fn table(rows: &[Row], stores: &[Name]) -> String {
    let others: Vec<Name> = stores.iter().copied().filter(|one| *one != Name::Woodland).collect();
    let mut heads = vec!["case".to_owned()];
    heads.extend(stores.iter().map(|store| store.text().to_owned()));
    heads.extend(others.iter().map(|store| format!("woodland / {}", store.text())));
    let mut lines = vec![heads];
    lines.extend(rows.iter().map(|row| line(row, stores, &others)));
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

fn line(row: &Row, stores: &[Name], others: &[Name]) -> Vec<String> {
    let mut line = vec![match row.metric.as_str() {
        "" => format!("{}, {}", row.step, row.unit),
        metric => format!("{}: {metric}, {}", row.step, row.unit),
    }];
    let none = || "-".to_owned();
    let shown = |store| row.medians.get(store).map_or_else(none, |value| shown(*value));
    line.extend(stores.iter().map(shown));
    let ratio = |store: &Name| {
        let (own, other) = (row.medians.get(&Name::Woodland)?, row.medians.get(store)?);
        (*other > 0.0).then(|| format!("{:.2}", own / other))
    };
    line.extend(others.iter().map(|store| ratio(store).unwrap_or_else(none)));
    line
}

fn shown(value: f64) -> String {
    let decimals = if value >= 100.0 { 0 } else { 2 };
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

/// One line for each act, metric and store.
pub(crate) fn lines_of_json(rows: &[Row]) -> Result<String> {
    let mut lines = String::new();
    for row in rows {
        for (store, value) in &row.medians {
            let line = json!({
                "case": row.step, "metric": row.metric, "unit": row.unit,
                "store": store.text(), "value": value,
            });
            lines += &serde_json::to_string(&line)?;
            lines.push('\n');
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_woodlands_number_by_the_others() {
        let medians = [(Name::Woodland, 1_500.0), (Name::Sqlite, 500.0)].into();
        let (step, metric, unit) = ("writes".to_owned(), String::new(), "/s".to_owned());
        let row = Row { step, metric, unit, medians };
        let line = line(&row, &Name::ALL, &Name::ALL[1..]);
        assert_eq!(line, ["writes, /s", "1,500", "500", "-", "-", "3.00", "-", "-"]);
    }
}
