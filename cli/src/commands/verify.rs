//! `verify FILE`: checks a receipt, a state proof or an evidence bundle without a server's word, and holds its checkpoint
//! against those seen before.

use super::timestamp::anchors;
use crate::evidence;
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::seen;
use crate::session::Session;
use chain_core::bundle::page;
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::receipt::{self, StateProof, Trust, VerifyError};
use chain_core::types::LedgerId;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "ID")]
    pub ledger: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub tsa: Vec<PathBuf>,
    #[arg(long)]
    pub offline: bool,
}

/// Verifies the file against the genesis (`--genesis`, else the configured one). A bundle brings the genesis along:
/// the ledger's id (`--ledger`) is enough for it.
pub async fn run(session: &Session, args: VerifyArgs) -> Result<Report, Failure> {
    let wrong = |id: &String| Failure::new("CLI-2005").with("what", "ledger").with("value", id);
    let named = args.ledger.as_ref().map(|id| Hash::from_hex(id).map(LedgerId).ok_or_else(|| wrong(id))).transpose()?;
    let file = files::read(&args.file)?;
    let (founding, report) = if page::looks_like_one(&file) {
        let ledger = match named {
            Some(ledger) => ledger,
            None => session.founding()?.id,
        };
        let good = evidence::verify(&session.screen, &file, &ledger, &anchors(&args.tsa)?)?;
        (evidence::founding(&file)?, Report::done(evidence::json(&good), evidence::text(&session.screen, &good)))
    } else {
        let founding = session.founding()?;
        if let Some(ledger) = named.filter(|ledger| *ledger != founding.id) {
            return Err(Failure::new("CLI-3001").with("ours", founding.id).with("theirs", ledger));
        }
        let report = verify_offline(&founding, &file)?;
        (founding, report)
    };
    seen::remember(session, &founding, &file, args.offline, report).await
}

/// Checks a receipt or a state proof: exit code 3 when it does not hold, or belongs to another ledger.
fn verify_offline(founding: &Founding, file: &[u8]) -> Result<Report, Failure> {
    let trust = Trust::in_genesis(founding);
    let refused = |error: VerifyError| {
        Failure::new("CLI-3003").with("check", format!("{}", error.code())).with("reason", error.to_string())
    };
    if file.starts_with(b"{") {
        let proved = StateProof::verify(file, &trust).map_err(refused)?;
        let text = [
            format!("{}  {}", proved.key, proved.value.as_deref().unwrap_or("-")),
            format!("height {}  log {}", proved.height, proved.log_size),
        ];
        let json = serde_json::to_value(&proved).map_err(|e| Failure::new("CLI-3003").with("check", "9001").with("reason", e.to_string()))?;
        return Ok(Report::done(json!({ "verified": true, "kind": "state-proof", "proof": json }), text.join("\n")));
    }
    let good = receipt::verify(file, &trust).map_err(refused)?;
    let mut text = vec![
        format!("{}  {}", good.transaction, if good.accepted { "accepted".to_owned() } else { format!("refused {}", good.code) }),
        format!("{}  height {}  log {}  cosigned {}", good.issuer, good.height, good.log_size, good.cosigned),
    ];
    text.extend(good.records.iter().map(|(id, record)| format!("{id}  {record}")));
    let json = serde_json::to_value(&good).map_err(|e| Failure::new("CLI-3003").with("check", "9001").with("reason", e.to_string()))?;
    Ok(Report::done(json!({ "verified": true, "kind": "receipt", "receipt": json }), text.join("\n")))
}

#[cfg(test)]
mod tests;
