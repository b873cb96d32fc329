//! The network's classes in CI: a few seeds of each; and a page that takes their section in.
//!
//! **Invariants**
//! - `cargo run --release -p woodland-tests --bin scorecard -- network` plays hundreds.

use crate::check;
use woodland_tests::reliability::{
    NETWORK_CLASSES, Network, Ring, Row, Scorecard, Tally, Tier, merged,
};

#[test]
fn on_the_network_no_promise_is_broken() {
    let mut network = Network::default();
    let rows: Vec<Row> = NETWORK_CLASSES.iter().map(|class| network.run(class, Tier::Ci)).collect();
    check(&rows);
    let recovered = |row: &Row| row.recovered == row.injected;
    assert!(rows.iter().all(recovered), "{rows:#?}");
    // Who sends what nobody does is told so, each time; so is every fork.
    for row in rows.iter().filter(|row| row.promises.contains("P6") && row.class != DRAWN) {
        assert_eq!(row.detected, row.injected, "{}", row.class);
    }
}

const DRAWN: &str = "all of these, as each seed draws";

#[test]
fn a_page_takes_the_network_of_another_run() {
    let row = |class: &str, count: u64| {
        let mut tally = Tally::of(class, Ring::Crowd, "P5");
        tally.count(count, 0, count);
        tally.end()
    };
    let card = |commit: &str, rows: Vec<Row>| Scorecard {
        tier: "long".to_owned(),
        commit: commit.to_owned(),
        rows: rows.into_iter().map(|row| Row { commit: commit.to_owned(), ..row }).collect(),
        ..Scorecard::default()
    };
    let whole = card("one", vec![row("message lost", 11), row("skewed clocks", 12)]).page();
    let later = card("two", vec![row("message lost", 21), row("message delayed", 22)]);
    let page = merged(&whole, &later);
    assert!(page.contains("Tier long, commit one."), "the page is of its own run: {page}");
    assert!(page.contains("Tier long, commit two:") && page.contains("| message delayed | C |"));
    assert!(!page.contains("| skewed clocks |") && !page.contains("commit one:"), "{page}");
    assert_eq!(page.matches("## Network").count(), 1);
    assert_eq!(merged(&page, &later), page, "again is the same");
    // A page from before there was a network.
    let before = whole.replace("## Network", "## Something");
    let waits = "| message lost | | P5 | | | | | | waits |\n";
    let page = merged(&format!("{waits}{before}"), &later);
    assert!(!page.contains(waits) && page.matches("## Network").count() == 1, "{page}");
}
