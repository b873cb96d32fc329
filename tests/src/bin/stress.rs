//! The program that the reliability harness kills, starves and lies to. See `reliability::stress`.

use std::process::ExitCode;

fn main() -> ExitCode {
    woodland_tests::reliability::stress(std::env::args())
}
