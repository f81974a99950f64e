#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crate::testing::bundle;
use chain_core::hash::Hash;

const PAGE: &str = "<html><!--sealane-bundle:--><!-- more --></html>";

#[test]
fn a_token_changes_nothing_but_the_time() {
    let plain = bundle(PAGE, "");
    for (file, is_page) in [(plain.to_bytes(), false), (page::wrap(PAGE, &plain).unwrap(), true)] {
        let first = page::replace(&file, &plain.clone().with_token(b"first")).unwrap();
        let (read, as_page) = page::read(&first).unwrap();
        assert_eq!((as_page, read.time.clone()), (is_page, Some(STANDARD.encode("first"))));
        assert_eq!((read.imprint(), Bundle { time: None, ..read.clone() }), (plain.imprint(), plain.clone()));
        // A second one takes the place of the first.
        let second = page::replace(&first, &read.with_token(b"the second, longer")).unwrap();
        assert_eq!(page::read(&second).unwrap().0.time, Some(STANDARD.encode("the second, longer")));
    }
}

#[test]
fn only_a_token_over_the_bundle_is_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("b.json"), bundle(PAGE, "").to_bytes()).unwrap();
    let asked = run(TimestampCommand::Request(RequestArgs { file: at("b.json"), output: at("q.tsq") })).unwrap();
    assert_eq!(asked.json["imprint"], bundle(PAGE, "").imprint().to_hex());
    assert!(std::fs::read(at("q.tsq")).unwrap().windows(32).any(|w| w == bundle(PAGE, "").imprint().as_bytes()));
    let other = include_bytes!("../../timestamp/tests/good-p256-fraction.tsr");
    std::fs::write(at("r.tsr"), other).unwrap();
    let args = AttachArgs { file: at("b.json"), response: at("r.tsr"), tsa: vec![], output: None };
    let refused = run(TimestampCommand::Attach(args)).unwrap_err();
    assert_eq!((refused.code(), refused.exit()), ("CLI-3021", 3));
    assert_eq!(std::fs::read(at("b.json")).unwrap(), bundle(PAGE, "").to_bytes());
    let anchor = anchors(&[at("b.json")]).unwrap_err();
    assert_eq!(anchor.code(), "CLI-1921");
    assert_ne!(bundle(PAGE, "").imprint(), Hash::ZERO);
}
