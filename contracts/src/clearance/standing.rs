//! Whether a trade document still stands, told from the later records of its object chain. Pure.

use super::kinds::{ListClear, MessageClear, OrderClear, PaymentClear, ReplyClear, WaybillClear};
use chain_core::record::Record;
use chain_core::types::{MemberId, RecordId};

/// An accepted record of an object chain.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// Its id.
    pub id: RecordId,
    /// Who submitted it.
    pub issuer: &'a MemberId,
    /// Whether that member is a customs administration.
    pub customs: bool,
    /// The record.
    pub record: &'a Record,
}

/// What later records say of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Deleted by its own issuer (appType 3), or its last answer from customs is 100 退单 or 700 退运.
    pub cancelled_by: Option<RecordId>,
    /// Changed by its own issuer (appType 2), or somebody asked to cancel it (605, 623) or to return
    /// goods of it (213, 625), or a message answers such a wish: a person must look.
    pub doubted_by: Option<RecordId>,
}

/// What tells a document from others of its kind.
struct Head {
    app_type: String,
    /// Every number it has, most official first.
    numbers: Vec<Option<String>>,
}

fn head(record: &Record) -> Option<Head> {
    let (app_type, numbers) = match record.kind.as_str() {
        "trade.order/1" => record.clear::<OrderClear>().ok().map(|b| (b.app_type, vec![Some(b.order_no)])),
        "trade.payment/1" => {
            record.clear::<PaymentClear>().ok().map(|b| (b.app_type, vec![b.pay_transaction_id.or(Some(b.order_no))]))
        }
        "trade.waybill/1" => record.clear::<WaybillClear>().ok().map(|b| (b.app_type, vec![Some(b.logistics_no)])),
        "trade.list/1" => record.clear::<ListClear>().ok().map(|b| (b.app_type, vec![b.invt_no, b.cop_no, b.pre_no])),
        _ => None,
    }?;
    Some(Head { app_type, numbers })
}

fn shared(a: &[Option<String>], b: &[Option<String>]) -> bool {
    a.iter().zip(b).any(|(x, y)| x.is_some() && x == y)
}

/// The numbers that a reply to `kind` answers, in the order of [`Head::numbers`].
fn answered(kind: &str, body: ReplyClear) -> Option<Vec<Option<String>>> {
    match kind {
        "trade.order-reply/1" => Some(vec![body.order_no]),
        "trade.payment-reply/1" => Some(vec![body.pay_transaction_id.or(body.order_no)]),
        "trade.waybill-reply/1" => Some(vec![body.logistics_no]),
        "trade.list-reply/1" => Some(vec![body.invt_no, body.cop_no, body.pre_no]),
        _ => None,
    }
}

/// Reads the later records of a document's object chain, in the order of the ledger.
///
/// Only the document's own issuer deletes or changes it and only customs refuse it: the word of anybody
/// else has no effect. A later positive answer of customs (such as 800) lifts an earlier refusal; negative
/// answers are about the message that was sent and not about the document.
pub fn standing(document: Accepted<'_>, later: &[Accepted<'_>]) -> Standing {
    let Some(own) = head(document.record) else { return Standing::default() };
    let kind = document.record.kind.as_str();
    let reply_kind = kind.replace("/1", "-reply/1");
    let (mut deleted, mut refused, mut doubted) = (None, None, None);
    for next in later.iter().filter(|next| next.id != document.id) {
        let next_kind = next.record.kind.as_str();
        if next_kind == kind && next.issuer == document.issuer {
            match head(next.record).filter(|h| shared(&h.numbers, &own.numbers)) {
                Some(h) if h.app_type == "3" => deleted = deleted.or(Some(next.id)),
                Some(h) if h.app_type == "2" => doubted = Some(next.id),
                _ => {}
            }
        } else if next_kind == reply_kind && next.customs {
            let Ok(body) = next.record.clear::<ReplyClear>() else { continue };
            let status = body.return_status.clone();
            if answered(next_kind, body).is_some_and(|numbers| shared(&numbers, &own.numbers)) {
                match status.as_str() {
                    "100" | "700" => refused = Some(next.id),
                    negative if negative.starts_with('-') => {}
                    _ => refused = None,
                }
            }
        } else if next_kind == "trade.message/1" && kind == "trade.list/1" {
            let Ok(body) = next.record.clear::<MessageClear>() else { continue };
            let about = own.numbers.iter().flatten().any(|number| body.lists.contains(number));
            let withdraws =
                matches!(body.message.as_str(), "605" | "606" | "623" | "624" | "213" | "214" | "625" | "626");
            if about && withdraws {
                doubted = Some(next.id);
            }
        }
    }
    Standing { cancelled_by: deleted.or(refused), doubted_by: doubted }
}
