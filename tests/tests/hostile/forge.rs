//! Transactions put together text by text, so that any part of one can be wrong while all others are right.

use chain_core::keys::{MemorySigner, Signer as _, b64, unb64};
use chain_core::tx::disclosure::digest;
use chain_core::types::LedgerId;
use serde_json::{Value, json};
use testnet::client::now_s;
use testnet::world::{MemberSigner, Salts};

/// The texts of a transaction before it is signed.
#[derive(Clone)]
pub struct Parts {
    /// JOSE header, JSON.
    pub head: String,
    /// Claims, JSON.
    pub claims: String,
    /// Disclosures, base64url.
    pub disclosures: Vec<String>,
    key: MemorySigner,
}

impl Parts {
    pub fn input(&self) -> String {
        format!("{}.{}", b64(self.head.as_bytes()), b64(self.claims.as_bytes()))
    }

    /// Signed with a key, whatever the header says.
    pub fn signed_by(&self, key: &MemorySigner) -> Vec<u8> {
        use ed25519_dalek::Signer as _;
        self.with_signature(&key.key().sign(self.input().as_bytes()).to_bytes())
    }

    pub fn signed(&self) -> Vec<u8> {
        self.signed_by(&self.key)
    }

    pub fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let mut text = format!("{}.{}", self.input(), b64(signature));
        for disclosure in &self.disclosures {
            text.push('~');
            text.push_str(disclosure);
        }
        text.push('~');
        text.into_bytes()
    }

    /// With another header.
    pub fn head(&self, change: impl Fn(&str) -> String) -> Parts {
        Parts { head: change(&self.head), ..self.clone() }
    }

    /// With other claims.
    pub fn claims(&self, change: impl Fn(&str) -> String) -> Parts {
        Parts { claims: change(&self.claims), ..self.clone() }
    }

    /// With a claim's value replaced by any text.
    pub fn claim(&self, name: &str, text: &str) -> Parts {
        let mut claims: Value = serde_json::from_str(&self.claims).unwrap();
        claims[name] = "@@".into();
        self.claims(|_| claims.to_string().replace("\"@@\"", text))
    }

    /// With a header field's value replaced by any text.
    pub fn field(&self, name: &str, text: &str) -> Parts {
        let mut head: Value = serde_json::from_str(&self.head).unwrap();
        head[name] = "@@".into();
        self.head(|_| head.to_string().replace("\"@@\"", text))
    }
}

/// Makes parts with fresh numbers and salts.
pub struct Forge {
    pub ledger: LedgerId,
    salts: Salts,
    count: u64,
    domain: String,
}

impl Forge {
    pub fn new(ledger: LedgerId, seed: u64, domain: &str) -> Forge {
        Forge { ledger, salts: Salts::new(seed, domain), count: 0, domain: domain.to_owned() }
    }

    /// A transaction of records given as JSON texts, right or wrong.
    pub fn raw(&mut self, member: &MemberSigner, records: &[String]) -> Parts {
        let disclosures: Vec<String> = records.iter().map(|record| self.disclosure(record)).collect();
        self.around(member, disclosures)
    }

    pub fn disclosure(&mut self, record: &str) -> String {
        b64(format!("[\"{}\",{record}]", b64(&self.salts.draw())).as_bytes())
    }

    /// A transaction around disclosures.
    pub fn around(&mut self, member: &MemberSigner, disclosures: Vec<String>) -> Parts {
        self.count += 1;
        let now = now_s();
        let claims = json!({
            "iss": member.id.as_str(), "aud": self.ledger.to_string(), "jti": format!("{}-{}", self.domain, self.count),
            "iat": now, "submit_by": now + 3600,
            "records": disclosures.iter().map(|d| json!({ "...": digest(d) })).collect::<Vec<_>>(),
        });
        let head =
            json!({ "alg": "Ed25519", "kid": member.record.public_key().kid().as_str(), "typ": "sealane+sd-jwt" });
        Parts { head: head.to_string(), claims: claims.to_string(), disclosures, key: member.record.clone() }
    }

    pub fn value(&mut self, member: &MemberSigner, record: &Value) -> Parts {
        self.raw(member, &[record.to_string()])
    }
}

/// The records of a transaction as JSON values.
pub fn records_of(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    let disclosures = text.split('~').skip(1).filter(|part| !part.is_empty());
    disclosures
        .map(|part| {
            let parts: Vec<Value> = serde_json::from_slice(&unb64(part).unwrap()).unwrap();
            parts[1].clone()
        })
        .collect()
}

/// Replaces the value at a pointer by any text.
pub fn with_text(record: &Value, pointer: &str, text: &str) -> String {
    let mut record = record.clone();
    *record.pointer_mut(pointer).unwrap() = "@@".into();
    record.to_string().replace("\"@@\"", text)
}
