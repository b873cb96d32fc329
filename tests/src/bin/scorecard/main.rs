//! Writes the scorecard.
use woodland_tests::reliability::{Tier, run_all};

fn main() {
    let tier = if std::env::args().nth(1).as_deref() == Some("long") { Tier::Long } else { Tier::Ci };
    std::panic::set_hook(Box::new(|_| {}));
    for row in run_all(tier) {
        println!(
            "{:<28} {:>8} {:>8} {:>8}  {:>6.1} s  {}",
            row.class, row.injected, row.detected, row.recovered, row.seconds, row.note
        );
        for violation in row.violations {
            println!("    !! {violation}");
        }
    }
}
