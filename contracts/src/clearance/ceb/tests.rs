#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::PathBuf;

use chain_core::record::RecordDraft;
use serde_json::{Value, json};

use super::dec5::Dec5;
use super::table::TABLES;
use super::write::{Buyer, Consignee, Enterprise, Quadruple, Trade, TradeLine, quadruple};
use super::*;
use crate::clearance::kinds::{
    Amounts, Goods, ListClear, MessageClear, OrderClear, Other, Parties, PaymentClear, Personal, ReplyClear, Transport, WaybillClear,
};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/ceb");

/// The XML files of a sample folder; empty, with a message, when it is not there.
fn samples(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let path = PathBuf::from(SAMPLES).join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: {} is not there", path.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "xml")).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn d(text: &str) -> Dec5 {
    Dec5::parse(text).unwrap()
}

pub(super) fn trade(direction: Direction) -> Trade {
    let firm = |code: &str, name: &str| Enterprise { code: code.into(), name: name.into() };
    let line = |item: &str, qty: &str, price: &str| TradeLine {
        item_no: item.into(),
        record_no: None,
        name: "儿童水杯".into(),
        model: "350ml|塑料".into(),
        hs_code: "3924100000".into(),
        bar_code: "6901234567892".into(),
        country: "116".into(),
        unit: "011".into(),
        qty: d(qty),
        price: d(price),
    };
    Trade {
        direction,
        guids: [1, 2, 3, 4].map(|n| format!("0A1B2C3D-0000-4000-8000-00000000000{n}")),
        time: "20261122093000".into(),
        order_no: "SO-2026/7".into(),
        payment_no: "PAY7".into(),
        waybill_no: "WB7".into(),
        cop_no: "COP7".into(),
        invt_no: None,
        declared: false,
        platform: firm("91350100M000100Y43", "示例平台"),
        seller: firm("44306650K2", "示例卖家 & 公司"),
        payment: firm("1105910159", "示例支付"),
        carrier: firm("1101180326", "示例物流"),
        agent: firm("1105910160", "示例报关"),
        warehouse: None,
        account_book: None,
        buyer: Buyer { reg_no: "U-REG-77".into(), name: "张示例".into(), id_number: "11010519491231002X".into(), phone: "13800000001".into() },
        consignee: Consignee { name: "李示例".into(), phone: "13900000002".into(), address: "示例市示例路 1 号".into() },
        lines: vec![line("A-1", "2", "39.9"), line("A-2", "3", "0.33333")],
        freight: d("12.5"),
        insurance: d("0"),
        tax: d("8.41"),
        discount: d("5"),
        currency: "142".into(),
        trade_mode: "9610".into(),
        customs_code: "3700".into(),
        port_code: "3701".into(),
        traf_mode: "5".into(),
        traf_name: "MU5101".into(),
        voyage_no: "20261122".into(),
        bill_no: "781-12345675".into(),
        country: "116".into(),
        port_abroad: "116".into(),
        gross_weight: d("1.2"),
        net_weight: d("1"),
        dxp_id: "DXPENT0000000001".into(),
    }
}

fn import() -> Quadruple {
    quadruple(&trade(Direction::Import)).unwrap()
}

fn refusal(text: &str) -> CebError {
    read(text.as_bytes()).unwrap_err().into_iter().next().unwrap()
}

#[test]
fn tables_cover_all_messages() {
    let tables = TABLES.as_ref().unwrap();
    let count = |direction, edition| tables.of(direction, edition).roots().count();
    assert_eq!([count(Direction::Import, Edition::E2018), count(Direction::Export, Edition::E2018)], [19, 19]);
    assert_eq!([count(Direction::Import, Edition::E2022), count(Direction::Export, Edition::E2022)], [19, 23]);
}

#[test]
fn official_samples_are_accepted() {
    let files: Vec<_> = ["2018-113/import", "2018-113/export"].into_iter().flat_map(samples).collect();
    assert!(files.is_empty() || files.len() == 35);
    for (path, bytes) in files {
        let document = read(&bytes).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        assert_eq!(document.edition, Edition::E2018);
        assert!(path.ends_with(format!("CEB{}Message.xml", document.message)));
        assert_eq!(document.drafts().len(), document.items.len());
        check_drafts(&document);
    }
}

#[test]
fn the_real_signed_list_is_accepted_and_its_unsigned_form_is_not() {
    for (path, bytes) in samples("signed-sample") {
        let verdict = read(&bytes);
        if path.ends_with("CEB621Message.xml") {
            assert_eq!(verdict.unwrap_err()[0].path, "/CEB621Message/Signature");
        } else {
            assert!(verdict.unwrap().signed);
        }
    }
}

