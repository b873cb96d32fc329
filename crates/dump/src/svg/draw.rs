//! Draw: the plan as the bytes of an SVG 1.1 document.
//!
//! **Invariants**
//! - Every text goes through [`Escaped`].
//! - The background is painted, so that the picture reads on any page.
//! - Authors differ by lane and label, and by the line's dashes, before they differ by colour.
//!
//! What this does not do: decide what is drawn; that is the plan's.

use crate::svg::plan::{Cell, Plan, grouped, short_count, text_width};
use crate::svg::{axis, legend};
use std::fmt;
use std::io::{self, Write};

pub(crate) const MARGIN: i64 = 18;
const TITLE_HEIGHT: i64 = 26;
pub(crate) const LINE_HEIGHT: i64 = 18;
const AXIS_HEIGHT: i64 = 24;
const WIDTH_MIN: i64 = 720;
/// From this height on the axis is repeated below.
const SECOND_AXIS_FROM: i64 = 600;

/// Okabe and Ito's colours, told apart by nearly all eyes, without the two that white drowns.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b87800", "#3a9bd9"];
/// With each round of colours another line.
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "9 3 2 3"];

/// Text in a document.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.0.chars() {
            match one {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                one if one.is_control() => {
                    write!(f, "{}", Escaped(&one.escape_debug().to_string()))?;
                }
                one => write!(f, "{one}")?,
            }
        }
        Ok(())
    }
}

/// The whole in pixels.
pub(crate) struct Frame {
    pub(crate) width: i64,
    pub(crate) height: i64,
    /// Where the columns begin.
    pub(crate) left: i64,
    /// Where the rows begin.
    pub(crate) top: i64,
    pub(crate) bottom: i64,
    font: i64,
    /// Half the height of a mark.
    half: i64,
    legend: Vec<legend::Item>,
}

impl Frame {
    fn of(plan: &Plan<'_>) -> Self {
        let font = if plan.row_height >= 22 { 12 } else { 10 };
        // Characters of East Asia are twice as wide.
        let wide = |text: &str| text.chars().filter(|one| *one >= '\u{2e80}').count();
        let chars = |text: &str| pixels(text.chars().count() + wide(text));
        let (mut label, mut count) = (0, 0);
        for lane in &plan.lanes.lanes {
            label = label.max(chars(&lane.label));
            count = count.max(chars(&grouped(lane.commits)));
        }
        // A character of the fixed font takes six tenths of its size.
        let left = MARGIN + (label + count + 3) * font * 61 / 100 + MARGIN;
        let width = (left + plan.folded.width() + MARGIN).max(WIDTH_MIN);
        let lines = i64::try_from(plan.lines.len()).unwrap_or(i64::MAX);
        let legend = legend::items(plan, width);
        let legend_lines = legend.last().map_or(0, |item| item.line + 1);
        let top = MARGIN + TITLE_HEIGHT + (lines + legend_lines) * LINE_HEIGHT + AXIS_HEIGHT + 14;
        let rows = i64::try_from(plan.lanes.rows).unwrap_or(i64::MAX);
        let bottom = top + rows * plan.row_height;
        let second = if bottom - top >= SECOND_AXIS_FROM { AXIS_HEIGHT } else { 0 };
        let half = ((plan.row_height - 4) / 2).clamp(6, 9);
        Frame { width, height: bottom + second + MARGIN, left, top, bottom, font, half, legend }
    }

    fn has_second_axis(&self) -> bool {
        self.bottom - self.top >= SECOND_AXIS_FROM
    }
}

pub(crate) fn picture(plan: &Plan<'_>, out: &mut dyn Write) -> io::Result<()> {
    let frame = Frame::of(plan);
    put_head(plan, &frame, out)?;
    put_lanes(plan, &frame, out)?;
    axis::put(plan, &frame, frame.top - 9, out)?;
    if frame.has_second_axis() {
        axis::put(plan, &frame, frame.bottom + 15, out)?;
    }
    put_links(plan, &frame, out)?;
    put_arrows(plan, &frame, out)?;
    put_cells(plan, &frame, out)?;
    writeln!(out, "</svg>")
}

