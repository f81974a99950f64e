//! Who calls, and what they may see. The one place where both are decided, from the ledger.
//!
//! | Caller | Sees |
//! |---|---|
//! | a stranger | documentation, status, checkpoints, hash tiles, handovers |
//! | any member | its own records and those sealed to it; outcomes and receipts of its own transactions; members; the state of an object or a receivable whose opaque id it knows |
//! | customs, tax, foreign exchange, banks, insurers | every clear field; but how a bank deals with a receivable, only that bank and the agencies |
//! | agencies, and members whose nodes validate or follow | entry and payload bundles: the whole log, which such a node holds anyway |
//! | the member that runs the node | in addition, the disclosures that were presented to this node |

use super::Node;
use super::problem::Problem;
use crate::clock;
use crate::query::RecordView;
use axum::extract::FromRequestParts;
use axum::http::{StatusCode, header, request::Parts};
use chain_core::authority::Followers;
use chain_core::hash::Hash;
use chain_core::json;
use chain_core::keys::unb64;
use chain_core::member::{KeyUse, Member, Role};
use chain_core::state::{StateFault, keys, load};
use chain_core::types::{Kid, LedgerId, MemberId};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest life of a token, seconds.
const TOKEN_LIFE_S: u64 = 300;
/// How far clocks may differ, seconds.
const SKEW_S: u64 = 30;
/// Verified tokens remembered.
const REMEMBERED: usize = 4096;
/// Requests per second and member.
const REQUESTS_PER_S: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

/// Tokens that verified, and how much their members ask.
pub struct Tokens {
    verified: Mutex<HashMap<Hash, Token>>,
    limits: DefaultKeyedRateLimiter<MemberId>,
}

#[derive(Clone)]
struct Token {
    member: MemberId,
    kid: Kid,
    expires: u64,
}

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens { verified: Mutex::default(), limits: RateLimiter::keyed(Quota::per_second(REQUESTS_PER_S)) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    typ: String,
    alg: String,
    kid: Kid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: MemberId,
    aud: Vec<String>,
    iat: u64,
    exp: u64,
    #[serde(rename = "jti")]
    _jti: String,
}

/// A member that showed a valid token.
pub struct Caller {
    member: Arc<Member>,
    kid: Kid,
}

fn unauthorized(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}

impl FromRequestParts<Arc<Node>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Caller, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).ok_or_else(|| {
            unauthorized("AUTH-0401", "show a token: Authorization: Bearer <sealane-auth+jwt>")
        })?;
        let text = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
        let text = text.ok_or_else(|| unauthorized("AUTH-0401", "the Authorization header is not a bearer token"))?;
        let token = node.token(text)?;
        let member = node
            .api_member(&token.member, &token.kid)?
            .ok_or_else(|| unauthorized("AUTH-0403", "the token's key is not an API key of a member in good standing"))?;
        if let Err(not_until) = node.tokens.limits.check_key(&token.member) {
            let wait = not_until.wait_time_from(governor::clock::DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "API-0429", "too many requests; wait and try again")
                .retry_after(seconds));
        }
        Ok(Caller { member, kid: token.kid })
    }
}

impl Node {
    /// The member, if it is in good standing and the key is one of its API keys now.
    fn api_member(&self, id: &MemberId, kid: &Kid) -> Result<Option<Arc<Member>>, StateFault> {
        let head = self.blocks.ledger.head();
        let next = head.height.next();
        let member = head.authority.member(id)?.filter(|m| m.in_good_standing(next));
        Ok(member.filter(|m| m.key(kid).is_some_and(|key| key.valid(KeyUse::Api, next))))
    }

    fn token(&self, text: &str) -> Result<Token, Problem> {
        let now = clock::now().seconds();
        let fingerprint = Hash::of(text.as_bytes());
        let lock = || self.tokens.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = lock().get(&fingerprint).filter(|token| now < token.expires).cloned() {
            return Ok(token);
        }
        let token = self.verify_token(text, now)?;
        let mut verified = lock();
        if verified.len() >= REMEMBERED {
            verified.retain(|_, token| now < token.expires);
        }
        if verified.len() < REMEMBERED {
            verified.insert(fingerprint, token.clone());
        }
        Ok(token)
    }

