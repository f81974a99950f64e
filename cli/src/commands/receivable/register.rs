//! Registration in three steps: the creditor fixes salts and asks (`register FILE --request REQUEST`), the
//! registrar computes fingerprints and signs (`attest REQUEST`), the creditor registers
//! (`register FILE --attestation ATTESTED`).
//!
//! The salts come first because the registrar binds its word to the digests of what it saw.

use super::{WAIT, draft};
use crate::commands::{get::segment, submit::read_json};
use crate::deliver::{Plan, Repeat, Sender};
use crate::failure::Failure;
use crate::files;
use crate::keyring::random;
use crate::outbox::Status;
use crate::report::Report;
use crate::session::Session;
use chain_core::hash::Hash;
use chain_core::keys::{Purpose, unb64};
use chain_core::member::KeyUse;
use chain_core::tx::disclosure::{SALT_BYTES, Sealed, of_field};
use chain_core::types::{Currency, LedgerId, MemberId, RecordId};
use contracts::dates::Date;
use contracts::finance::calls::{Attestation, Capacity, ReceivableClear};
use contracts::finance::fingerprint::{DocumentFields, InvoiceFields, exact, exact_document, similar};
use contracts::finance::sealed::{Documents, Invoice, Parties};
use contracts::finance::signed::{attestation_bytes, commitment};
use contracts::finance::wire::{Digest32, Salt, Signature};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The file format that this client writes and reads.
const FORMAT: &str = "sealane-attestation/1";
/// The sealed field with which the debtor opens the commitment to who may confirm.
const CONFIRMER: &str = "confirmer";

#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "FILE", conflicts_with = "attestation")]
    pub request: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub attestation: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct AttestArgs {
    #[arg(value_name = "REQUEST")]
    pub request: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub fingerprint_key: PathBuf,
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: PathBuf,
}

/// The creditor's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    currency: Currency,
    minor: u64,
    issued: Date,
    due: Date,
    #[serde(default)]
    policy: Option<RecordId>,
    confirmer: Confirmer,
    parties: Value,
    invoice: Value,
    documents: Value,
    /// The registrar's answer, where it is not in a file of its own.
    #[serde(default)]
    attestation: Option<Request>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmer {
    member: MemberId,
    capacity: Capacity,
}

/// What goes to the registrar, and comes back with its attestation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    format: String,
    ledger: LedgerId,
    creditor: MemberId,
    currency: Currency,
    minor: u64,
    /// Disclosures of `parties`, `invoice` and `documents`, in this order.
    sealed: Vec<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attestation: Option<Attestation>,
}

/// Documents that a receivable may name: field of `documents`, kind of its record, scheme of its code.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("order", "trade.order/1", "order:"),
    ("waybill", "trade.waybill/1", "waybill:"),
    ("list", "trade.list/1", "list:"),
    ("declaration", "clearance.declaration/1", "decl:"),
];

