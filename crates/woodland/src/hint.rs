//! What was likely meant by a name that does not exist.
//!
//! **Invariants**
//! - Everything that there is is listed; a guess is marked as one.

/// What there is, and what was likely meant.
pub(crate) fn hint<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let close = names.iter().map(|name| (distance(wanted, name), *name)).min();
    let meant = match close {
        Some((distance, name)) if distance <= 1 + wanted.len() / 4 => {
            format!(" (did you mean {name}?)")
        }
        _ => String::new(),
    };
    let listed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    format!("; there is {listed}{meant}")
}

/// How many letters have to be put, taken, changed or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best =
                (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_named() {
        let names = ["title", "body", "tags"];
        assert_eq!(
            hint("titel", names.into_iter()),
            "; there is title, body, tags (did you mean title?)"
        );
        assert_eq!(hint("colour", names.into_iter()), "; there is title, body, tags");
    }
}