    fn verify_token(&self, text: &str, now: u64) -> Result<Token, Problem> {
        let malformed = || unauthorized("AUTH-0402", "the token is not a compact JWT of typ sealane-auth+jwt");
        if text.len() > 4096 {
            return Err(malformed());
        }
        let (input, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (head, payload) = input.split_once('.').ok_or_else(malformed)?;
        let read = |part: &str| unb64(part).and_then(|bytes| json::parse(&bytes).ok()).ok_or_else(malformed);
        let head: JoseHeader = json::shape(read(head)?, "").map_err(|_| malformed())?;
        let claims: Claims = json::shape(read(payload)?, "").map_err(|_| malformed())?;
        if head.typ != "sealane-auth+jwt" || !matches!(head.alg.as_str(), "Ed25519" | "EdDSA") {
            return Err(malformed());
        }
        let ledger: LedgerId = self.blocks.ledger.founding().id;
        if !claims.aud.contains(&ledger.to_string()) || !claims.aud.contains(&self.member) {
            return Err(unauthorized("AUTH-0404", "aud must name this ledger's id and this node's member id"));
        }
        let alive = claims.exp > now && claims.iat <= now + SKEW_S && claims.exp <= claims.iat.saturating_add(TOKEN_LIFE_S);
        if !alive {
            return Err(unauthorized("AUTH-0405", "the token has expired, is not yet valid, or lives longer than 300 seconds"));
        }
        let member = self.blocks.ledger.head().authority.member(&claims.iss)?;
        let key = member.as_ref().and_then(|m| m.key(&head.kid));
        let signature: Option<[u8; 64]> = unb64(signature).and_then(|bytes| bytes.try_into().ok());
        match (key, signature) {
            (Some(key), Some(signature)) if key.x.verify(input.as_bytes(), &signature) => {
                Ok(Token { member: claims.iss, kid: head.kid, expires: claims.exp })
            }
            _ => Err(unauthorized("AUTH-0406", "the token is not signed by a registered key of its issuer")),
        }
    }
}

/// Kinds by which a bank deals with a receivable: who it is, is its own business and the agencies'.
fn is_dealing(kind: &str) -> bool {
    ["finance.reserve/", "finance.pledge/", "finance.repay/", "finance.release/"].iter().any(|k| kind.starts_with(k))
}

impl Caller {
    /// Looks the caller up again, for answers that go on; false when its key or its standing has ended.
    ///
    /// # Errors
    /// The store failed.
    pub fn renew(&mut self, node: &Node) -> Result<bool, StateFault> {
        let found = node.api_member(&self.member.id, &self.kid)?;
        let good = found.is_some();
        if let Some(member) = found {
            self.member = member;
        }
        Ok(good)
    }

    /// Whether the caller may read every clear field.
    pub fn reads_all(&self) -> bool {
        self.member.roles.iter().any(|role| role.reads_all())
    }

    /// Whether the caller runs the node.
    pub fn runs(&self, node: &Node) -> bool {
        self.member.id.as_str() == node.member
    }

    /// Whether the caller may see a record.
    pub fn sees(&self, record: &RecordView) -> bool {
        record.issuer == self.member.id
            || record.sealed_to.contains(&self.member.id)
            || (self.reads_all() && (self.is_agency() || !is_dealing(&record.kind)))
    }

    /// Whether the caller may see what became of a transaction with records of these kinds.
    pub fn sees_transaction(&self, issuer: &MemberId, kinds: &[String]) -> bool {
        *issuer == self.member.id || (self.reads_all() && (self.is_agency() || !kinds.iter().any(|kind| is_dealing(kind))))
    }

    /// Whether the caller may have the whole log: an agency, or a member whose node holds it anyway.
    ///
    /// # Errors
    /// The store failed.
    pub fn mirrors(&self, node: &Node) -> Result<bool, StateFault> {
        let ledger = &node.blocks.ledger;
        let id = &self.member.id;
        let validates = ledger.head().validators.iter().any(|validator| validator.member == *id);
        let followers: Option<Followers> = load(&ledger.state(), keys::FOLLOWERS)?;
        Ok(self.is_agency() || validates || followers.is_some_and(|followers| followers.0.contains_key(id)))
    }

    fn is_agency(&self) -> bool {
        self.member.roles.iter().any(|role| matches!(role, Role::Customs | Role::Tax | Role::Forex))
    }

    /// Whether the caller may see the value of a state key.
    pub fn sees_state(&self, key: &str, value: Option<&str>) -> bool {
        const OPEN: [&str; 7] = ["rcv/", "obj/", "object/", "policy/", "decl/", "filing-of/", "member/"];
        if key.starts_with("holder/") || key.starts_with("creditor/") {
            // Only to the member that is named, so that a bank's business stays its own.
            return value.is_some_and(|v| v.trim_matches('"') == self.member.id.as_str());
        }
        self.reads_all() || OPEN.iter().any(|open| key.starts_with(open)) || key.starts_with("gov/")
    }
}
