//! The verifier page: one HTML file that checks receipts, state proofs and evidence bundles in a browser, alone.
//!
//! Its parts stand beside this file and are put together here: no request, no library, no build step. The script
//! is written from `FORMAT.md` and `PROOFS.md`, not from the Rust code, so that each is a check of the other.
//! A bundle between the page's two markers (`FORMAT.md`, section 11) makes it that bundle's human page.

use base64::Engine as _;
use chain_core::hash::Hash;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// The script's modules; each uses only those before it, as far as it runs while loading.
const MODULES: [&str; 17] = [
    include_str!("json.mjs"),
    include_str!("crypto.mjs"),
    include_str!("log.mjs"),
    include_str!("transaction.mjs"),
    include_str!("trust.mjs"),
    include_str!("steps.mjs"),
    include_str!("receipt.mjs"),
    include_str!("time.mjs"),
    include_str!("bundle.mjs"),
    include_str!("verify.mjs"),
    include_str!("kept.mjs"),
    include_str!("words.mjs"),
    include_str!("facts.mjs"),
    include_str!("html.mjs"),
    include_str!("grounds.mjs"),
    include_str!("content.mjs"),
    include_str!("show.mjs"),
];

static STYLE: &str = include_str!("style.css");

static SCRIPT: LazyLock<String> = LazyLock::new(|| MODULES.iter().map(|module| inlined(module)).collect());

static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        source(&SCRIPT),
        source(STYLE)
    )
});

static PAGE: LazyLock<String> = LazyLock::new(|| {
    // The script last: it is the only part in which the other marks might stand.
    include_str!("page.html").replace("{{policy}}", &POLICY).replace("{{style}}", STYLE).replace("{{script}}", &SCRIPT)
});

/// The page with its two markers and nothing between them. The same bytes for the same source.
pub fn page() -> &'static str {
    &PAGE
}

/// SHA-256 of [`page`]: what a bundle names as its `page`.
pub fn page_hash() -> Hash {
    Hash::of(page().as_bytes())
}

/// The Content-Security-Policy that the page carries: this very script and style, and nothing else from anywhere.
pub fn policy() -> &'static str {
    &POLICY
}

/// A module's text for one script of all: without its imports, and nothing exported.
fn inlined(module: &str) -> String {
    let lines = module.lines().filter(|line| !line.starts_with("import "));
    lines.map(|line| format!("{}\n", line.strip_prefix("export ").unwrap_or(line))).collect()
}

/// A part as a source of a Content-Security-Policy.
fn source(part: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(part)))
}

#[cfg(test)]
mod tests;
