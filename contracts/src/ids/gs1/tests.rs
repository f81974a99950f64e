#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::path::PathBuf;

fn samples(file: &str) -> Option<String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples")).join(file);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {file} is not beside this checkout");
    }
    text
}

#[test]
fn numbers_are_read_as_people_type_them() {
    assert_eq!(Gtin::parse(" ０２３４５６７３ ").unwrap().code(), "01/00000002345673");
    assert_eq!(Gtin::parse("416000336108").unwrap().as_str(), "00416000336108");
    assert_eq!(Gln::parse("4012345000054").unwrap().code(), "414/4012345000054");
    assert_eq!(Sscc::parse("123456789012345675").unwrap().code(), "00/123456789012345675");
    assert_eq!(Gtin::parse("02345674"), Err(Gs1Error::CheckDigit("GTIN")));
    assert_eq!(Gtin::parse("0234567"), Err(Gs1Error::Length("GTIN")));
    assert_eq!(Gln::parse("401234500005X"), Err(Gs1Error::Character("GLN")));
    assert_eq!(Gln::parse(""), Err(Gs1Error::Length("GLN")));
}

#[test]
fn urns_and_links_of_one_object_meet_in_one_code() {
    let table = [
        ("urn:epc:id:sgtin:4012345.011111.98%22", "01/04012345111118/21/98%22"),
        ("urn:epc:id:sgtin:415056789012.0.987654", "01/04150567890128/21/987654"),
        ("urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()", "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29"),
        ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
        ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
        ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
        ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
        ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
        ("urn:epc:id:gsrn:4012345.0000006765", "8018/401234500000067657"),
        ("urn:epc:id:gsrnp:4012345.0000000007", "8017/401234500000000074"),
        ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
        ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "8010/061414111111111111111-A%23%2F/8011/1234"),
        ("urn:epc:id:ginc:0614141.xyz47%2F11", "401/0614141xyz47%2F11"),
        ("urn:epc:id:gsin:4012345.222333444", "402/40123452223334442"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
        (
            "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB",
            "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7%27SDB",
        ),
        ("urn:epc:id:pgln:999999999999.", "417/9999999999994"),
        ("urn:epc:id:sgcn:4012345.99999.44", "255/401234599999044"),
        ("urn:epc:class:lgtin:4012345.012345.Lot.987", "01/04012345123456/10/Lot.987"),
        ("urn:epc:idpat:sgtin:4054739.099914.*", "01/04054739999148"),
        ("urn:epc:idpat:grai:4012345.66666.*", "8003/04012345666663"),
        ("urn:epc:idpat:gdti:4012345.55555.*", "253/4012345555554"),
        ("urn:epc:idpat:cpi:4012345.ABC.*", "8010/4012345ABC"),
        ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
        ("https://example.com/gtin/09780345418913/21/765tz?abc=211121", "01/09780345418913/21/765tz"),
        ("https://brand.example/shop/01/9506000134352/10/L1/21/123", "01/09506000134352/21/123"),
        ("https://id.gs1.org/01/09506000134352/22/2A", "01/09506000134352"),
        ("HTTPS://id.gs1.org/414/4012345000054/254/0", "414/4012345000054"),
    ];
    for (uri, code) in table {
        assert_eq!(object_code(uri), ObjectCode { code: code.into(), fault: None }, "{uri}");
    }
}

