//! A job's results photo by photo, as a table shows them: a row for each image, a cell for each
//! variant.

use lote_protocol::message::Size;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Jobs;
use crate::images::search_key;
use crate::live::{Book, ImageRef};
use crate::said::Said;
use lote_engine::event::{Place, Status};

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// All of them.
    #[default]
    All,
    /// Those with an output that failed.
    Problems,
    /// Those with an output that is larger than the image.
    Larger,
}

/// What rows are in the order of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The images' order, those with problems first.
    #[default]
    Plan,
    /// The images' names.
    Name,
    /// The images' sizes, the largest first.
    Size,
    /// How much smaller the outputs are together, the most first.
    Saved,
    /// The time that was spent, the most first.
    Time,
}

/// What a page wants to see of the rows.
#[derive(Debug, Clone, Default)]
pub struct RowsQuery {
    /// The first row, from 0.
    pub offset: usize,
    /// Most rows.
    pub limit: usize,
    /// A part of the images' names, case and accents ignored.
    pub query: String,
    /// Which.
    pub only: Only,
    /// In what order.
    pub sort: Sort,
}

/// A page of the rows, and how many there are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RowsPage {
    /// How many are wanted.
    pub total: usize,
    /// How many images there are, with a problem, and with an output that is larger.
    pub counts: [usize; 3],
    /// Those of the page.
    pub rows: Vec<Value>,
}

/// What is known of the outputs of an image together.
struct Summary {
    image: usize,
    problem: bool,
    larger: bool,
    written: u64,
    ms: f64,
}

fn summary(book: &Book, image: usize) -> Summary {
    let before = book.plan.images[image].bytes;
    let mut all = Summary { image, problem: false, larger: false, written: 0, ms: 0.0 };
    for variant in 0..book.plan.variants.len() {
        let Some(end) = book.end_of(Place { image, variant }) else { continue };
        all.problem |= end.status.is_failure();
        all.larger |= end.status == Status::Ok && end.bytes > before;
        all.written += end.bytes;
        all.ms += end.ms;
    }
    all
}

fn row(book: &Book, image: usize) -> Value {
    let sides = |size: Option<Size>| size.map(|Size { width, height }| (width, height)).unzip();
    let mut source = None;
    let mut cell = |variant| {
        let place = Place { image, variant };
        book.end_of(place).map(|end| {
            let path = book.path(place);
            let [size, own] = end.sizes.map(|sizes| sizes.map(Some)).unwrap_or_default();
            source = source.or(own);
            let (width_px, height_px) = sides(size);
            let mut cell = json!({
                "output": book.output_id(place),
                "name": path.file_name().unwrap_or_default().to_string_lossy(),
                "status": end.status,
                "bytes": end.bytes,
                "width_px": width_px,
                "height_px": height_px,
                "attempt": end.attempt,
                "kind": end.kind,
                "message": end.message.as_ref().map(ToString::to_string),
                "message_es": end.message.clone().and_then(|text| Said::new(text).spanish()),
            });
            if let Some(steps) = book.own_steps(place) {
                cell["steps"] = json!(steps);
            }
            cell
        })
    };
    let cells: Vec<_> = (0..book.plan.variants.len()).map(&mut cell).collect();
    let (width_px, height_px) = sides(source);
    let bytes = book.plan.images[image].bytes;
    let page = book.plan.images[image].page.map(|page| page.number);
    let ImageRef { id, name, .. } = &book.images[image];
    json!({
        "image": id, "page": page, "photo": image, "name": name, "bytes": bytes,
        "width_px": width_px, "height_px": height_px, "cells": cells,
    })
}

fn rows(book: &Book, wanted: &RowsQuery) -> RowsPage {
    let all: Vec<Summary> = (0..book.images.len()).map(|image| summary(book, image)).collect();
    let count = |which: fn(&Summary) -> bool| all.iter().filter(|one| which(one)).count();
    let counts = [all.len(), count(|one| one.problem), count(|one| one.larger)];
    let query = search_key(&wanted.query);
    let mut found: Vec<&Summary> = all
        .iter()
        .filter(|one| match wanted.only {
            Only::All => true,
            Only::Problems => one.problem,
            Only::Larger => one.larger,
        })
        .filter(|one| query.is_empty() || search_key(&book.images[one.image].name).contains(&query))
        .collect();
    let size = |one: &Summary| book.plan.images[one.image].bytes;
    let saved = |one: &Summary| i128::from(size(one)) - i128::from(one.written);
    match wanted.sort {
        Sort::Plan => found.sort_by_key(|one| !one.problem),
        Sort::Name => found.sort_by_cached_key(|one| search_key(&book.images[one.image].name)),
        Sort::Size => found.sort_by_key(|one| std::cmp::Reverse(size(one))),
        Sort::Saved => found.sort_by_key(|one| std::cmp::Reverse(saved(one))),
        Sort::Time => found.sort_by(|one, other| other.ms.total_cmp(&one.ms)),
    }
    let shown = found.iter().skip(wanted.offset).take(wanted.limit);
    RowsPage { total: found.len(), counts, rows: shown.map(|one| row(book, one.image)).collect() }
}

impl Jobs {
    /// The rows of a job's results that a page wants to see.
    pub fn rows(&self, job: &str, wanted: &RowsQuery) -> Option<RowsPage> {
        self.booked(job, |book| rows(book, wanted))
    }
}
