//! documents-agree: order, waybill, list, declaration, invoice and receivable tell one story.

use super::super::reasons::Reason;
use super::input::{OnLedger, Opened};
use super::{Case, Findings};
use crate::clearance::calls::DeclarationClear;
use crate::clearance::ceb::dec5::Dec5;
use crate::clearance::ceb::object_code;
use crate::clearance::kinds::{Amounts, Goods, ListClear, OrderClear, Parties, WaybillClear};
use crate::clearance::state::Status;
use chain_core::types::{Currency, RecordId};
use serde::de::DeserializeOwned;

/// A document that the receivable names, read, with its sealed fields.
struct Paper<'a, C> {
    id: RecordId,
    found: &'a OnLedger,
    clear: C,
    parties: Opened<Parties>,
    goods: Opened<Goods>,
}

fn read<'a, C: DeserializeOwned>(
    found: Option<&'a OnLedger>,
    named: Option<RecordId>,
    kind: &str,
) -> Option<Paper<'a, C>> {
    let found = found.filter(|f| Some(f.id) == named && f.record.kind.as_str() == kind)?;
    let clear = found.record.clear().ok()?;
    Some(Paper { id: found.id, found, clear, parties: found.open("parties"), goods: found.open("goods") })
}

type Order<'a> = Paper<'a, OrderClear>;
type Waybill<'a> = Paper<'a, WaybillClear>;
type List<'a> = Paper<'a, ListClear>;

