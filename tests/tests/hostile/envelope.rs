//! Crafted envelopes: headers, claims, signatures, framing, sizes, numbers, nesting.

use super::Case;
use super::attack::{Net, order};
use super::forge::{Forge, Parts};
use chain_core::keys::{Signer as _, b64};
use chain_core::tx::disclosure::digest;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use testnet::client::now_s;

/// Texts that are not integers within 2^53 - 1, or not JSON.
pub const NUMBERS: [&str; 22] = [
    "1e999",
    "-1e999",
    "1E3",
    "-0",
    "-0.0",
    "1.0",
    "0.1",
    "-1",
    "9007199254740992",
    "-9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "1e-400",
    "NaN",
    "Infinity",
    "0x10",
    "01",
    "+1",
    "1_000",
    "true",
    "\"5\"",
];

/// The fourteen encodings of points of small order (RFC 8032 and its non-canonical ones), hexadecimal.
pub const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

pub fn bytes32(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn order_json(number: &str) -> Value {
    let draft = order(number);
    json!({ "kind": draft.kind, "objects": draft.objects, "at": draft.at, "body": draft.clear })
}

fn good(net: &Net, forge: &mut Forge) -> Parts {
    forge.value(&net.cast().enterprises[0], &order_json("E-1"))
}

pub fn headers(net: &Net, forge: &mut Forge, out: &mut Vec<Case>) {
    let algorithms = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS512",
        "ES256",
        "ES256K",
        "RS256",
        "PS256",
        "Ed448",
        "ed25519",
        "EDDSA",
        "EdDSA ",
        "Ed25519ph",
        "",
        "\u{0395}d25519",
        "Ed\u{200b}25519",
        "SM3",
        "A128KW",
    ];
    for alg in algorithms {
        let parts = good(net, forge).field("alg", &json!(alg).to_string());
        out.push(Case::new(format!("alg {alg:?}"), parts.signed(), "TX-1011"));
        out.push(Case::new(format!("alg {alg:?}, no signature"), parts.with_signature(&[]), "TX-1011"));
    }
    for alg in ["SM2", "SM2SM3", "SM3withSM2"] {
        out.push(Case::new(
            format!("alg {alg}"),
            good(net, forge).field("alg", &json!(alg).to_string()).signed(),
            "TX-1012",
        ));
    }
    for (name, text) in
        [("alg", "null"), ("alg", "[\"Ed25519\"]"), ("kid", "null"), ("kid", "7"), ("kid", "\"\""), ("typ", "null")]
    {
        out.push(Case::new(format!("{name} {text}"), good(net, forge).field(name, text).signed(), "TX-1009"));
    }
    for typ in
        ["JWT", "sd-jwt", "SEALANE+SD-JWT", "sealane-auth+jwt", "sealane+sd-jwt ", "application/sealane+sd-jwt", ""]
    {
        out.push(Case::new(
            format!("typ {typ}"),
            good(net, forge).field("typ", &json!(typ).to_string()).signed(),
            "TX-1010",
        ));
    }
    for (name, text) in [
        ("jwk", "{}"),
        ("jku", "\"https://example.invalid\""),
        ("x5c", "[]"),
        ("crit", "[\"exp\"]"),
        ("b64", "false"),
        ("x", "0"),
    ] {
        out.push(Case::new(format!("header {name}"), good(net, forge).field(name, text).signed(), "TX-1009"));
    }
    for kid in ["x", &"A".repeat(42), &"A".repeat(44), &"A".repeat(5000)] {
        let case = good(net, forge).field("kid", &json!(kid).to_string()).signed();
        out.push(Case::new(format!("kid of {} characters", kid.len()), case, "TX-1003|TX-1009"));
    }
    let twice = good(net, forge).head(|head| head.replacen('{', "{\"alg\":\"none\",", 1));
    out.push(Case::new("alg twice", twice.signed(), "TX-1006"));
    out.push(Case::new("header is an array", good(net, forge).head(|head| format!("[{head}]")).signed(), "TX-1009"));
}

