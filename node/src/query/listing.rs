//! Lists: every one pages, in the order of the ledger, stable under inserts.

use super::{RecordView, StoredBlock, block, damaged};
use crate::index::{prefix, read_place};
use crate::ledger::{Ledger, LedgerError};
use crate::storage::{Direction, Table};
use chain_core::types::{Height, TimeMs};

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// That name this object.
    pub object: Option<String>,
    /// That this member submitted.
    pub member: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In blocks not before.
    pub from: Option<TimeMs>,
    /// In blocks before.
    pub to: Option<TimeMs>,
}

/// Where a page ended: height, transaction, record.
pub type Token = (Height, u32, u16);

/// A page of a list.
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins after, if there may be one.
    pub next: Option<Token>,
}

/// Transactions looked at for one page at most, so that a rare filter cannot hold a node.
const SCAN_LIMIT: usize = 5_000;

/// Records that match every given condition and that `visible` lets through, oldest first.
///
/// # Errors
/// The store failed.
pub fn list_records(
    ledger: &Ledger,
    filter: &Filter,
    after: Option<Token>,
    per_page: usize,
    visible: impl Fn(&RecordView) -> bool,
) -> Result<Page<RecordView>, LedgerError> {
    let (table, head) = match (&filter.object, &filter.member, &filter.kind) {
        (Some(object), _, _) => (Table::ByObject, prefix(object)),
        (_, Some(member), _) => (Table::ByMember, prefix(member)),
        (_, _, Some(kind)) => (Table::ByKind, prefix(kind)),
        _ => (Table::Blocks, Vec::new()),
    };
    let first = match filter.from {
        Some(time) => first_height_from(ledger, time)?,
        None => Height::GENESIS,
    };
    let begin = after.map_or((first, 0), |(height, tx, _)| (height, tx)).max((first, 0));
    let mut cursor = [&head[..], &begin.0.0.to_be_bytes()].concat();
    if table != Table::Blocks {
        cursor.extend_from_slice(&begin.1.to_be_bytes());
    }
    let mut items: Vec<RecordView> = Vec::new();
    let mut last_item: Option<Token> = None;
    let mut current: Option<StoredBlock> = None;
    let mut last_seen: Option<(Height, u32)> = None;
    let mut looked = 0;
    'pages: loop {
        let rows = ledger.storage().scan(table, &head, &cursor, Direction::Forward, 256)?;
        let Some((last, _)) = rows.last() else { break };
        cursor = [&last[..], &[0]].concat();
        for (key, _) in &rows {
            for place in places(ledger, table, key, head.len(), begin, &mut current)? {
                if last_seen == Some(place) {
                    continue;
                }
                last_seen = Some(place);
                let (height, index) = place;
                if current.as_ref().is_none_or(|b| b.header.height != height) {
                    current = block(ledger, height)?;
                }
                let Some(stored) = &current else { return Err(damaged("a block is missing")) };
                if filter.to.is_some_and(|to| stored.header.time >= to) {
                    break 'pages;
                }
                looked += 1;
                let (tx, outcome) = stored.tx(ledger, index)?;
                for (position, record) in tx.records().iter().enumerate() {
                    let position = u16::try_from(position).unwrap_or(u16::MAX);
                    if after.is_some_and(|token| (height, index, position) <= token) {
                        continue;
                    }
                    let view = stored.show(&tx, outcome, record, position);
                    if filter.matches(&view) && visible(&view) {
                        if items.len() == per_page {
                            return Ok(Page { next: last_item, items });
                        }
                        last_item = Some((height, index, position));
                        items.push(view);
                    }
                }
                if looked >= SCAN_LIMIT {
                    return Ok(Page { items, next: Some((height, index, u16::MAX)) });
                }
            }
        }
    }
    Ok(Page { items, next: None })
}

fn places(
    ledger: &Ledger,
    table: Table,
    key: &[u8],
    head: usize,
    begin: (Height, u32),
    current: &mut Option<StoredBlock>,
) -> Result<Vec<(Height, u32)>, LedgerError> {
    if table != Table::Blocks {
        let place = key.get(head..head + 12).and_then(read_place);
        return place.map(|p| vec![p]).ok_or_else(|| damaged("unreadable index row"));
    }
    let height = Height(key.try_into().map(u64::from_be_bytes).map_err(|_| damaged("unreadable block row"))?);
    *current = block(ledger, height)?;
    let count = current.as_ref().map_or(0, |b| b.txs.len());
    let from = if height == begin.0 { begin.1 } else { 0 };
    Ok((from..u32::try_from(count).unwrap_or(u32::MAX)).map(|index| (height, index)).collect())
}

impl Filter {
    fn matches(&self, record: &RecordView) -> bool {
        self.object.as_ref().is_none_or(|o| record.objects.contains(o))
            && self.member.as_ref().is_none_or(|m| record.issuer.as_str() == m)
            && self.kind.as_ref().is_none_or(|k| record.kind == *k)
            && self.from.is_none_or(|from| record.time >= from)
    }
}

/// The first block not before a time, by halving.
fn first_height_from(ledger: &Ledger, time: TimeMs) -> Result<Height, LedgerError> {
    let (mut low, mut high) = (1, ledger.head().height.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = block(ledger, Height(middle))?.ok_or_else(|| damaged("a block is missing"))?;
        if found.header.time < time {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Height(low))
}

/// Blocks from newest to oldest, below `before`.
///
/// # Errors
/// The store failed.
pub fn list_blocks(
    ledger: &Ledger,
    before: Option<Height>,
    per_page: usize,
) -> Result<(Vec<StoredBlock>, Option<Height>), LedgerError> {
    let top = before.map_or(ledger.head().height, |h| Height(h.0.saturating_sub(1)));
    let lowest = top.0.saturating_sub(per_page as u64);
    let mut blocks = Vec::new();
    for height in (lowest + 1..=top.0).rev() {
        blocks.push(block(ledger, Height(height))?.ok_or_else(|| damaged("a block is missing"))?);
    }
    Ok((blocks, (lowest > 0).then_some(Height(lowest + 1))))
}
