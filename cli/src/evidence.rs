//! Checks an evidence bundle and says so, step by step.

use crate::clock;
use crate::failure::Failure;
use crate::report::{Colour, Screen};
use crate::timestamp::Tokens;
use chain_core::bundle::{self, Check, Subject, VerifiedBundle, VerifiedEntry, page};
use chain_core::genesis::Founding;
use chain_core::types::LedgerId;
use serde_json::Value;
use std::fmt::Write as _;

/// Verifies a bundle, page or JSON, for a trusted ledger. A person sees each step, also when one fails.
pub fn verify(screen: &Screen, file: &[u8], ledger: &LedgerId, tokens: &Tokens) -> Result<VerifiedBundle, Failure> {
    bundle::verify(file, ledger, Some(tokens)).map_err(|fault| {
        for check in Check::ALL.into_iter().take_while(|check| *check <= fault.check) {
            screen.remark(&step(screen, check, check < fault.check));
        }
        Failure::new("CLI-3004")
            .with("step", name(screen, fault.check))
            .with("check", fault.code())
            .with("reason", fault)
    })
}

fn name(screen: &Screen, check: Check) -> String {
    let key = match check {
        Check::Form => "bundle.form",
        Check::Ledger => "bundle.ledger",
        Check::Handovers => "bundle.handovers",
        Check::Checkpoint => "bundle.checkpoint",
        Check::Block => "bundle.block",
        Check::State => "bundle.state",
        Check::Entries => "bundle.entries",
        Check::Listings => "bundle.listings",
        Check::Subject => "bundle.subject",
        Check::Time => "bundle.time",
    };
    screen.say(key, &[])
}

fn step(screen: &Screen, check: Check, good: bool) -> String {
    let mark = if good { screen.paint(Colour::Green, "✓") } else { screen.paint(Colour::Red, "✗") };
    format!("{mark} {:>2}  {}", check as u8, name(screen, check))
}

/// What was proved, for a person.
pub fn text(screen: &Screen, good: &VerifiedBundle) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let checks = Check::ALL.into_iter().filter(|check| *check != Check::Time || good.stamped.is_some());
    checks.for_each(|check| line(&step(screen, check, true)));
    let (kind, id) = match &good.subject {
        Subject::Receivable(id) => ("receivable", id),
        Subject::Object(id) => ("object", id),
        Subject::Member(id) => ("member", id),
    };
    line(&format!("{kind} {id}"));
    let time = clock::of_millis(good.time.0);
    let cosigned = clock::of_millis(good.cosigned_at.saturating_mul(1000));
    line(&screen.say(
        "bundle.as_of",
        &[("height", &good.height), ("time", &time), ("count", &good.cosigned.len()), ("cosigned", &cosigned)],
    ));
    for proved in &good.state {
        line(&format!("{}  {}", proved.key, proved.value.as_deref().unwrap_or("-")));
    }
    for entry in &good.entries {
        line(&entry_text(screen, entry));
    }
    for listing in &good.listings {
        line(&screen.say("bundle.complete", &[("object", &listing.object), ("count", &listing.records.len())]));
    }
    if let Some(stamped) = &good.stamped {
        let time = clock::of_millis(stamped.time.saturating_mul(1000));
        let key = if stamped.anchored { "bundle.stamped" } else { "bundle.stamped_by_stranger" };
        line(&screen.say(key, &[("time", &time), ("authority", &stamped.authority)]));
    }
    out
}

fn entry_text(screen: &Screen, entry: &VerifiedEntry) -> String {
    let outcome = if entry.accepted { "accepted".to_owned() } else { format!("refused {}", entry.code) };
    let Some(signed) = &entry.signed else {
        return screen.say("bundle.withheld", &[("height", &entry.height), ("outcome", &outcome)]);
    };
    let until = signed.until.map_or_else(|| "-".to_owned(), |height| height.to_string());
    let mut out = screen.say(
        "bundle.signed",
        &[
            ("height", &entry.height),
            ("outcome", &outcome),
            ("issuer", &signed.issuer),
            ("kid", &signed.kid),
            ("from", &signed.from),
            ("until", &until),
        ],
    );
    for record in &signed.records {
        // Writing to a text never fails.
        let _ = write!(out, "\n  {}  {}", record.id, record.record);
        for (name, value) in &record.opened {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = write!(out, "\n    {name}: {value}");
        }
    }
    out
}

/// The genesis that a bundle brings along, which [`verify`] has compared with the trusted id.
pub fn founding(file: &[u8]) -> Result<Founding, Failure> {
    let refused = |reason: String| Failure::new("CLI-3003").with("check", "9001").with("reason", reason);
    let (bundle, _) = page::read(file).map_err(|fault| refused(fault.to_string()))?;
    Founding::read(bundle.genesis.as_bytes()).map_err(|fault| refused(fault.to_string()))
}

/// What was proved, for a program.
pub fn json(good: &VerifiedBundle) -> Value {
    serde_json::json!({ "verified": true, "kind": "bundle", "bundle": good })
}