#[test]
fn what_is_no_sound_key_stays_its_own_text() {
    for uri in ["urn:uuid:12", "urn:epc:idpat:sgtin:*.*.*", "https://example.org/user/7", "urn:epc:id:gid:1.2.3"] {
        assert_eq!(object_code(uri), ObjectCode { code: uri.into(), fault: None }, "{uri}");
    }
    let faults = [
        ("https://id.gs1.org/01/09521141012346/21/2017", Gs1Error::CheckDigit("GTIN")),
        ("https://id.gs1.org/01/09506000134352/21/1/10/2", Gs1Error::Structure("GTIN")),
        ("https://id.gs1.org/01/09506000134352/21/%E5", Gs1Error::Structure("GTIN")),
        ("urn:epc:id:sgtin:4012345.01111.1", Gs1Error::Structure("GTIN")),
        ("urn:epc:id:sgtin:4012345.011111.", Gs1Error::Structure("GTIN")),
        ("urn:epc:id:sgtin:4012345.011111.123456789012345678901", Gs1Error::Length("GTIN")),
        ("urn:epc:id:sscc:4012345.3111111111.9", Gs1Error::Structure("GS1 key")),
        ("urn:epc:id:sgtin:40123.45011111.1", Gs1Error::Structure("GTIN")),
    ];
    for (uri, fault) in faults {
        assert_eq!(object_code(uri), ObjectCode { code: uri.into(), fault: Some(fault) }, "{uri}");
    }
    assert_eq!(uri_code("http://例/ a"), "http://%E4%BE%8B/%20a");
    let long = format!("urn:x:{}", "a".repeat(MAX_CODE));
    let code = uri_code(&long);
    assert!(code.starts_with("uri:sha256:") && code.len() == 75, "{code}");
    assert_eq!(uri_code(&long[..MAX_CODE]), long[..MAX_CODE]);
    for text in ["", "01/09506000134352/21/1", "01/09521141012346", "7"] {
        let read = object_code(text);
        assert!(read.code.starts_with("uri:sha256:") && read.fault.is_none(), "{text}: {read:?}");
    }
    assert_eq!(uri_code("_:document1"), "_:document1");
}

/// `\xNN` and `\"` of the vector files.
fn unescape(text: &str) -> Option<String> {
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::new();
    let mut chars = text.bytes();
    while let Some(b) = chars.next() {
        match (b, if b == b'\\' { chars.next() } else { None }) {
            (b'\\', Some(b'x')) => {
                let pair = [chars.next()?, chars.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
            }
            (b'\\', Some(c)) => bytes.push(c),
            _ => bytes.push(b),
        }
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn gs1_linter_vectors() {
    let Some(text) = samples("gs1-syntax/linter-vectors.tsv") else {
        return;
    };
    let mut seen = 0;
    for line in text.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [linter, verdict, data, ..] = cells[..] else {
            continue;
        };
        let check: fn(&str) -> bool = match linter {
            "gs1_lint_csum" => has_check_digit,
            "gs1_lint_csumalpha" => has_check_pair,
            "gs1_lint_cset82" => is_cset82,
            "gs1_lint_cset39" => is_cset39,
            "gs1_lint_pieceoftotal" => is_piece_of_total,
            _ => continue,
        };
        // Bytes that are no UTF-8 cannot reach these functions.
        let Some(data) = unescape(data) else { continue };
        seen += 1;
        assert_eq!(check(&data), verdict == "PASS", "{linter} {data:?}");
    }
    println!("{seen} linter vectors agree");
    assert!(seen > 150);
}

#[test]
fn gs1_digital_link_vectors() {
    let Some(text) = samples("gs1-syntax/digital-link-vectors.tsv") else {
        return;
    };
    let (mut seen, mut query) = (0, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, good, input, expected] = cells[..] else {
            continue;
        };
        let uri = match kind {
            "parse" => input,
            _ if good == "true" => expected,
            _ => continue,
        };
        let read = object_code(uri);
        let is_key = read.code.split('/').next().is_some_and(|ai| !ai.is_empty() && is_digits(ai));
        if good == "false" && uri.contains('?') {
            // Faults in the attributes of the query do not touch the key in the path.
            query += 1;
            continue;
        }
        // Two vectors differ only in whether short names are switched on; here they are.
        let short_names_off = good == "false" && uri == "https://a/gtin/12312312312333";
        if short_names_off {
            continue;
        }
        seen += 1;
        assert_eq!(is_key, good == "true", "{uri} {read:?}");
        if is_key && kind == "parse" {
            let (ai, value) = read.code.split_once('/').unwrap();
            let key = decode(value.split('/').next().unwrap()).unwrap();
            assert!(expected.starts_with(&format!("^{ai}{key}")), "{uri} {} {expected}", read.code);
        }
    }
    println!("{seen} Digital Link vectors agree, {query} concern only the query");
    assert!(seen > 40);
}