impl Form {
    fn fields(&self) -> [(&'static str, &Value); 3] {
        [("parties", &self.parties), ("invoice", &self.invoice), ("documents", &self.documents)]
    }

    fn check(&self) -> Result<(), Failure> {
        seen(&self.fields().map(|(name, value)| (name.to_owned(), value.clone()))).map(|_| ())
    }
}

/// Asks for an attestation, or registers with one.
pub async fn register(session: &Session, args: RegisterArgs) -> Result<Report, Failure> {
    let form: Form = read_json(&args.file)?;
    form.check()?;
    if let Some(path) = &args.request {
        let request = Request {
            format: FORMAT.into(),
            ledger: session.founding()?.id,
            creditor: session.member()?,
            currency: form.currency.clone(),
            minor: form.minor,
            sealed: form.fields().map(|(name, value)| Sealed { disclosure: of_field(&random(), name, value) }).into(),
            attestation: None,
        };
        write(path, &request)?;
        let said = session.screen.say("receivable.requested", &[("path", &path.display())]);
        return Ok(Report::done(json!({ "file": path }), said));
    }
    let attested = match &args.attestation {
        Some(path) => read_json(path)?,
        None => form.attestation.clone().ok_or_else(|| Failure::new("CLI-2007"))?,
    };
    let sender = Sender::new(session, KeyUse::Record, None)?;
    let (plan, salt) = plan(&form, &attested, sender.ledger(), sender.member())?;
    let delivered = sender.deliver(&plan, WAIT).await?;
    let mut report = delivered.report(session);
    if delivered.outcome.status != Status::Refused {
        let receivable = delivered.record(0);
        // After a retry the salt on the ledger is that of the first attempt, which the wallet has.
        let salt = kept_salt(session, &receivable)?.unwrap_or(salt);
        report.json["receivable"] = json!(receivable);
        report.json["confirmer"] = json!({ "member": form.confirmer.member, "capacity": form.confirmer.capacity, "salt": salt });
        let args: [(&str, &dyn std::fmt::Display); 4] = [
            ("receivable", &receivable),
            ("member", &form.confirmer.member),
            ("capacity", &form.confirmer.capacity.as_str()),
            ("salt", &salt),
        ];
        report.text.push_str(&format!("\n{}", session.screen.say("receivable.registered", &args)));
    }
    Ok(report)
}

fn plan(form: &Form, attested: &Request, ledger: LedgerId, creditor: &MemberId) -> Result<(Plan, Salt), Failure> {
    let mismatch = |what: &'static str| Failure::new("CLI-1502").with("what", what);
    let attestation = attested.attestation.clone().ok_or_else(|| Failure::new("CLI-2007"))?;
    if attested.ledger != ledger || attested.creditor != *creditor {
        return Err(mismatch("ledger, creditor"));
    }
    if attested.currency != form.currency || attested.minor != form.minor {
        return Err(mismatch("currency, minor"));
    }
    let mut salts = Vec::new();
    let mut sealed = Vec::new();
    if attested.sealed.len() != form.fields().len() {
        return Err(mismatch("sealed"));
    }
    for ((name, value), given) in form.fields().into_iter().zip(&attested.sealed) {
        let salt = salt_of(&given.disclosure).ok_or_else(|| mismatch(name))?;
        // The very same text, else the digest would be another than the registrar bound.
        if of_field(&salt, name, value) != given.disclosure {
            return Err(mismatch(name));
        }
        salts.push(salt);
        sealed.push((name.to_owned(), value.clone()));
    }
    let salt = Salt(random());
    let confirmer = &form.confirmer;
    sealed.push((
        CONFIRMER.to_owned(),
        json!({ "member": confirmer.member, "capacity": confirmer.capacity, "salt": salt }),
    ));
    let body = ReceivableClear {
        currency: form.currency.clone(),
        minor: form.minor,
        issued: form.issued,
        due: form.due,
        policy: form.policy,
        confirmer: commitment(&salt, confirmer.capacity, &confirmer.member),
        attestation,
    };
    let mut draft = draft("finance.receivable/1", None, &body)?;
    draft.sealed = sealed;
    let mut plan = Plan::new(vec![draft], Vec::new(), "rcv", Repeat::AfterRefusal);
    // By what the user gave: the salt of the commitment is new each time it is asked for.
    let given = json!([{ "form": Form { attestation: None, ..form.clone() }, "attested": attested }]);
    plan.content = Hash::of(given.to_string().as_bytes());
    plan.jti = format!("rcv-{}", &plan.content.to_hex()[..40]);
    plan.salts = salts;
    Ok((plan, salt))
}

fn salt_of(disclosure: &str) -> Option<[u8; SALT_BYTES]> {
    let parts: Vec<Value> = serde_json::from_slice(&unb64(disclosure)?).ok()?;
    unb64(parts.first()?.as_str()?)?.try_into().ok()
}

fn kept_salt(session: &Session, receivable: &RecordId) -> Result<Option<Salt>, Failure> {
    let kept = session.wallet().disclosures(receivable, &[CONFIRMER.to_owned()])?;
    let opened = kept.into_iter().next().and_then(|(_, disclosure)| Sealed { disclosure }.open().ok());
    Ok(opened.and_then(|(_, value)| Salt::parse(value.get("salt")?.as_str()?)))
}

fn write(path: &Path, request: &Request) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(request)
        .map_err(|why| Failure::new("CLI-1002").with("path", path.display()).with("why", why))?;
    files::replace(path, format!("{text}\n").as_bytes())
}

