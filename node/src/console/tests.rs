#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{MODULES, SCRIPT, STYLE, page, page_hash, policy};
use chain_core::hash::Hash;

#[test]
fn one_empty_pair_of_markers_stands_in_the_page() {
    assert_eq!(page().matches("<!--sealane-bundle:-->").count(), 1);
    assert_eq!(page().matches("<!--").count(), 1, "an HTML comment elsewhere might be taken for the marker's end");
    assert_eq!(page().matches("sealane-bundle:-->").count(), 1);
    assert_eq!(page_hash(), Hash::of(page().as_bytes()));
}

#[test]
fn nothing_in_the_page_would_be_requested() {
    for word in ["http://", "https://", "src=", "@import", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon"] {
        assert!(!page().contains(word), "{word}");
    }
    assert!(!STYLE.contains("url("));
    assert!(page().contains(&format!("content=\"{}\"", policy())));
    assert!(policy().starts_with("default-src 'none'; script-src 'sha256-"));
    assert!(!policy().contains("unsafe"));
}

#[test]
fn data_never_becomes_markup_or_code() {
    for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc"] {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
}

#[test]
fn every_module_is_whole_after_inlining() {
    for module in MODULES {
        let imports: Vec<&str> = module.lines().filter(|line| line.starts_with("import ")).collect();
        assert!(imports.iter().all(|line| line.ends_with(".mjs\";")), "an import over several lines: {imports:?}");
        assert!(!module.contains("export default") && !module.contains("export {"));
    }
    assert!(!SCRIPT.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
}