#[test]
fn the_known_faults_of_the_order_sample_are_warnings() {
    let Some((_, bytes)) = samples("2018-113/import").into_iter().find(|(p, _)| p.ends_with("CEB311Message.xml")) else { return };
    let document = read(&bytes).unwrap();
    let has = |code: &str, path: &str| document.warnings.iter().any(|w| w.code == code && w.path == path);
    assert!(has("CEB-W01", "/CEB311Message/Order[1]/OrderList[2]/totalPrice"));
    assert!(has("CEB-W04", "/CEB311Message/Order[1]/goodsValue"));
    assert!(has("CEB-W05", "/CEB311Message/Order[2]/guid"));
    assert!(has("CEB-W06", "/CEB311Message/Order[2]/orderNo"));
    assert!(!document.warnings.iter().any(|w| matches!(w.code, "CEB-W02" | "CEB-W03")), "head arithmetic is right");
}

/// Every typed draft reads back as the structures of `kinds`, and no personal value is clear.
fn check_drafts(document: &CebDocument) {
    for draft in document.drafts() {
        let clear = Value::Object(draft.clear.clone());
        fn reads<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value) {
            let body: T = serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {value}"));
            assert_eq!(&serde_json::to_value(body).unwrap(), value);
        }
        match draft.kind.as_str() {
            "trade.order/1" => reads::<OrderClear>(&clear),
            "trade.payment/1" => reads::<PaymentClear>(&clear),
            "trade.waybill/1" => reads::<WaybillClear>(&clear),
            "trade.list/1" => reads::<ListClear>(&clear),
            "trade.message/1" => reads::<MessageClear>(&clear),
            reply => {
                assert!(reply.ends_with("-reply/1"));
                reads::<ReplyClear>(&clear);
            }
        }
        for (name, value) in &draft.sealed {
            match name.as_str() {
                "parties" => reads::<Parties>(value),
                "amounts" => reads::<Amounts>(value),
                "goods" => reads::<Goods>(value),
                "personal" => reads::<Personal>(value),
                "transport" => reads::<Transport>(value),
                "other" => reads::<Other>(value),
                xml => assert_eq!(xml, "xml"),
            }
        }
        assert!(!draft.objects.is_empty());
        assert!(draft.objects.iter().all(|code| code.is_ascii() && code.len() <= 128 && code.contains(':')));
        assert_no_person_in_clear(&draft, document);
    }
}

/// Looks for every personal value of the whole document in one draft's clear part.
fn assert_no_person_in_clear(draft: &RecordDraft, document: &CebDocument) {
    let clear = format!("{} {:?} {} {}", draft.kind, draft.objects, draft.at, Value::Object(draft.clear.clone()));
    let amounts_and_firms = ["parties", "amounts", "personal", "goods", "transport", "other"];
    assert!(amounts_and_firms.iter().all(|name| !draft.clear.contains_key(*name)));
    for (name, value) in document.items.iter().flat_map(|item| &item.head) {
        // The kind of identity document is one digit and says nothing about who it is.
        let person = fields::place(name) == fields::Place::Personal && !name.ends_with("IdType");
        assert!(!person || !clear.contains(value.as_str()), "{name} is clear in {clear}");
    }
}

#[test]
fn written_sets_are_accepted_and_link() {
    for direction in [Direction::Import, Direction::Export] {
        let set = quadruple(&trade(direction)).unwrap();
        let mut drafts = Vec::new();
        for xml in [&set.order, &set.payment, &set.waybill, &set.list] {
            let document = read(xml.as_bytes()).unwrap();
            assert_eq!(document.warnings, [], "{direction:?}");
            assert_eq!(document.direction, direction);
            check_drafts(&document);
            drafts.extend(document.drafts());
        }
        let kinds: Vec<&str> = drafts.iter().map(|draft| draft.kind.as_str()).collect();
        assert_eq!(kinds, ["trade.order/1", "trade.payment/1", "trade.waybill/1", "trade.list/1"]);
        assert_eq!(drafts[3].objects, ["list:COP7", "order:SO-2026%2F7", "waybill:WB7"]);
        assert!(drafts[1].objects.contains(&"payment:PAY7".to_owned()));
        assert!(drafts.iter().all(|draft| draft.at == "2026-11-22T01:30:00Z"));
    }
}