fn put_head(plan: &Plan<'_>, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let Frame { width, height, .. } = frame;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}" height="{height}""#
    )?;
    writeln!(out, r#"  viewBox="0 0 {width} {height}" role="img">"#)?;
    writeln!(out, "<title>{}</title>", Escaped(&plan.title))?;
    writeln!(out, "<desc>{}</desc>", Escaped(&plan.lines.join(". ")))?;
    put_style(frame, out)?;
    writeln!(out, r#"<rect class="page" width="{width}" height="{height}"/>"#)?;
    let mut y = MARGIN + 16;
    writeln!(out, r#"<text class="title" x="{MARGIN}" y="{y}">{}</text>"#, Escaped(&plan.title))?;
    y += TITLE_HEIGHT - 4;
    for line in &plan.lines {
        writeln!(out, r#"<text class="said" x="{MARGIN}" y="{y}">{}</text>"#, Escaped(line))?;
        y += LINE_HEIGHT;
    }
    legend::put(&frame.legend, y + 2, out)
}

fn put_style(frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let font = frame.font;
    let mark = (frame.half * 2 - 4).min(11);
    writeln!(out, "<style type=\"text/css\">")?;
    writeln!(out, "text{{font-family:sans-serif;font-size:12px;fill:#24292f;stroke:none}}")?;
    writeln!(out, ".title{{font-size:17px;font-weight:bold}} .said,.turn{{fill:#57606a}}")?;
    writeln!(out, ".page{{fill:#ffffff}} .band{{fill:#f3f4f6}} .turn{{font-size:10px}}")?;
    writeln!(out, ".grid{{stroke:#dfe2e6;stroke-width:1}}")?;
    let mono = "font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace";
    writeln!(out, ".who{{{mono};font-size:{font}px}} .id{{{mono};font-size:9px;fill:#57606a}}")?;
    writeln!(out, ".m text{{font-size:{mark}px;text-anchor:middle}} .mid{{text-anchor:middle}}")?;
    writeln!(out, ".end{{text-anchor:end}} .m rect{{fill:#ffffff;stroke-width:1.8}}")?;
    writeln!(out, ".m path{{stroke:#24292f;stroke-width:1.2}} .m circle{{stroke:none}}")?;
    writeln!(out, ".m .head{{fill:none;stroke:#24292f;stroke-width:1.6}}")?;
    writeln!(out, ".chain{{fill:none;stroke-width:2.2}}")?;
    writeln!(out, ".seen{{fill:none;stroke-width:1.2;stroke-opacity:0.6}}")?;
    for (number, colour) in COLOURS.iter().enumerate() {
        writeln!(out, ".a{number}{{stroke:{colour};fill:{colour}}}")?;
    }
    for (number, dash) in DASHES.iter().enumerate() {
        writeln!(out, ".d{number}{{stroke-dasharray:{dash}}}")?;
    }
    writeln!(out, "</style>")
}

pub(crate) fn colour(lane: usize) -> usize {
    lane % COLOURS.len()
}

fn dash(lane: usize) -> usize {
    lane / COLOURS.len() % DASHES.len()
}

fn put_lanes(plan: &Plan<'_>, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let right = frame.width - MARGIN / 2;
    for (number, lane) in plan.lanes.lanes.iter().enumerate() {
        let y = frame.top + pixels(lane.first_row) * plan.row_height;
        let height = pixels(lane.rows) * plan.row_height;
        if number.is_multiple_of(2) {
            let (x, width) = (MARGIN / 2, right - MARGIN / 2);
            let place = format!(r#"x="{x}" y="{y}" width="{width}" height="{height}""#);
            writeln!(out, r#"<rect class="band" {place}/>"#)?;
        }
        let text_y = y + plan.row_height / 2 + frame.font / 3;
        let label = Escaped(&lane.label);
        writeln!(out, r#"<text class="who" x="{MARGIN}" y="{text_y}">{label}</text>"#)?;
        let (x, commits) = (frame.left - MARGIN, grouped(lane.commits));
        writeln!(out, r#"<text class="who end" x="{x}" y="{text_y}">{commits}</text>"#)?;
    }
    Ok(())
}

pub(crate) fn pixels(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Plan<'_> {
    /// The centre of a cell.
    fn centre(&self, frame: &Frame, cell: &Cell) -> (i64, i64) {
        let first_row = self.lanes.lanes.get(cell.lane).map_or(0, |lane| lane.first_row);
        let row = pixels(first_row + cell.row);
        (frame.left + cell.x, frame.top + row * self.row_height + self.row_height / 2)
    }

    /// Half the width and half the height of its mark.
    fn size(&self, frame: &Frame, cell: &Cell) -> (i64, i64) {
        match cell.commits {
            1 => (frame.half.min(7), frame.half.min(7)),
            commits => (text_width(&short_count(commits)) / 2 + 5, frame.half),
        }
    }

    fn pair(&self, (from, to): (usize, usize)) -> Option<(&Cell, &Cell)> {
        Some((self.folded.cells.get(from)?, self.folded.cells.get(to)?))
    }
}

fn put_links(plan: &Plan<'_>, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let mut by_lane = vec![String::new(); plan.lanes.lanes.len()];
    for link in &plan.links {
        let Some((from, to)) = plan.pair(*link) else { continue };
        let Some(path) = by_lane.get_mut(from.lane) else { continue };
        let ((x1, y1), (x2, y2)) = (plan.centre(frame, from), plan.centre(frame, to));
        *path += &match (x1 == x2, y1 == y2) {
            (_, true) => format!("M{x1} {y1}H{x2}"),
            (true, false) => format!("M{x1} {y1}V{y2}"),
            (false, false) => {
                // After the id under the commit, before the next.
                let bend = if plan.folded.shows_ids { x1 + 24 } else { x1 };
                let (turn, end) = (bend + (x2 - bend).min(20) / 2, bend + (x2 - bend).min(20));
                format!("M{x1} {y1}H{bend}C{turn} {y1} {turn} {y2} {end} {y2}H{x2}")
            }
        };
    }
    for (lane, path) in by_lane.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let (colour, dash) = (colour(lane), dash(lane));
        writeln!(out, r#"<path class="chain a{colour} d{dash}" style="fill:none" d="{path}"/>"#)?;
    }
    Ok(())
}

fn put_arrows(plan: &Plan<'_>, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let mut by_lane = vec![String::new(); plan.lanes.lanes.len()];
    for arrow in &plan.arrows {
        let Some((from, to)) = plan.pair(*arrow) else { continue };
        let Some(path) = by_lane.get_mut(from.lane) else { continue };
        let ((x1, y1), (x2, y2)) = (plan.centre(frame, from), plan.centre(frame, to));
        let (half_width, half_height) = plan.size(frame, from);
        let ((target_width, target_height), down) = (plan.size(frame, to), (y2 - y1).signum());
        // The path, and the two strokes of its head.
        let is_beside = (y2 - y1).abs() <= plan.row_height;
        *path += &if x1 == x2 && !is_beside {
            // Round what stands between, in the gap after the column.
            let (start, end) = (x1 + half_width, x2 + target_width + 2);
            let bulge = start.max(end) + 7;
            format!("M{start} {y1}C{bulge} {y1} {bulge} {y2} {end} {y2}m5-3l-5 3l5 3")
        } else if x1 == x2 {
            let (start, end) = (y1 + down * half_height, y2 - down * (target_height + 2));
            let back = down * 5;
            format!("M{x1} {start}V{end}m-3 {}l3 {back}l3 {}", -back, -back)
        } else {
            let (start, end) = (x1 + half_width, x2 - target_width - 2);
            let (bend, end_y) = (((end - start) / 2).max(12), y2 - down * 2);
            let (leave, enter) = (start + bend, end - bend);
            format!("M{start} {y1}C{leave} {y1} {enter} {end_y} {end} {end_y}m-5-3l5 3l-5 3")
        };
    }
    for (lane, path) in by_lane.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let colour = colour(lane);
        writeln!(out, r#"<path class="seen a{colour}" style="fill:none" d="{path}"/>"#)?;
    }
    Ok(())
}

fn put_cells(plan: &Plan<'_>, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let mut by_lane: Vec<Vec<&Cell>> = vec![Vec::new(); plan.lanes.lanes.len()];
    for cell in &plan.folded.cells {
        if let Some(cells) = by_lane.get_mut(cell.lane) {
            cells.push(cell);
        }
    }
    for (lane, cells) in by_lane.iter().enumerate() {
        writeln!(out, r#"<g class="m a{}">"#, colour(lane))?;
        for cell in cells {
            if plan.says_what() {
                write!(out, "<g><title>{}</title>", Escaped(&told(plan, cell)))?;
                put_cell(plan, frame, cell, out)?;
                writeln!(out, "</g>")?;
            } else {
                put_cell(plan, frame, cell, out)?;
                writeln!(out)?;
            }
        }
        writeln!(out, "</g>")?;
    }
    Ok(())
}

fn put_cell(plan: &Plan<'_>, frame: &Frame, cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let (x, y) = plan.centre(frame, cell);
    let (half_width, half_height) = plan.size(frame, cell);
    put_mark(cell, (x, y), (half_width, half_height), out)?;
    if plan.folded.shows_ids
        && let Some(knot) = plan.knots.knots.get(cell.first)
    {
        let (y, id) = (y + half_height + 12, knot.last.short());
        write!(out, r#"<text class="id" x="{x}" y="{y}" style="font-size:9px">{id}</text>"#)?;
    }
    Ok(())
}

/// A dot or a capsule, with a ring around a head and a diamond for the founding commit.
fn put_mark(
    cell: &Cell,
    (x, y): (i64, i64),
    (half_width, half_height): (i64, i64),
    out: &mut dyn Write,
) -> io::Result<()> {
    let outline = |by: i64| {
        let (left, top) = (x - half_width - by, y - half_height - by);
        let (width, height) = (2 * (half_width + by), 2 * (half_height + by));
        let round = half_height + by;
        format!(r#"x="{left}" y="{top}" width="{width}" height="{height}" rx="{round}""#)
    };
    if cell.heads > 0 {
        write!(out, r#"<rect class="head" {}/>"#, outline(2))?;
    }
    if cell.commits > 1 {
        let (text_y, count) = (y + half_height / 2, short_count(cell.commits));
        write!(out, r#"<rect {}/><text x="{x}" y="{text_y}">{count}</text>"#, outline(0))?;
    } else if !cell.is_founding {
        write!(out, r#"<circle cx="{x}" cy="{y}" r="{}"/>"#, half_height - 1)?;
    }
    if cell.is_founding {
        let x = if cell.commits > 1 { x - half_width - 9 } else { x };
        let side = half_height.min(7);
        write!(
            out,
            r#"<path d="M{} {y}l{side}-{side}l{side} {side}l-{side} {side}z"/>"#,
            x - side
        )?;
    }
    Ok(())
}

/// What a mark says under the pointer.
fn told(plan: &Plan<'_>, cell: &Cell) -> String {
    let knots = &plan.knots.knots;
    let (Some(first), Some(last)) = (knots.get(cell.first), knots.get(cell.last)) else {
        return String::new();
    };
    let author = plan.labels.get(cell.first).map_or("", String::as_str);
    let author = match plan.lanes.lanes.get(cell.lane) {
        Some(lane) if lane.label != author => &lane.label,
        _ => author,
    };
    let head = if cell.heads > 0 { ", head" } else { "" };
    let (seq, turn, id) = (last.last_seq, last.turn, last.last.short());
    if cell.commits == 1 {
        return format!("{author}: commit {id}, seq {seq}, turn {turn}{head}");
    }
    let commits = grouped(cell.commits);
    format!("{author}: {commits} commits, turns {}-{turn}, last {id}{head}", first.turn)
}