/// documents-agree.
pub(super) fn agree(case: &Case<'_>) -> Findings {
    let documents = match &case.documents {
        Opened::Missing => return Findings::only(Reason::DocumentsNotPresented, [case.id]),
        Opened::Unreadable => return Findings::only(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => value,
    };
    let input = case.input;
    let order: Option<Order<'_>> = read(input.order.as_ref().map(|d| &d.found), documents.order, "trade.order/1");
    let waybill: Option<Waybill<'_>> =
        read(input.waybill.as_ref().map(|d| &d.found), documents.waybill, "trade.waybill/1");
    let list: Option<List<'_>> = read(input.list.as_ref().map(|d| &d.found), documents.list, "trade.list/1");
    let mut met = Findings::new();
    met.add_if(order.is_none() || waybill.is_none() || list.is_none(), Reason::NotComparable, [case.id]);
    if let (Some(order), Some(list)) = (&order, &list) {
        numbers_and_parties(&mut met, order, list);
    }
    if let (Some(order), Some(waybill)) = (&order, &waybill) {
        let other = waybill.clear.order_no.as_ref().is_some_and(|number| *number != order.clear.order_no);
        met.add_if(other, Reason::OrderNumberDiffers, [order.id, waybill.id]);
    }
    if let (Some(waybill), Some(list)) = (&waybill, &list) {
        let other = list.clear.logistics_no != waybill.clear.logistics_no;
        met.add_if(other, Reason::WaybillNumberDiffers, [waybill.id, list.id]);
        carrier(&mut met, waybill, list);
    }
    if let Some(order) = &order {
        seller(case, &mut met, order);
        totals(case, &mut met, order, list.as_ref());
    }
    currencies(case, &mut met, order.as_ref(), list.as_ref());
    invoice(case, &mut met);
    declaration(case, &mut met, documents.declaration, list.as_ref());
    met.or(Reason::DocumentsAgree, input.documents().map(|found| found.id))
}

/// The parties of a document, or a finding that says why not.
fn parties<'a, C>(met: &mut Findings, paper: &'a Paper<'_, C>) -> Option<&'a Parties> {
    match &paper.parties {
        Opened::Missing => met.add(Reason::DocumentPartiesNotPresented, [paper.id]),
        Opened::Unreadable => met.add(Reason::SealedUnreadable, [paper.id]),
        Opened::Shown { .. } => {}
    }
    paper.parties.value()
}

/// Both codes must be there and equal.
fn same_code(met: &mut Findings, a: Option<&String>, b: Option<&String>, records: [RecordId; 2]) {
    match (a, b) {
        (Some(a), Some(b)) => met.add_if(a != b, Reason::PartiesDiffer, records),
        _ => met.add(Reason::NotComparable, records),
    }
}

fn numbers_and_parties(met: &mut Findings, order: &Order<'_>, list: &List<'_>) {
    let ids = [order.id, list.id];
    met.add_if(list.clear.order_no != order.clear.order_no, Reason::OrderNumberDiffers, ids);
    let (on_order, on_list) = (parties(met, order), parties(met, list));
    if let (Some(a), Some(b)) = (on_order, on_list) {
        same_code(met, a.ebc_code.as_ref(), b.ebc_code.as_ref(), ids);
        // An order placed without a platform names none.
        if a.ebp_code.is_some() || b.ebp_code.is_some() {
            same_code(met, a.ebp_code.as_ref(), b.ebp_code.as_ref(), ids);
        }
    }
}

fn carrier(met: &mut Findings, waybill: &Waybill<'_>, list: &List<'_>) {
    let (on_waybill, on_list) = (parties(met, waybill), parties(met, list));
    if let (Some(a), Some(b)) = (on_waybill, on_list) {
        same_code(met, a.logistics_code.as_ref(), b.logistics_code.as_ref(), [waybill.id, list.id]);
    }
}

/// The documents of another seller prove nothing about this creditor.
fn seller(case: &Case<'_>, met: &mut Findings, order: &Order<'_>) {
    let Some(parties) = parties(met, order) else { return };
    match &parties.ebc_code {
        None => met.add(Reason::NotComparable, [order.id]),
        Some(code) => {
            let own = code == case.input.receivable.issuer.as_str() || case.input.seller_codes.contains(code);
            met.add_if(!own, Reason::SellerDiffers, [order.id]);
        }
    }
}

fn totals(case: &Case<'_>, met: &mut Findings, order: &Order<'_>, list: Option<&List<'_>>) {
    let amounts = match order.found.open::<Amounts>("amounts") {
        Opened::Missing => return met.add(Reason::DocumentAmountsNotPresented, [order.id]),
        Opened::Unreadable => return met.add(Reason::SealedUnreadable, [order.id]),
        Opened::Shown { value, .. } => value,
    };
    let Some(value) = amounts.goods_value else { return met.add(Reason::NotComparable, [order.id]) };
    lines_add_up(met, &order.goods, value, order.id);
    if let Some(list) = list {
        lines_add_up(met, &list.goods, value, list.id);
    }
    if let Some(invoice) = case.invoice.value() {
        match (order_total(&amounts), in_units(invoice.minor, &invoice.currency)) {
            (Some(total), Some(invoiced)) => met.add_if(invoiced > total, Reason::InvoiceExceedsOrder, [order.id]),
            _ => met.add(Reason::NotComparable, [order.id]),
        }
    }
}

fn lines_add_up(met: &mut Findings, goods: &Opened<Goods>, value: Dec5, id: RecordId) {
    let goods = match goods {
        Opened::Missing => return met.add(Reason::DocumentGoodsNotPresented, [id]),
        Opened::Unreadable => return met.add(Reason::SealedUnreadable, [id]),
        Opened::Shown { value, .. } => value,
    };
    let prices = goods.lines.iter().flatten().map(|line| line.total_price).collect::<Option<Vec<Dec5>>>();
    match prices.filter(|prices| !prices.is_empty()).and_then(Dec5::checked_sum) {
        None => met.add(Reason::NotComparable, [id]),
        Some(sum) => met.add_if(sum != value, Reason::TotalsDiffer, [id]),
    }
}

/// What the buyer pays: goodsValue + freight + taxTotal − discount.
fn order_total(amounts: &Amounts) -> Option<Dec5> {
    let part = |amount: Option<Dec5>| amount.unwrap_or(Dec5::ZERO);
    Dec5::checked_sum([amounts.goods_value?, part(amounts.freight), part(amounts.tax_total)])?
        .checked_sub(part(amounts.discount))
}

/// Minor units as a decimal of the currency's own places (ISO 4217).
fn in_units(minor: u64, currency: &Currency) -> Option<Dec5> {
    let scale = match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 100_000,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 100,
        _ => 1_000,
    };
    i128::from(minor).checked_mul(scale).map(Dec5::from_units)
}

