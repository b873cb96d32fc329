//! The pages that `woodland-dump` prints of a path, by their hashes.
//!
//! **Invariants**
//! - Equal pages have equal bytes. Whatever the dump remarks beside a page counts as a difference.

use anyhow::{Context, Result};
use std::io::{self, Write};
use std::path::Path;
use woodland_dump::{Command, Request, dump};

const COMMANDS: [(&str, Command); 4] = [
    ("commits", Command::Commits { signatures: false }),
    ("order", Command::Order),
    ("frontier", Command::Frontier),
    ("graph", Command::Graph),
];

/// The pages that depend on the set of commits alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pages(Vec<Page>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    hash: blake3::Hash,
    bytes: u64,
    lines: usize,
    /// What the dump said beside the page.
    remarks: String,
}

/// A page while it is printed.
#[derive(Default)]
struct Printed {
    hasher: blake3::Hasher,
    lines: usize,
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pages {
    /// Prints a dataset directory or a log file.
    pub(crate) fn of(path: &Path) -> Result<Pages> {
        let print = |(name, command): (&str, Command)| {
            let request = Request::of(command, path);
            let (mut remarks, mut out) = (Vec::new(), io::BufWriter::new(Printed::default()));
            dump(&request, &mut out, &mut remarks)
                .with_context(|| format!("woodland-dump {name} {}", path.display()))?;
            let printed = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            Ok(Page {
                hash: printed.hasher.finalize(),
                bytes: printed.hasher.count(),
                lines: printed.lines,
                remarks: String::from_utf8_lossy(&remarks).trim().to_owned(),
            })
        };
        COMMANDS.into_iter().map(print).collect::<Result<_>>().map(Pages)
    }

    /// In what these pages differ from others.
    pub(crate) fn differences(&self, expected: &Pages) -> Vec<String> {
        let mut found = Vec::new();
        for ((name, _), (page, wanted)) in COMMANDS.iter().zip(self.0.iter().zip(&expected.0)) {
            if page.hash != wanted.hash {
                found.push(format!(
                    "dump of {name} has {} lines and {} bytes, expected {} and {}, and differs",
                    page.lines, page.bytes, wanted.lines, wanted.bytes
                ));
            }
            if !page.remarks.is_empty() {
                found.push(format!("dump of {name} remarks: {}", page.remarks));
            }
        }
        found
    }
}
