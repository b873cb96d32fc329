//! stub
use crate::page::Contents;
use crate::progress::Watch;
use crate::request::DumpError;
use std::io::Write;
pub(crate) fn print(_: &Contents, _: &[String], _: Watch<'_>, _: &mut dyn Write) -> Result<(), DumpError> { Ok(()) }