/// Customs currency codes (币制代码) by their ISO 4217 codes.
fn iso(customs: &str) -> Option<&'static str> {
    Some(match customs {
        "110" => "HKD",
        "113" => "IRR",
        "116" => "JPY",
        "118" => "KWD",
        "121" => "MOP",
        "122" => "MYR",
        "127" => "PKR",
        "129" => "PHP",
        "132" => "SGD",
        "133" => "KRW",
        "136" => "THB",
        "142" => "CNY",
        "143" => "TWD",
        "300" => "EUR",
        "302" => "DKK",
        "303" => "GBP",
        "326" => "NOK",
        "330" => "SEK",
        "331" => "CHF",
        "501" => "CAD",
        "502" => "USD",
        "601" => "AUD",
        "609" => "NZD",
        _ => return None,
    })
}

fn currencies(case: &Case<'_>, met: &mut Findings, order: Option<&Order<'_>>, list: Option<&List<'_>>) {
    let own = case.body.currency.as_str();
    let papers =
        [order.map(|p| (p.id, &p.clear.currency, &p.goods)), list.map(|p| (p.id, &p.clear.currency, &p.goods))];
    for (id, head, goods) in papers.into_iter().flatten() {
        let lines =
            goods.value().into_iter().flat_map(|g| g.lines.iter().flatten()).filter_map(|l| l.currency.as_ref());
        let stated: Vec<&String> = head.iter().chain(lines).collect();
        let known: Vec<&str> = stated.iter().filter_map(|code| iso(code)).collect();
        met.add_if(known.iter().any(|code| *code != own), Reason::CurrencyDiffers, [id]);
        met.add_if(stated.is_empty() || known.len() < stated.len(), Reason::CurrencyUnknown, [id]);
    }
}

fn invoice(case: &Case<'_>, met: &mut Findings) {
    match &case.invoice {
        Opened::Missing => met.add(Reason::InvoiceNotPresented, [case.id]),
        Opened::Unreadable => met.add(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => {
            met.add_if(value.currency != case.body.currency, Reason::CurrencyDiffers, [case.id]);
            met.add_if(case.body.minor > value.minor, Reason::ReceivableExceedsInvoice, [case.id]);
            met.add_if(case.body.issued != value.date, Reason::IssuedDiffers, [case.id]);
        }
    }
}

fn declaration(case: &Case<'_>, met: &mut Findings, named: Option<RecordId>, list: Option<&List<'_>>) {
    let found = case
        .input
        .declaration
        .as_ref()
        .filter(|d| Some(d.found.id) == named && d.found.record.kind.as_str() == "clearance.declaration/1");
    let Some((declaration, body)) =
        found.and_then(|d| d.found.record.clear::<DeclarationClear>().ok().map(|body| (d, body)))
    else {
        return met.add(Reason::NotComparable, [case.id]);
    };
    let id = declaration.found.id;
    if let Some(list) = list {
        let numbers = [&list.clear.invt_no, &list.clear.cop_no, &list.clear.pre_no];
        let codes: Vec<String> = numbers.into_iter().flatten().map(|number| object_code("list", number)).collect();
        let named = body.lists.iter().any(|code| codes.iter().any(|c| c == code.as_str()));
        met.add_if(!named, Reason::DeclarationOmitsList, [id, list.id]);
    }
    // The declaration's state is of its first filing; another record of the same number proves nothing.
    let status = declaration.state.as_ref().filter(|state| state.record == id).map(|state| state.status);
    // A cancelled one is the next check's business.
    met.add_if(!matches!(status, Some(Status::Released | Status::Cancelled)), Reason::NotReleased, [id]);
}
