//! A write that may be repeated safely: built once, written to disk, sent, and sent again as it was.

use crate::client::Client;
use crate::clock;
use crate::failure::{Failure, Problem};
use crate::keyring::random;
use crate::outbox::{Entry, Outbox, Outcome, Status};
use crate::report::Report;
use crate::session::Session;
use crate::wallet::Wallet;
use chain_core::hash::Hash;
use chain_core::keys::Signer;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::tx::build::{Envelope, build};
use chain_core::tx::disclosure::SALT_BYTES;
use chain_core::types::{Jti, LedgerId, MemberId, RecordId, TxId};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// A transaction may enter a block for this long, seconds.
const LIFETIME: u64 = 3600;
/// The client's clock may be off by this much before it signs an overdue transaction afresh, seconds.
const GRACE: u64 = 60;
/// The same step is not tried under more numbers than this.
const MOST_ATTEMPTS: u32 = 1000;

/// A node's code for a jti that another transaction of the member has.
pub const JTI_TAKEN: &str = "TX-1120";

/// Whether the same content asked for again is the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Always: the jti says so, or the file it comes from.
    Never,
    /// Unless it was refused.
    AfterRefusal,
    /// Only until its outcome is known: a step such as reserving may be wanted twice.
    AfterOutcome,
}

/// What is to be written.
pub struct Plan {
    /// The records.
    pub drafts: Vec<RecordDraft>,
    /// To whom the sealed fields are meant to go.
    pub sealed_to: Vec<MemberId>,
    /// The first jti to try; further ones end in `-r1`, `-r2`.
    pub jti: String,
    /// What asking again means.
    pub repeat: Repeat,
    /// SHA-256 over what the user asked for.
    pub content: Hash,
    /// Salts of sealed fields that were fixed before (see `receivable register`), in order.
    pub salts: Vec<[u8; SALT_BYTES]>,
}

impl Plan {
    /// Of records whose event time the user gave: it is part of the content.
    pub fn new(drafts: Vec<RecordDraft>, sealed_to: Vec<MemberId>, prefix: &str, repeat: Repeat) -> Plan {
        Plan::of(drafts, sealed_to, prefix, repeat, true)
    }

    /// Of records that happen now: the same step asked for a minute later is the same content.
    pub fn now(drafts: Vec<RecordDraft>, prefix: &str) -> Plan {
        Plan::of(drafts, Vec::new(), prefix, Repeat::AfterOutcome, false)
    }

    fn of(drafts: Vec<RecordDraft>, sealed_to: Vec<MemberId>, prefix: &str, repeat: Repeat, timed: bool) -> Plan {
        let records: Vec<Value> = drafts
            .iter()
            .map(|d| json!([d.kind, d.objects, if timed { d.at.as_str() } else { "" }, d.clear, d.sealed]))
            .collect();
        let content = Hash::of(json!([records, sealed_to]).to_string().as_bytes());
        let jti = format!("{prefix}-{}", &content.to_hex()[..40]);
        Plan { drafts, sealed_to, jti, repeat, content, salts: Vec::new() }
    }

    /// Under the user's own jti, where one is given.
    #[must_use]
    pub fn under(mut self, jti: Option<String>) -> Plan {
        if let Some(jti) = jti {
            self.jti = jti;
            self.repeat = Repeat::Never;
        }
        self
    }
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivered {
    /// The jti it has.
    pub jti: Jti,
    /// How it ended.
    pub outcome: Outcome,
    /// Number of records.
    pub records: usize,
    /// Its outcome was known before this run.
    pub before: bool,
}

/// Sends plans of one member to one node.
pub struct Sender {
    client: Client,
    outbox: Outbox,
    wallet: Wallet,
    signer: std::sync::Arc<dyn Signer>,
    member: MemberId,
    ledger: LedgerId,
}

impl Sender {
    /// With the session's key for `purpose`, or with the key named.
    pub fn new(session: &Session, purpose: KeyUse, key: Option<&str>) -> Result<Sender, Failure> {
        let name = key.map_or_else(|| session.key_name(purpose), |name| Ok(name.to_owned()))?;
        let founding = session.founding()?;
        let member = session.member()?;
        Ok(Sender {
            client: session.public_client()?,
            outbox: session.outbox(&founding, &member),
            wallet: session.wallet(),
            signer: session.signer(&name, purpose)?,
            ledger: founding.id,
            member,
        })
    }

    /// The ledger written to.
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// Who writes.
    pub fn member(&self) -> &MemberId {
        &self.member
    }

    /// Delivers a plan and waits for its outcome up to so many seconds.
    ///
    /// Asked again after any failure it sends the same bytes. They are signed afresh only where no block can
    /// hold the earlier ones: turned away by the node, or overdue. The jti stays, and of one jti the ledger
    /// takes one transaction for ever, so nothing can happen twice.
    pub async fn deliver(&self, plan: &Plan, wait: u64) -> Result<Delivered, Failure> {
        let jti = self.choose(plan)?;
        let entry = match self.outbox.find(&jti)? {
            Some(entry) if entry.content != plan.content => return Err(Failure::new("CLI-1301").with("jti", jti)),
            Some(entry) => entry,
            None => self.sign(plan, &jti)?,
        };
        let overdue = entry.submit_by + GRACE < clock::seconds();
        match self.send(entry, wait).await {
            Err(Failure::Node(problem)) if overdue && turned_away(&problem) => {
                self.send(self.sign(plan, &jti)?, wait).await
            }
            result => result,
        }
    }

