//! Colours of text, for terminals. What they say is always said in words or signs too.

use anstyle::{AnsiColor, Style};
use std::fmt;

/// Whether text has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paint {
    /// None.
    #[default]
    Plain,
    /// The escape sequences of a terminal.
    Coloured,
}

pub(crate) const ID: Style = AnsiColor::Yellow.on_default();
pub(crate) const AUTHOR: Style = AnsiColor::Cyan.on_default();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const TITLE: Style = Style::new().bold();

impl Paint {
    pub(crate) fn of<T: fmt::Display>(self, style: Style, value: T) -> Painted<T> {
        let style = if self == Paint::Coloured { style } else { Style::new() };
        Painted { style, value }
    }
}

/// A value in a style; its width is the value's own affair.
pub(crate) struct Painted<T> {
    style: Style,
    value: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.style)?;
        self.value.fmt(f)?;
        write!(f, "{:#}", self.style)
    }
}
