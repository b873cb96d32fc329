//! `talk`: a recorded conversation as a transcript, message by message.
//!
//! **Invariants**
//! - What cannot be read is named with its place, and ends the page; what stands before is printed.
//!
//! What this does not do: look at the log that it was about.

use crate::json::Document;
use crate::request::{DumpError, Form, Request, Verdict};
use serde_json::{Value as Json, json};
use std::fs;
use std::io::{self, Write};
use woodland_sync::parts::Message;
use woodland_sync::recording::{self, Speaker};

pub(crate) fn print(request: &Request, out: &mut dyn Write) -> Result<Verdict, DumpError> {
    let bytes = fs::read(&request.path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DumpError::Missing,
        _ => DumpError::Unreadable(error),
    })?;
    if !recording::is_recording(&bytes) {
        return Err(DumpError::NotARecording);
    }
    let told = Told::of(&bytes);
    match request.form {
        Form::Json => json(&told, out)?,
        Form::Text => text(&told, out)?,
    }
    Ok(if told.problem.is_none() { Verdict::Well } else { Verdict::Wrong })
}

/// What was said, as far as it can be read.
struct Told {
    /// Who spoke, how many bytes, and the parts in words.
    said: Vec<(Speaker, usize, Message)>,
    problem: Option<String>,
}

impl Told {
    fn of(bytes: &[u8]) -> Told {
        let mut told = Told { said: Vec::new(), problem: None };
        let entries = match recording::read(bytes) {
            Ok(entries) => entries,
            Err(error) => return Told { problem: Some(format!("the recording: {error}")), ..told },
        };
        for entry in entries {
            let at = told.said.len();
            let read = entry.map_err(|error| format!("behind message {at}: {error}"));
            let read = read.and_then(|(speaker, message)| {
                let decoded = Message::decode(message);
                let decoded = decoded.map_err(|error| format!("message {at}: {error}"))?;
                Ok((speaker, message.len(), decoded))
            });
            match read {
                Ok(said) => told.said.push(said),
                Err(problem) => {
                    told.problem = Some(problem);
                    break;
                }
            }
        }
        told
    }
}

/// The arrow shows which way it went: to the other side, or from it.
fn arrow(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::This => "─►",
        Speaker::Other => "◄─",
    }
}

fn text(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    let mut sums = [(0_usize, 0_usize); 2];
    for (speaker, bytes, message) in &told.said {
        let sum = &mut sums[usize::from(*speaker == Speaker::Other)];
        *sum = (sum.0 + 1, sum.1 + bytes);
        writeln!(out, "{} {}, {bytes} B", arrow(*speaker), message.number)?;
        for part in &message.parts {
            writeln!(out, "     {part}")?;
        }
    }
    if let Some(problem) = &told.problem {
        writeln!(out, "damaged: {problem}")?;
    }
    let [(said, said_bytes), (heard, heard_bytes)] = sums;
    writeln!(out, "said {said} messages, {said_bytes} B; heard {heard}, {heard_bytes} B")
}

fn json(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    let messages = told.said.iter().map(|(speaker, bytes, message)| -> Json {
        let parts: Vec<String> = message.parts.iter().map(ToString::to_string).collect();
        let is_own = *speaker == Speaker::This;
        json!({ "said": is_own, "number": message.number, "bytes": bytes, "parts": parts })
    });
    let mut document = Document::begin(out)?;
    document.list("messages", messages)?;
    document.field("problem", told.problem.clone())?;
    document.end()
}
