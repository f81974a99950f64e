#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::customs::{CustomsCode, DeclarationNo, Flow, ListNo};
use super::einvoice::EInvoiceNo;
use super::hs::HsCode;
use super::uscc::{Uscc, check_digit, organisation_check_digit};
use super::*;

const VALID: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/uscc/valid.txt");

#[test]
fn published_credit_codes_pass_and_no_changed_character_does() {
    let Ok(text) = std::fs::read_to_string(VALID) else {
        println!("skipped: {VALID} is not there");
        return;
    };
    let codes: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(codes.len(), 100);
    let mut changes = 0;
    for code in codes {
        Uscc::parse(code).unwrap();
        for at in 0..code.len() {
            for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-".chars().filter(|c| !code[at..].starts_with(*c)) {
                let changed = format!("{}{other}{}", &code[..at], &code[at + 1..]);
                assert!(Uscc::parse(&changed).is_err(), "{changed}");
                changes += 1;
            }
        }
    }
    assert_eq!(changes, 100 * 18 * 36);
}

#[test]
fn both_check_digits_are_told_apart() {
    // GB 32100-2015's own example, with the digit its printed form gets wrong.
    assert_eq!(check_digit("91350100M000100Y4"), Some('3'));
    assert_eq!(organisation_check_digit("M000100Y"), Some('4'));
    assert_eq!(check_digit("91350100M000100YI"), None);
    let good = Uscc::parse(" ９１３５０１００ｍ０００１００ｙ４３ ").unwrap();
    assert_eq!((good.as_str(), good.division(), good.organisation()), ("91350100M000100Y43", "350100", "M000100Y4"));
    // An organisation code with a wrong digit under a right outer digit.
    let outer = check_digit("91350100M000100Y5").unwrap();
    let problems = Uscc::problems(&format!("91350100M000100Y5{outer}"));
    assert!(matches!(problems[..], [IdError::CheckDigit { standard: "GB 11714-1997", needed: '4', .. }]), "{problems:?}");
    assert!(matches!(Uscc::parse("91350100M000100Y4"), Err(IdError::Length { found: 17, .. })));
    assert!(matches!(Uscc::parse("9135O100M000100Y43"), Err(IdError::Character { position: 5, .. })));
    assert!(matches!(Uscc::parse("913501A0M000100Y43"), Err(IdError::Character { position: 7, .. })));
}

#[test]
fn customs_numbers() {
    assert_eq!(CustomsCode::parse("44306650k2").unwrap().as_str(), "44306650K2");
    assert_eq!(CustomsCode::parse("1105910159").unwrap().region(), "1105");
    for bad in ["110591015", "11059101590", "A105910159", "11059-0159", "无"] {
        assert!(CustomsCode::parse(bad).is_err(), "{bad}");
    }
    let declaration = DeclarationNo::parse("310120261123456789").unwrap();
    assert_eq!((declaration.district(), declaration.year(), declaration.flow(), declaration.serial()), ("3101", "2026", Flow::Import, "123456789"));
    for bad in ["31012026112345678", "310120262123456789", "310100001123456789", "3101202611234567８X"] {
        assert!(DeclarationNo::parse(bad).is_err(), "{bad}");
    }
    let list = ListNo::parse("37002026i123456789").unwrap();
    assert_eq!((list.flow(), list.serial()), (Flow::Import, "123456789"));
    assert_eq!(ListNo::parse("37002026E12345678901").unwrap().serial(), "12345678901");
    for bad in ["37002026I12345678", "37002026E123456789012", "37002026X123456789", "37002026I12345678A", "37001016I123456789"] {
        assert!(ListNo::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn invoices_and_commodity_codes() {
    let invoice = EInvoiceNo::parse("26312000000123456789").unwrap();
    assert_eq!((invoice.year(), invoice.province(), invoice.channel(), invoice.serial()), ("26", "31", "2", "000000123456789"));
    for bad in ["2631200000012345678", "26992000000123456789", "2631200000012345678A"] {
        assert!(EInvoiceNo::parse(bad).is_err(), "{bad}");
    }
    let code = HsCode::parse("8541.40.10.00").unwrap();
    assert_eq!((code.as_str(), code.chapter(), code.heading(), code.subheading()), ("8541401000", "85", "8541", Some("854140")));
    assert!(HsCode::parse("8541").unwrap().contains(&code) && !HsCode::parse("854150").unwrap().contains(&code));
    for bad in ["85414", "0041", "7701", "8500", "85414x", "85414010001"] {
        assert!(HsCode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn identifiers_travel_as_json_strings() {
    let code: HsCode = serde_json::from_str("\"8541.40\"").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"854140\"");
    assert!(serde_json::from_str::<Uscc>("\"x\"").is_err());
}
