//! `verify FILE`: checks a receipt or a state proof without a server's word, and holds its checkpoint against those
//! seen before.

use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::seen;
use crate::session::Session;
use chain_core::genesis::Founding;
use chain_core::receipt::{self, StateProof, Trust, VerifyError};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long)]
    pub offline: bool,
}

/// Verifies the file against the genesis (`--genesis`, else the configured one).
pub async fn run(session: &Session, args: VerifyArgs) -> Result<Report, Failure> {
    let founding = session.founding()?;
    let receipt = files::read(&args.file)?;
    let report = verify_offline(&founding, &receipt)?;
    seen::remember(session, &founding, &receipt, args.offline, report).await
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