    async fn send(&self, entry: Entry, wait: u64) -> Result<Delivered, Failure> {
        let (jti, tx) = (entry.jti.clone(), entry.tx);
        match self.client.submit(&entry.text, wait).await {
            Ok(outcome) => self.conclude(entry, outcome),
            Err(Failure::Node(problem)) => {
                let first = problem.transaction().and_then(Hash::from_hex).map(TxId);
                if problem.code == JTI_TAKEN && first != Some(tx) {
                    // Another transaction has this jti: this one can never enter the ledger.
                    self.outbox.withdraw(&jti)?;
                    self.wallet.forget(&tx)?;
                } else if turned_away(&problem) {
                    // The sealed fields stay, which costs nothing.
                    self.outbox.withdraw(&jti)?;
                }
                Err(Failure::Node(problem))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The first jti that is free, or whose transaction this is.
    fn choose(&self, plan: &Plan) -> Result<Jti, Failure> {
        let mut name = plan.jti.clone();
        for attempt in 1..MOST_ATTEMPTS {
            let jti = Jti::parse(&name).ok_or_else(|| Failure::new("CLI-2005").with("what", "jti").with("value", &name))?;
            let status = self.outbox.find(&jti)?.map_or(Status::Pending, |entry| entry.status());
            let taken = match plan.repeat {
                Repeat::Never => false,
                Repeat::AfterRefusal => status == Status::Refused,
                Repeat::AfterOutcome => status != Status::Pending,
            };
            if !taken {
                return Ok(jti);
            }
            name = format!("{}-r{attempt}", plan.jti);
        }
        Err(Failure::new("CLI-1301").with("jti", name))
    }

    fn sign(&self, plan: &Plan, jti: &Jti) -> Result<Entry, Failure> {
        let iat = clock::seconds();
        let submit_by = iat + LIFETIME;
        let envelope = Envelope { iss: self.member.clone(), aud: self.ledger, jti: jti.clone(), iat, submit_by };
        let mut fixed: VecDeque<[u8; SALT_BYTES]> = plan.salts.iter().copied().collect();
        let salt = || fixed.pop_front().unwrap_or_else(random);
        let built = build(&envelope, &plan.drafts, &plan.sealed_to, &*self.signer, salt)
            .map_err(|why| Failure::new("CLI-1304").with("why", why))?;
        // The sealed fields first: a transaction that may have been sent without them would be lost.
        self.wallet.keep(&built)?;
        let ours = built.id;
        let entry = self.outbox.add(Entry::new(jti.clone(), plan.content, submit_by, &built))?;
        if entry.tx != ours {
            self.wallet.forget(&ours)?;
            if entry.content != plan.content {
                return Err(Failure::new("CLI-1301").with("jti", jti));
            }
        }
        Ok(entry)
    }

    fn conclude(&self, mut entry: Entry, outcome: Outcome) -> Result<Delivered, Failure> {
        if outcome.id != entry.tx {
            return Err(Failure::new("CLI-1202").with("url", self.client.url()).with("why", "transaction id"));
        }
        let before = entry.outcome.is_some();
        let delivered = Delivered { jti: entry.jti.clone(), outcome: outcome.clone(), records: entry.records, before };
        if outcome.status != Status::Pending {
            entry.outcome = Some(outcome);
            self.outbox.conclude(&entry)?;
        }
        Ok(delivered)
    }
}

/// A node judged form, signature or authority, and kept nothing of it. Other answers (a wrong address, a node
/// in trouble) say nothing about the transaction: it stays as it is.
fn turned_away(problem: &Problem) -> bool {
    matches!(problem.status, 400 | 403 | 413) && problem.code.starts_with("TX-")
}

impl Delivered {
    /// Id of a record of it.
    pub fn record(&self, index: u16) -> RecordId {
        RecordId { tx: self.outcome.id, index }
    }

    /// How it ended, for the screen; exit code 1 when it was refused.
    pub fn report(&self, session: &Session) -> Report {
        let screen = session.screen;
        let rest = &self.outcome.rest;
        let mut json = serde_json::to_value(&self.outcome).unwrap_or_default();
        json["jti"] = self.jti.as_str().into();
        let text_of = |name: &str| match rest.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let id = self.outcome.id;
        match self.outcome.status {
            Status::Refused => {
                let (code, message) = (text_of("code"), text_of("message"));
                let mut text = screen.say("submit.refused", &[("id", &id), ("code", &code), ("message", &message)]);
                if let Some(info) = rest.get("info").filter(|info| !info.is_null()) {
                    text.push_str(&format!("\n  {info}"));
                }
                json["code"] = code.into();
                json["message"] = message.into();
                Report { json: json!({ "error": json }), text, exit: 1 }
            }
            status => {
                let records: Vec<String> =
                    (0..self.records).filter_map(|i| Some(self.record(u16::try_from(i).ok()?).to_string())).collect();
                json["records"] = records.clone().into();
                let key = if status == Status::Accepted { "submit.accepted" } else { "submit.pending" };
                let mut text = screen.say(key, &[("id", &id), ("height", &text_of("height"))]);
                for record in records.iter().take(10) {
                    text.push_str(&format!("\n  {record}"));
                }
                if records.len() > 10 {
                    text.push_str(&format!("\n  {}", screen.say("submit.more", &[("count", &(records.len() - 10))])));
                }
                Report::done(json, text)
            }
        }
    }
}

#[cfg(test)]
mod tests;