#[test]
fn an_order_is_split_into_clear_and_sealed_fields() {
    let draft = read(import().order.as_bytes()).unwrap().drafts().remove(0);
    let expected = json!({"direction":"import","message":"311","guid":"0A1B2C3D-0000-4000-8000-000000000001","appType":"1",
        "appTime":"20261122093000","appStatus":"2","orderNo":"SO-2026/7","payTransactionId":"PAY7","currency":"142"});
    assert_eq!(Value::Object(draft.clear), expected);
    let sealed = |name: &str| draft.sealed.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let amounts: Amounts = serde_json::from_value(sealed("amounts")).unwrap();
    // 2 × 39.9 + 3 × 0.33333 = 80.79999; + 12.5 + 8.41 − 5.
    assert_eq!((amounts.goods_value, amounts.actural_paid), (Some(d("80.79999")), Some(d("96.70999"))));
    let parties: Parties = serde_json::from_value(sealed("parties")).unwrap();
    assert_eq!(parties.ebc_name.as_deref(), Some("示例卖家 & 公司"));
    let personal: Personal = serde_json::from_value(sealed("personal")).unwrap();
    assert_eq!(personal.buyer_id_number.as_deref(), Some("11010519491231002X"));
    let goods: Goods = serde_json::from_value(sealed("goods")).unwrap();
    assert_eq!(goods.lines.unwrap()[1].total_price, Some(d("0.99999")));
    assert_eq!(sealed("other"), json!({"orderType":"I"}));
}

#[test]
fn notes_stay_out_of_the_goods() {
    let order = import().order.replacen("</ceb:OrderList>", "<ceb:note>送给王先生</ceb:note></ceb:OrderList>", 1);
    let draft = read(order.as_bytes()).unwrap().drafts().remove(0);
    let sealed = |name: &str| draft.sealed.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert!(!sealed("goods").to_string().contains("王先生"));
    assert_eq!(sealed("other")["lineNotes"], json!([{"gnum":1,"note":"送给王先生"}]));
}

#[test]
fn other_messages_keep_their_xml_sealed() {
    let Some((_, bytes)) = samples("2018-113/export").into_iter().find(|(p, _)| p.ends_with("CEB701Message.xml")) else { return };
    let draft = read(&bytes).unwrap().drafts().remove(0);
    assert_eq!(draft.kind, "trade.message/1");
    assert!(draft.objects.iter().all(|code| code.starts_with("list:")));
    let (name, xml) = &draft.sealed[0];
    assert_eq!(name, "xml");
    assert!(xml.as_str().unwrap().starts_with("<ceb:SummaryApply>") && xml.as_str().unwrap().ends_with("</ceb:SummaryApply>"));
}

#[test]
fn the_later_edition_is_accepted_where_it_differs() {
    let list = quadruple(&trade(Direction::Export)).unwrap().list;
    // Twenty characters: refused in 2018-113 (exactly 18), allowed in 2022-05.
    let longer = list.replace("</ceb:copNo>", "</ceb:copNo><ceb:invtNo>37002026E12345678901</ceb:invtNo>");
    let document = read(longer.as_bytes()).unwrap();
    assert_eq!(document.edition, Edition::E2022);
    assert_eq!(document.drafts()[0].objects[..2], ["list:37002026E12345678901", "list:COP7"]);
    let refund = "<?xml version=\"1.0\"?><CEB214Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"0A1B2C3D-0000-4000-8000-000000000001\" version=\"1.0\"><RefundReturn><guid>0A1B2C3D-0000-4000-8000-000000000001</guid><agentCode>1105910159</agentCode><coElNo>C1</coElNo><invtNo>37002026E123456789</invtNo><returnStatus>120</returnStatus><returnTime>20261122093000123</returnTime><returnInfo/></RefundReturn></CEB214Message>";
    let document = read(refund.as_bytes()).unwrap();
    assert_eq!((document.edition, document.drafts()[0].objects.clone()), (Edition::E2022, vec!["list:37002026E123456789".to_owned()]));
}

#[test]
fn object_codes_are_short_ascii() {
    assert_eq!(object_code("order", "A-1_.~"), "order:A-1_.~");
    assert_eq!(object_code("order", "订:1"), "order:%E8%AE%A2%3A1");
    let long = object_code("waybill", &"单".repeat(80));
    assert!(long.starts_with("waybill:~") && long.len() == 73 && long != object_code("waybill", &"单".repeat(79)));
}

#[test]
fn times_become_utc() {
    for (local, utc) in [
        ("20260101075959", Some("2025-12-31T23:59:59Z")), ("20240301000000", Some("2024-02-29T16:00:00Z")),
        ("20250301000000123", Some("2025-02-28T16:00:00Z")), ("20261122080000", Some("2026-11-22T00:00:00Z")),
        ("20261301000000", None), ("20260230000000", None), ("20261122240000", None), ("2026112208000", None), ("2026112208000x", None),
    ] {
        assert_eq!(time::to_utc(local).as_deref(), utc, "{local}");
    }
}

mod refusals;