pub fn signatures(net: &Net, forge: &mut Forge, out: &mut Vec<Case>) {
    let cast = net.cast();
    let [one, two] = [&cast.enterprises[0], &cast.enterprises[1]];
    let kid = |key: &chain_core::keys::MemorySigner| json!(key.public_key().kid().as_str()).to_string();
    for encoding in SMALL_ORDER {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&bytes32(encoding));
        out.push(Case::new(format!("R = {encoding}, S = 0"), good(net, forge).with_signature(&signature), "TX-1021"));
    }
    let parts = good(net, forge);
    let right = one.record.key().sign(parts.input().as_bytes()).to_bytes();
    out.push(Case::new("S + L", parts.with_signature(&plus_order(&right)), "TX-1021"));
    for bit in [0, 7, 255, 256, 300, 503, 508, 511] {
        let mut flipped = right;
        flipped[bit / 8] ^= 1 << (bit % 8);
        out.push(Case::new(format!("signature bit {bit}"), parts.with_signature(&flipped), "TX-1021"));
    }
    out.push(Case::new("R and S swapped", parts.with_signature(&[&right[32..], &right[..32]].concat()), "TX-1021"));
    for length in [0, 1, 63, 65, 128] {
        let signature = right.iter().cycle().take(length).copied().collect::<Vec<u8>>();
        out.push(Case::new(format!("signature of {length} bytes"), parts.with_signature(&signature), "TX-1004"));
    }
    out.push(Case::new("another's key", parts.signed_by(&two.record), "TX-1021"));
    let foreign = good(net, forge).field("kid", &kid(&two.record));
    out.push(Case::new("another's key id", foreign.signed_by(&two.record), "TX-1103"));
    let stranger = chain_core::keys::MemorySigner::from_seed(&[200; 32]);
    out.push(Case::new(
        "a stranger's key",
        good(net, forge).field("kid", &kid(&stranger)).signed_by(&stranger),
        "TX-1103",
    ));
    let wrong_use = [("api", &one.api, one), ("attest", cast.registrar.attest.as_ref().unwrap(), &cast.registrar)];
    for (name, key, member) in wrong_use {
        let parts = forge.value(member, &order_json("E-2")).field("kid", &kid(key));
        out.push(Case::new(format!("signed with a key of use {name}"), parts.signed_by(key), "TX-1104"));
    }
    let (bank, maker) = (&cast.bank_a, cast.bank_a.maker.as_ref().unwrap());
    let parts = forge.value(bank, &order_json("E-3")).field("kid", &kid(maker));
    out.push(Case::new("signed with a maker's key", parts.signed_by(maker), "TX-1104"));
    // What was signed for the API is no transaction.
    let token = net.client(0, one).token().unwrap();
    out.push(Case::new("an API token", format!("{token}~").into_bytes(), "TX-1010"));
}