/// The registrar computes the fingerprints of what the creditor shows, and signs them.
pub async fn attest(session: &Session, args: AttestArgs) -> Result<Report, Failure> {
    let mut request: Request = read_json(&args.request)?;
    let ledger = session.founding()?.id;
    if request.format != FORMAT || request.ledger != ledger {
        return Err(Failure::new("CLI-1502").with("what", "format, ledger"));
    }
    let key = fingerprint_key(&args.fingerprint_key)?;
    let name = session.key_name(KeyUse::Attest)?;
    let signer = session.signer(&name, KeyUse::Attest)?;
    let mut attestation = Attestation {
        registrar: session.member()?,
        kid: signer.public_key().kid(),
        exact: Vec::new(),
        similar: Vec::new(),
        binds: Vec::new(),
        signature: Signature([0; 64]),
    };
    fill(session, &mut attestation, &request, &key).await?;
    let bytes = attestation_bytes(&ledger, &request.creditor, &request.currency, request.minor, &attestation);
    attestation.signature =
        Signature(signer.sign(Purpose::Attestation(&bytes)).map_err(|why| Failure::new("CLI-1111").with("why", why))?);
    let shown = json!({ "file": args.output, "creditor": request.creditor, "exact": attestation.exact, "similar": attestation.similar });
    let count = attestation.exact.len();
    request.attestation = Some(attestation);
    write(&args.output, &request)?;
    let args: [(&str, &dyn std::fmt::Display); 5] = [
        ("path", &args.output.display()),
        ("count", &count),
        ("creditor", &request.creditor),
        ("minor", &request.minor),
        ("currency", &request.currency),
    ];
    Ok(Report::done(shown, session.screen.say("receivable.attested", &args)))
}

/// The registrars' common HMAC key: 64 hexadecimal digits in a file that only its owner reads.
fn fingerprint_key(path: &Path) -> Result<[u8; 32], Failure> {
    crate::keyring::check_private(path)?;
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    Hash::from_hex(text.trim()).map(|hash| hash.0).ok_or_else(|| Failure::new("CLI-1110").with("path", path.display()))
}

async fn fill(session: &Session, attestation: &mut Attestation, request: &Request, key: &[u8; 32]) -> Result<(), Failure> {
    let opened = request
        .sealed
        .iter()
        .map(|sealed| sealed.open().map_err(|why| Failure::new("CLI-1502").with("what", why)))
        .collect::<Result<Vec<_>, _>>()?;
    let Seen { parties, invoice, documents } = seen(&opened)?;
    let agree = [
        ("creditor", parties.creditor == request.creditor.as_str()),
        ("currency", invoice.currency == request.currency),
        ("minor", request.minor <= invoice.minor),
    ];
    if let Some((what, _)) = agree.iter().find(|(_, good)| !good) {
        return Err(Failure::new("CLI-1502").with("what", what));
    }
    let invoice = InvoiceFields {
        seller: parties.creditor,
        buyer: parties.debtor,
        number: invoice.number,
        date: invoice.date,
        currency: invoice.currency,
        minor: invoice.minor,
    };
    attestation.exact.push(exact(key, &invoice));
    let named = [documents.order, documents.waybill, documents.list, documents.declaration];
    if named.iter().any(Option::is_some) {
        let client = session.client().await?;
        for ((name, kind, scheme), record) in DOCUMENTS.into_iter().zip(named) {
            let Some(id) = record else { continue };
            let record = client.get(&format!("/v1/records/{}", segment(&id.to_string())), &[]).await?;
            let fields = document(&record, name, kind, scheme).ok_or_else(|| Failure::new("CLI-1502").with("what", name))?;
            attestation.exact.push(exact_document(key, &fields));
        }
    }
    attestation.similar = similar(key, &invoice);
    attestation.binds = request.sealed.iter().filter_map(|sealed| Digest32::parse(&sealed.digest())).collect();
    Ok(())
}

/// A document by its code on the ledger. Who numbered it is the member that recorded it; of a declaration the
/// customs district, which its number begins with.
fn document(record: &Value, name: &str, kind: &str, scheme: &str) -> Option<DocumentFields> {
    if record.get("kind")?.as_str()? != kind {
        return None;
    }
    let number = record.get("objects")?.as_array()?.iter().find_map(|code| code.as_str()?.strip_prefix(scheme))?;
    let issuer = match name {
        "declaration" => number.get(..4)?,
        _ => record.get("issuer")?.as_str()?,
    };
    Some(DocumentFields { kind: name.to_owned(), issuer: issuer.to_owned(), number: number.to_owned() })
}

/// The three sealed fields that a registrar sees.
struct Seen {
    parties: Parties,
    invoice: Invoice,
    documents: Documents,
}

fn seen(opened: &[(String, Value)]) -> Result<Seen, Failure> {
    Ok(Seen { parties: part(opened, "parties")?, invoice: part(opened, "invoice")?, documents: part(opened, "documents")? })
}

fn part<T: serde::de::DeserializeOwned>(opened: &[(String, Value)], name: &'static str) -> Result<T, Failure> {
    let value = opened.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone()).unwrap_or(Value::Null);
    chain_core::json::shape(value, &format!("/{name}")).map_err(|why| Failure::new("CLI-1501").with("why", why))
}

#[cfg(test)]
mod tests;