/// The same signature with S + L: what lax verifiers take for another one.
pub fn plus_order(signature: &[u8; 64]) -> [u8; 64] {
    let order = bytes32("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (mut out, mut carry) = (*signature, 0u16);
    for (byte, add) in out[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    out
}

pub fn claims(net: &Net, forge: &mut Forge, out: &mut Vec<Case>) {
    let now = now_s();
    let mut push = |name: &str, text: String, codes: &'static str| {
        let parts = good(net, forge).claim(name, &text);
        out.push(Case::new(format!("{name} = {}", &text[..text.len().min(60)]), parts.signed(), codes));
    };
    let other = chain_core::hash::Hash::of(b"another ledger").to_hex();
    push("aud", json!(other).to_string(), "TX-1013");
    push("aud", json!([net.ledger().to_string()]).to_string(), "TX-1009");
    push("aud", "\"\"".into(), "TX-1009");
    push("aud", json!(format!("{}00", net.ledger())).to_string(), "TX-1009");
    push("iss", json!("NOBODY").to_string(), "TX-1101");
    push("iss", json!(net.cast().enterprises[1].id.as_str()).to_string(), "TX-1103");
    push("iss", json!("x".repeat(33)).to_string(), "TX-1009");
    for jti in ["", "a b", "a/b", "../x", "a\u{0}b", &"j".repeat(65)] {
        push("jti", json!(jti).to_string(), "TX-1009");
    }
    for number in NUMBERS {
        push("iat", number.into(), "TX-1005|TX-1007|TX-1009|TX-1015");
        push("submit_by", number.into(), "TX-1005|TX-1007|TX-1009|TX-1015");
    }
    for (iat, by, code) in [
        (now, now - 1, "TX-1015"),
        (now, now + 86_401, "TX-1015"),
        (now - 90_000, now, "TX-1015"),
        (0, 0, "TX-1106"),
        (now - 7200, now - 3600, "TX-1106"),
        (now + 7200, now + 7300, "TX-1107"),
        (9_007_199_254_740_991, 9_007_199_254_740_991, "TX-1107"),
    ] {
        let parts = good(net, forge).claim("iat", &iat.to_string()).claim("submit_by", &by.to_string());
        out.push(Case::new(format!("iat {iat}, submit_by {by}"), parts.signed(), code));
    }
    for (name, text, code) in [
        ("exp", "9999999999", "TX-1009"),
        ("nbf", "0", "TX-1009"),
        ("cnf", "{}", "TX-1009"),
        ("_sd", "[]", "TX-1009"),
        ("_sd_alg", "\"sha-512\"", "TX-1014"),
        ("_sd_alg", "\"SHA-256\"", "TX-1014"),
        ("records", "[]", "TX-1016"),
        ("records", "{}", "TX-1009"),
        ("records", "null", "TX-1009"),
        ("records", "[null]", "TX-1009"),
        ("records", "[{}]", "TX-1009"),
        ("records", "[{\"...\":7}]", "TX-1009"),
        ("records", "[{\"...\":\"\",\"_sd\":[]}]", "TX-1009"),
        ("records", "[{\"...\":\"\"}]", "TX-1018"),
    ] {
        out.push(Case::new(format!("claim {name} {text}"), good(net, forge).claim(name, text).signed(), code));
    }
    for name in ["iss", "aud", "jti", "iat", "records"] {
        let twice = good(net, forge).claims(|claims| claims.replacen('{', &format!("{{\"{name}\":null,"), 1));
        out.push(Case::new(format!("{name} twice"), twice.signed(), "TX-1006"));
    }
}

pub fn disclosures(net: &Net, forge: &mut Forge, out: &mut Vec<Case>) {
    let member = &net.cast().enterprises[0];
    let texts: Vec<String> = (0..4).map(|n| order_json(&format!("D-{n}")).to_string()).collect();
    let whole = forge.raw(member, &texts);
    let with = |disclosures: Vec<String>| {
        let mut parts = whole.clone();
        parts.disclosures = disclosures;
        parts.signed()
    };
    let d = whole.disclosures.clone();
    out.push(Case::new("none disclosed", with(vec![]), "TX-1017"));
    out.push(Case::new("one missing", with(d[..3].to_vec()), "TX-1017"));
    out.push(Case::new("first missing", with(d[1..].to_vec()), "TX-1017"));
    out.push(Case::new("one extra", with([&d[..], &d[..1]].concat()), "TX-1017"));
    out.push(Case::new("one repeated", with([&d[..3], &d[..1]].concat()), "TX-1018"));
    out.push(Case::new("reversed", with(d.iter().rev().cloned().collect()), "TX-1018"));
    out.push(Case::new("rotated", with([&d[1..], &d[..1]].concat()), "TX-1018"));
    out.push(Case::new("one empty", with(vec![d[0].clone(), String::new(), d[2].clone(), d[3].clone()]), "TX-1018"));
    let repeated = forge.around(member, vec![d[0].clone(), d[0].clone()]);
    out.push(Case::new("the same digest twice", repeated.signed(), "TX-1019"));
    let many: Vec<String> = (0..257).map(|n| order_json(&format!("M-{n}")).to_string()).collect();
    out.push(Case::new("257 records", forge.raw(member, &many).signed(), "TX-1016|TX-1001"));
    let swapped = forge.raw(member, &texts[..1]);
    let mut foreign = whole.clone();
    foreign.disclosures[0] = swapped.disclosures[0].clone();
    out.push(Case::new("another's disclosure", foreign.signed(), "TX-1018"));
    let shapes = ["{}", "[]", "[\"salt\"]", "null", "7", "[1,{}]", "[\"s\",\"name\",{}]", "[[],{}]", "[\"s\",{}", ""];
    for shape in shapes {
        let parts = forge.around(member, vec![b64(shape.as_bytes())]);
        out.push(Case::new(format!("disclosure {shape}"), parts.signed(), "TX-1005|TX-1009"));
    }
    for raw in ["!!!!", "YQ==", "YR", "a+b/", "\u{1}", "AAAAA"] {
        out.push(Case::new(
            format!("disclosure text {raw:?}"),
            forge.around(member, vec![raw.into()]).signed(),
            "TX-1004",
        ));
    }
    let binary = b64(&[b"[\"s\",\"", &[0xff, 0xfe, 0xc0, 0x80][..], b"\"]"].concat());
    out.push(Case::new("not UTF-8 inside", forge.around(member, vec![binary]).signed(), "TX-1005"));
    // A digest is over the text: the digest of the digest, or in other letters, is another.
    let own = digest(&d[0]);
    let parts = whole.claims(|claims| claims.replacen(&own, &own.to_lowercase(), 1));
    out.push(Case::new("digest in other letters", parts.signed(), "TX-1018"));
}

pub fn framing(net: &Net, forge: &mut Forge, out: &mut Vec<Case>) {
    let text = String::from_utf8(good(net, forge).signed()).unwrap();
    let (jwt, rest) = text.split_once('~').unwrap();
    let texts: [(&str, String); 22] = [
        ("empty", String::new()),
        ("a tilde", "~".into()),
        ("dots", "..~".into()),
        ("many dots", format!("{}~", ".".repeat(5000))),
        ("only tildes", "~".repeat(100_000)),
        ("no last tilde", text.trim_end_matches('~').into()),
        ("key binding", format!("{text}{jwt}")),
        ("tilde at the end", format!("{text}~")),
        ("two parts", format!("{}~{rest}", jwt.rsplit_once('.').unwrap().0)),
        ("four parts", format!("{jwt}.x~{rest}")),
        ("new line behind", format!("{text}\n")),
        ("blank before", format!(" {text}")),
        ("byte order mark", format!("\u{feff}{text}")),
        ("quoted", format!("\"{text}\"")),
        ("as JSON", json!({ "jwt": text }).to_string()),
        ("NUL behind", format!("{text}\0")),
        ("padding", jwt.replacen('.', "=.", 1) + "~" + rest),
        ("standard base64", jwt.replacen('-', "+", 1).replacen('_', "/", 1) + "+~" + rest),
        ("upper case", text.to_uppercase()),
        ("twice", format!("{text}{text}")),
        ("full-width tilde", text.replace('~', "\u{ff5e}")),
        ("percent", text.replace('~', "%7E")),
    ];
    for (name, bytes) in texts {
        out.push(Case::new(name, bytes.into_bytes(), "TX-1002|TX-1003|TX-1004|TX-1005|TX-1009|TX-1017|TX-1018"));
    }
    for size in [256 * 1024 + 1, 600_000, 1_000_000] {
        out.push(Case::new(format!("{size} bytes"), vec![b'a'; size], "TX-1001"));
    }
    for size in [(1 << 20) + 1, 3 << 20] {
        out.push(Case::new(format!("{size} bytes"), vec![b'a'; size], "API-0413"));
    }
    for unit in ["[", "{\"a\":", "[{\"a\":"] {
        for depth in [33, 64, 127, 128, 200, 1000, 50_000] {
            let bomb = unit.repeat(depth);
            let name = format!("{depth} x {unit}");
            let codes = "TX-1001|TX-1005|TX-1008";
            let record = order_json("B-1");
            let member = &net.cast().enterprises[0];
            out.push(Case::new(format!("{name} as header"), good(net, forge).head(|_| bomb.clone()).signed(), codes));
            out.push(Case::new(format!("{name} as claims"), good(net, forge).claims(|_| bomb.clone()).signed(), codes));
            let inside = record.to_string().replacen("\"body\":{", &format!("\"body\":{{\"ext\":{bomb}"), 1);
            out.push(Case::new(format!("{name} as ext"), forge.raw(member, &[inside]).signed(), codes));
        }
    }
}
